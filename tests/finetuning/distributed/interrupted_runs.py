"""Runs of a tiny model whose processes are killed, and gone on with by others, for the tests.

``interrupted_runs.py FOLDER CASES`` goes through the cases, JSON objects of ``Interrupted``'s
fields, and writes FOLDER/results.json. The libraries are loaded once and the processes forked.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from broken_checkpoints import break_it
from shared_runs import Case, make_module, run

from workbench.core import events
from workbench.finetuning.distributed.plan import Plan
from workbench.finetuning.distributed.shards import saving
from workbench.finetuning.distributed.shards.manifest import FOLDER, committed
from workbench.finetuning.distributed.strategies import spread
from workbench.finetuning.distributed.watching import follow_parent
from workbench.finetuning.training.loop import Keeping
from workbench.finetuning.training.parallel import Alone

STEPS, EVERY = 9, 2
# One that hangs. An attempt of a mesh of four took 62 s on two cores with a load of 16.
_PATIENCE_S = 300.0


@dataclasses.dataclass(frozen=True)
class Attempt:
    """So many processes, until one of them is killed, or to the end.

    Attributes:
        processes: How many; 1 is the run without any strategy.
        strategy: How they share the work.
        tensor: See ``Plan``.
        victim: Which one is killed.
        step: At which step; 0 for none.
        moment: ``done`` when it has been told, ``amid`` a file of its checkpoint, ``uncommitted``
            before the manifest.
    """

    processes: int = 2
    strategy: str = "ddp"
    tensor: int = 1
    victim: int = 0
    step: int = 0
    moment: str = "done"


@dataclasses.dataclass(frozen=True)
class Interrupted:
    """One run in several attempts. ``damage`` is done to the newest checkpoint before the last."""

    name: str
    attempts: list[dict[str, Any]]
    dropout: float = 0.0
    patience: int = 0
    broken: str = ""
    damage: str = ""
    slow_s: float = 0.0  # how much longer a file takes to be written
    method: str = "lora"

    def recipe_changes(self) -> dict[str, Any]:
        """What differs from the other tests' recipe."""
        return {"dropout": self.dropout, "checkpoint_every_steps": EVERY}


@dataclasses.dataclass(frozen=True)
class Tried(Case):
    """A case whose recipe keeps checkpoints."""

    changes: tuple[tuple[str, Any], ...] = ()

    def recipe(self) -> Any:
        return dataclasses.replace(super().recipe(), **dict(self.changes))


