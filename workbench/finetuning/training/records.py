"""The record of a run in the store: what was trained how, where, and the curve as it grows."""

from __future__ import annotations

import logging
import os
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from workbench.core import events
from workbench.core.cancellation import cancellable
from workbench.core.errors import CancelledError, NotFoundError, WorkbenchError

if TYPE_CHECKING:
    from workbench.finetuning.training.loop import Training

log = logging.getLogger(__name__)

NAMESPACE = "finetuning.runs"
STOPS = "finetuning.stops"  # runs that somebody, in whatever process, asked to stop
_MOST_POINTS = 2000
_MOST_SAMPLES = 256
STATES = ("running", "finished", "stopped", "failed")
_EVERY_S = 1.0
_MOST_SHARE = 0.02  # of the time may go into writing down a run that goes on

_current: ContextVar[RunRecord | None] = ContextVar("workbench_run_record", default=None)


class RunRecord:
    """Writes down one run. Its key is its id.

    Inside ``recording`` the record follows the run step by step, at most once a second and so that
    it takes no more than a fiftieth of the time; whoever watches reads the store.
    """

    def __init__(self, run_id: str, said: Mapping[str, Any]) -> None:
        self.run_id = run_id
        self._training: Training | None = None
        self._samples: list[dict[str, Any]] = []
        self._due_s = self._probe_due_s = 0.0
        self._document: dict[str, Any] = {
            **said,
            "state": "running",
            "machine": describe_machine(),
            "process": _describe_process(),
            "started_s": time.time(),
        }

    def update(self, training: Training, **changes: Any) -> None:
        """Write the run as it stands."""
        self._training = training
        told = {
            "steps_done": len(training.steps),
            "curve": [
                [step.number, step.loss_nats, step.learning_rate, step.tokens / step.seconds]
                for step in _thin(training.steps)
            ],
            "evaluations": [[each.step, each.loss_nats] for each in training.evaluations],
            "tokens_per_s": training.tokens_per_s,
            "seconds": training.seconds,
            "stopped": training.stopped,
            **({"restarts": training.tell_restarts()} if training.restarts else {}),
        }
        self._write(**told, **changes)

    def has_samples(self, step: int) -> bool:
        """Whether answers that were given after so many steps are kept already."""
        return any(each["step"] == step for each in self._samples)

    def add_samples(self, step: int, samples: Sequence[Mapping[str, Any]]) -> None:
        """Keep a few answers, given after so many steps; the next ``update`` writes them."""
        self._samples += [{"step": step, **each} for each in samples]

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Follow a run, let it be stopped from another process, and say how it ended if it broke.

        A stop is asked for by ``ask_to_stop`` and ends the run as a cancel does.
        """
        from workbench.store.records import Records

        Records().delete(STOPS, self.run_id)  # asked of an earlier attempt
        self._begin()
        reset = _current.set(self)
        try:
            with cancellable() as token, events.listening(self._hear, "finetuning"):
                token.watch(self._is_stop_asked)
                yield
        except (CancelledError, KeyboardInterrupt):
            self._end("stopped")
            log.warning("%s", self._tell_stop())
            raise
        except BaseException as error:
            self._end("failed", error=_say(error))
            raise
        finally:
            _current.reset(reset)
            Records().delete(STOPS, self.run_id)

    def _begin(self) -> None:
        """The record of a run that goes on keeps what was there, until the first step is known."""
        nothing: dict[str, Any] = {
            "steps_done": 0, "curve": [], "evaluations": [], "samples": [], "tokens_per_s": 0.0,
            "seconds": 0.0, "stopped": "",
        }  # fmt: skip
        known = find_run(self.run_id)
        if known is not None and known["state"] != "finished":
            nothing |= {name: known[name] for name in nothing if name in known}
        self._samples = list(nothing["samples"])
        self._write(**nothing)

    def _end(self, state: str, **changes: Any) -> None:
        if self._training is None:
            self._write(state=state, **changes)
        else:
            self.update(self._training, state=state, **changes)

    def _tell_stop(self) -> str:
        done, steps = self._document["steps_done"], self._document.get("steps", "?")
        then = "the same command goes on from the last checkpoint, half a minute back at most"
        if not done:
            then = "nothing was learnt yet"
        return f"stopped after {done} of {steps} steps: {then}"

    def _write(self, **changes: Any) -> None:
        from workbench.store.records import Records

        begun_s = time.monotonic()
        self._document |= {"samples": self._samples[-_MOST_SAMPLES:], "updated_s": time.time()}
        self._document |= changes
        Records().put(NAMESPACE, self.run_id, document=self._document)
        now_s = time.monotonic()
        self._due_s = now_s + max(_EVERY_S, (now_s - begun_s) / _MOST_SHARE)

    def _hear(self, event: events.Event) -> None:
        """A step of this very run, or how its processes do; others may go on in other threads."""
        if _current.get() is not self:
            return
        training = self._training
        if event.kind == "finetuning.processes":
            self._document["processes"] = dict(event.data)
        if event.kind not in ("finetuning.step", "finetuning.processes"):
            return
        if training is not None and time.monotonic() >= self._due_s:
            self.update(training)

    def _is_stop_asked(self) -> bool:
        """Looked at between steps and in evaluations; the store is asked once a second."""
        if time.monotonic() < self._probe_due_s:
            return False
        self._probe_due_s = time.monotonic() + _EVERY_S
        return is_stop_asked(self.run_id)


def ask_to_stop(run_id: str) -> None:
    """Ask a run to stop, whichever process it goes on in; it looks once a second."""
    from workbench.store.records import Records

    Records().put(STOPS, run_id, document={"asked_s": time.time()})


def is_stop_asked(run_id: str) -> bool:
    """Whether a run was asked to stop, and has not yet."""
    from workbench.store.records import Records

    return Records().find(STOPS, run_id) is not None


def find_run(run_id: str) -> dict[str, Any] | None:
    """The record of a run; None if there is none."""
    from workbench.store.records import Records

    found = Records().find(NAMESPACE, run_id)
    return dict(found.document) if found else None


def read_run(run_id: str) -> dict[str, Any]:
    """The record of a run. Raises NotFoundError with near matches."""
    found = find_run(run_id)
    if found is None:
        raise NotFoundError.among(
            "run", run_id, [run for run, _ in list_runs()], hint="workbench finetuning runs"
        )
    return found


def list_runs() -> list[tuple[str, dict[str, Any]]]:
    """Every run's id and record, the newest first."""
    from workbench.store.records import Records

    found = [(record.key, dict(record.document)) for record in Records().list(NAMESPACE)]
    return sorted(found, key=lambda each: each[1]["started_s"], reverse=True)


def describe_machine() -> dict[str, Any]:
    """What the speed depends on; nothing names the machine or its user."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }


def _describe_process() -> dict[str, Any]:
    """By which one may tell later whether it still lives; ids are given again, times are not."""
    import psutil

    return {"pid": os.getpid(), "created_s": psutil.Process().create_time()}


def process_lives(process: Mapping[str, Any] | None) -> bool:
    """Whether the process that a record names is still there, and not another with its number."""
    import psutil

    if process is None:  # written before processes were
        return False
    try:
        created_s = float(psutil.Process(process["pid"]).create_time())
    except psutil.Error:
        return False
    return abs(created_s - float(process["created_s"])) < 1.0


def _thin(steps: Sequence[Any]) -> list[Any]:
    """At most so many of the steps, evenly, the last one always among them."""
    stride = -(-len(steps) // _MOST_POINTS) or 1
    kept = list(steps[::stride])
    return kept if not steps or kept[-1] is steps[-1] else [*kept, steps[-1]]


def _say(error: BaseException) -> dict[str, str]:
    if isinstance(error, WorkbenchError):
        return {"message": error.message, "hint": error.hint or ""}
    return {"message": f"{type(error).__name__}: {error}", "hint": ""}
