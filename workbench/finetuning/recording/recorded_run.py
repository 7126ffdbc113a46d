"""A training run as it was written down: curve, answers on the way, what was trained how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.core.errors import InputError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.finetuning.training.records import is_stop_asked, list_runs, process_lives

RunState = Literal["running", "finished", "stopped", "failed", "interrupted"]
_LEAST_PREFIX = 4
_GENERAL = ("general_asked", "general_before", "general_after")
_COST = ("epsilon_pld", "delta", "users", "rows_per_user")  # of a private run


@dataclass(frozen=True)
class CurvePoint:
    """One step: the loss is nats an answer token, the first step number 1."""

    step: int
    loss_nats: float
    learning_rate: float
    tokens_per_s: float


@dataclass(frozen=True)
class EvaluationPoint:
    """The loss after so many steps, on the rows that ``RecordedRun.losses_on`` names."""

    step: int
    loss_nats: float


@dataclass(frozen=True)
class SampleAnswer:
    """What the model answered to one of the rows that it is evaluated on, after so many steps.

    ``asked`` has the marks of the chat template.
    """

    step: int
    row: str
    asked: str
    wanted: str
    answer: str


@dataclass(frozen=True)
class RecordedRun(Viewable):
    """A run as the store has it, also one that goes on in another process.

    ``state`` is ``interrupted`` where the process ended without a word, as after a kill: the same
    command goes on from the last checkpoint. ``steps`` are all it was to do, ``steps_done`` those
    that it did; ``curve`` has at most 2,000 of them. ``figures`` are what it ended with, of a
    private run also what it cost. ``plan`` is of one on several processes: how many, with which
    strategy; it is the last one, where a run was gone on with. ``processes`` says how they did over
    the last half minute and since the beginning, ``restarts`` where the run began again, at what
    cost and why: see ``distributed.vitals`` and ``training.loop.Restart``. ``evaluated_on`` says
    on which rows ``evaluations`` and ``samples`` are, "" where an older version did not say.
    ``starts_from`` is the adapter that it went on from, None if it began at the base. ``trouble``
    says why it failed, with
    ``hint``. Times are Unix times, ``seconds`` those of the steps alone.
    """

    run: str
    state: RunState
    is_stopping: bool
    kind: str
    model: str
    adapter: str
    version: int | None
    steps: int
    steps_done: int
    examples: int
    tokens_per_s: float
    seconds: float
    started_s: float
    updated_s: float
    curve: tuple[CurvePoint, ...]
    evaluations: tuple[EvaluationPoint, ...]
    samples: tuple[SampleAnswer, ...]
    recipe: dict[str, Any]
    precision: str
    data_sha256: str
    snapshot: str | None
    base_sha256: str
    stopped: str
    figures: dict[str, Any]
    machine: dict[str, Any]
    starts_from: str | None = None
    evaluated_on: str = ""
    plan: dict[str, Any] = field(default_factory=dict)
    processes: dict[str, Any] = field(default_factory=dict)
    restarts: tuple[dict[str, Any], ...] = ()
    trouble: str = ""
    hint: str = ""

    @property
    def is_live(self) -> bool:
        """Whether it goes on now."""
        return self.state == "running"

    @property
    def name(self) -> str:
        """The version that it made, or the adapter that it is to make."""
        full = f"{self.model}:{self.adapter}"
        return full if self.version is None else f"{full}@{self.version}"

    @property
    def losses_on(self) -> str:
        """Whose the evaluated losses are, in two or three words: see ``name_rows``."""
        return name_rows(self.evaluated_on)

    @property
    def best(self) -> EvaluationPoint | None:
        """The evaluation with the least loss; None before the first."""
        return min(self.evaluations, key=lambda each: each.loss_nats, default=None)


def name_rows(evaluated_on: str) -> str:
    """What a run was evaluated on, short enough for a column: ``learnt rows``, ``held-out rows``,
    ``rows of your own``, or ``rows not known`` where nothing was written down."""
    if not evaluated_on:
        return "rows not known"
    kind = "pairs" if "pairs" in evaluated_on else "rows"
    if "learnt" in evaluated_on:
        return f"learnt {kind}"
    return f"{kind} of your own" if "own" in evaluated_on else f"held-out {kind}"


def recorded_runs() -> tuple[RecordedRun, ...]:
    """Every run of this home, the newest first."""
    return tuple(read_document(run_id, told) for run_id, told in list_runs())


def find_recorded_run(run: str) -> RecordedRun:
    """A run by its id, by the beginning of it, or ``latest``.

    Raises:
        NotFoundError: There is none; near matches are named.
        InputError: Several begin so.
    """
    known = dict(list_runs())
    if run == "latest":
        if not known:
            raise NotFoundError(
                "there is no training run yet", hint="workbench finetuning run --help"
            )
        run = next(iter(known))
    found = [key for key in known if key == run] or [
        key for key in known if len(run) >= _LEAST_PREFIX and key.startswith(run)
    ]
    if not found:
        raise NotFoundError.among("run", run, known, hint="workbench finetuning runs")
    if len(found) > 1:
        raise InputError(f"{len(found)} runs begin with {run!r}", hint=", ".join(found[:4]))
    return read_document(found[0], known[found[0]])


def read_document(run_id: str, told: Mapping[str, Any]) -> RecordedRun:
    """A run from its document in the store."""
    result, error = told.get("result") or {}, told.get("error") or {}
    cost = result.get("measures") or {}
    state: RunState = told["state"]
    if state == "running" and not process_lives(told.get("process")):
        state = "interrupted"
    figures = ("train_loss", "eval_loss_before", "eval_loss_after", "evaluated_on", "cpu_seconds")
    return RecordedRun(
        run=run_id,
        state=state,
        is_stopping=state == "running" and is_stop_asked(run_id),
        kind=told["kind"],
        model=told["model"],
        adapter=told["adapter"],
        version=result.get("version"),
        steps=told["steps"],
        steps_done=told["steps_done"],
        examples=told["examples"],
        tokens_per_s=told["tokens_per_s"],
        seconds=told["seconds"],
        started_s=told["started_s"],
        updated_s=told["updated_s"],
        curve=tuple(CurvePoint(*each) for each in told["curve"]),
        evaluations=tuple(EvaluationPoint(*each) for each in told["evaluations"]),
        samples=tuple(SampleAnswer(**{"asked": "", **each}) for each in told.get("samples", ())),
        recipe=dict(told["recipe"]),
        precision=told["precision"],
        data_sha256=told["data_sha256"],
        snapshot=told["snapshot"],
        base_sha256=told["base_sha256"],
        stopped=told["stopped"],
        figures={name: result[name] for name in figures if name in result}
        | {name: result[name] for name in _GENERAL if result.get("general_asked")}
        | {name: cost[name] for name in _COST if name in cost},
        machine=dict(told["machine"]),
        starts_from=told.get("starts_from"),
        evaluated_on=told.get("evaluated_on") or result.get("evaluated_on") or "",
        plan=dict(told.get("plan") or {}),
        processes=dict(told.get("processes") or {}),
        restarts=tuple(told.get("restarts") or ()),
        trouble=error.get("message", ""),
        hint=error.get("hint", ""),
    )