def go(case: Interrupted, attempt: Attempt, folder: Path, rank: int, store: str) -> None:
    """One process of one attempt."""
    torch.set_num_threads(1)
    tried = Tried(case.name, method=case.method, patience=case.patience,
                  changes=tuple(case.recipe_changes().items()))  # fmt: skip
    module = make_module(tried)
    parallel: Any = Alone()
    if attempt.processes > 1:
        dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank,
                                world_size=attempt.processes)  # fmt: skip
        plan = Plan(attempt.processes, attempt.strategy, attempt.tensor)
        parallel = spread(module, plan, tried.recipe())
    break_it(case.broken)
    _slow_down(case.slow_s)
    if rank == attempt.victim and attempt.step:
        _arm(attempt)
    log = os.open(folder / "log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    with events.listening(lambda event: _note(log, rank, event), "finetuning"):
        done = run(tried, parallel, module, steps=STEPS, keeping=Keeping(folder / "kept", "key"))
    weights = parallel.take_weights(module)
    if rank == 0:
        torch.save(weights, folder / "weights.pt")
        told = {"curve": [[s.loss_nats, s.gradient_norm] for s in done.steps],
                "resumed_at": done.resumed_at, "stopped": done.stopped}  # fmt: skip
        (folder / "done.json").write_text(json.dumps(told))
    if attempt.processes > 1:
        dist.barrier()


def _note(log: int, rank: int, event: events.Event) -> None:
    if rank == 0:
        told = {"kind": event.kind, **event.data}
        os.write(log, (json.dumps(told) + "\n").encode())


def _die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _arm(attempt: Attempt) -> None:
    """Let this process be killed when its moment comes."""
    if attempt.moment == "done":
        events.subscribe(
            lambda event: _die() if event.data["number"] == attempt.step else None,
            "finetuning.step",
        )
        return
    at = f"{attempt.step:08d}-"
    if attempt.moment == "uncommitted":
        right: Callable[..., Any] = saving.manifests.commit
        saving.manifests.commit = lambda folder, manifest: (  # type: ignore[assignment]
            _die() if folder.name.startswith(at) else right(folder, manifest)
        )
        return
    write = saving.write_tensors

    def half(path: Path, tensors: Any, said: Any) -> Any:
        if path.parent.name.startswith(at):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_name("." + path.name + ".part-").write_bytes(b"half")
            time.sleep(0.3)  # in which the others end theirs
            _die()
        return write(path, tensors, said)

    saving.write_tensors = half


def _slow_down(seconds: float) -> None:
    write = saving.write_tensors

    def slow(*args: Any) -> Any:
        time.sleep(seconds)
        return write(*args)

    if seconds:
        saving.write_tensors = slow


def fork_all(case: Interrupted, attempt: Attempt, folder: Path, number: int) -> bool:
    """Run an attempt; whether all of its processes came to the end."""
    parent, children = os.getpid(), set()
    store = str(folder / f"store-{number}")
    for rank in range(attempt.processes):
        child = os.fork()
        if child == 0:
            follow_parent(parent, lambda: os._exit(1))
            status = 1
            try:
                go(case, attempt, folder, rank, store)
                status = 0
            except BaseException:  # noqa: BLE001 - a fork may not go back into the parent's code
                (folder / f"error-{number}-{rank}").write_text(traceback.format_exc())
            finally:
                os._exit(status)
        children.add(child)
    return _wait(children)


def _wait(children: set[int]) -> bool:
    """As the agent does: when one has failed the others are ended."""
    well, until_s = True, time.monotonic() + _PATIENCE_S
    while children:
        for child in list(children):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                children.discard(child)
                well = well and status == 0
        if children and (not well or time.monotonic() > until_s):
            well = False
            for child in children:
                os.kill(child, signal.SIGKILL)
        time.sleep(0.01)
    return well


def damage(case: Interrupted, folder: Path) -> None:
    """Spoil what was written: one file of the newest checkpoint, or of all of them."""
    found = list(committed(folder / "kept"))
    for checkpoint in found if case.damage.endswith("all") else found[:1]:
        path = checkpoint / "shard-00000.safetensors"
        content = bytearray(path.read_bytes())
        if case.damage.startswith("cut"):
            del content[len(content) // 2 :]
        elif case.damage.startswith("manifest"):
            path = checkpoint / "manifest.json"
            content = bytearray(path.read_bytes()[:40])
        else:
            _turn_weights(content)
        path.write_bytes(content)


def _turn_weights(content: bytearray) -> None:
    """Turn the sign of each weight: the file is well-formed, and its numbers are no odd ones."""
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    spans = [said["data_offsets"] for name, said in header.items() if name.startswith("weights/")]
    assert any(end > begin for begin, end in spans), header
    for begin, end in spans:
        for at in range(8 + size + begin + 3, 8 + size + end, 4):  # the last byte of a float32
            content[at] ^= 0x80


def go_through(case: Interrupted, folder: Path) -> dict[str, Any]:
    """All attempts of a case, beside the same run on one process that nobody interrupts."""
    folder.mkdir(parents=True)
    plain = dataclasses.replace(case, name="", attempts=[], broken="", damage="", slow_s=0.0)
    last = Attempt(**case.attempts[-1])
    # Where dropout is, each number of processes draws its own.
    way = dataclasses.replace(last, step=0) if case.dropout else Attempt(processes=1)
    (folder / "wanted").mkdir()
    assert fork_all(plain, way, folder / "wanted", 0), _errors(folder / "wanted")
    for number, each in enumerate(case.attempts):
        if number == len(case.attempts) - 1 and case.damage:
            damage(case, folder)
        well = fork_all(case, Attempt(**each), folder, number)
        if well != (not each.get("step")):
            return {"failed": number, "errors": _errors(folder)}
    wanted, found = (json.loads((f / "done.json").read_text()) for f in (folder / "wanted", folder))
    return {**_compare(found, wanted, folder), **_count_lost(folder), "stopped": found["stopped"]}


def _compare(found: Any, wanted: Any, folder: Path) -> dict[str, Any]:
    pairs = list(zip(found["curve"], wanted["curve"], strict=True))
    weights, right = (torch.load(f / "weights.pt") for f in (folder, folder / "wanted"))
    return {
        "loss": max(abs(a[0] - b[0]) for a, b in pairs),
        "last": abs(pairs[-1][0][0] - pairs[-1][1][0]),
        "norm": max(abs(a[1] / b[1] - 1) for a, b in pairs),
        "weights": max(float((each - right[name]).abs().max()) for name, each in weights.items()),
        "left": len(list((folder / "kept" / FOLDER).glob("*"))),
    }


def _count_lost(folder: Path) -> dict[str, Any]:
    """Steps that were told before a kill and told again after it, of each restart."""
    numbers = [
        told["number"]
        for told in map(json.loads, (folder / "log").read_text().splitlines())
        if told["kind"] == "finetuning.step"
    ]
    lost = [a + 1 - b for a, b in itertools.pairwise(numbers) if b != a + 1]
    return {"lost": max(lost, default=0), "steps": max(numbers)}


def _errors(folder: Path) -> list[str]:
    return [path.read_text()[-1500:] for path in sorted(folder.glob("error-*"))]


def main() -> None:
    """Go through all cases."""
    folder = Path(sys.argv[1])
    results = {}
    for number, each in enumerate(json.loads(sys.argv[2])):
        case = Interrupted(**each)
        with contextlib.suppress(FileNotFoundError):
            results[case.name] = go_through(case, folder / str(number))
    (folder / "results.json").write_text(json.dumps(results))


if __name__ == "__main__":
    main()
