"""What two processes find out about the methods, for the tests: ``wired_checks.py FOLDER``.

It loads the libraries once and forks the processes; the first writes FOLDER/results.json.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import method_checks as methods
import shared_runs
import torch
import torch.distributed as dist
from method_checks import apart
from shared_runs import Case, make_module

from workbench.core.errors import CancelledError
from workbench.finetuning.distributed.communication.choice import read_choice
from workbench.finetuning.distributed.communication.sockets import count_sockets
from workbench.finetuning.distributed.plan import Plan
from workbench.finetuning.distributed.strategies import spread
from workbench.finetuning.distributed.watching import follow_parent
from workbench.finetuning.training.loop import Keeping
from workbench.finetuning.training.parallel import Alone

LOSSY = ("fp16", "powersgd:2", "topk:0.05", "local:2", "diloco:2")


def check_bytes() -> dict[str, Any]:
    """Sent bytes: as the collectives count them, and as the kernel does."""
    found = {}
    for said in ("none", *LOSSY):
        module = make_module(Case("", method="full"))
        parallel: Any = spread(module, Plan(2, communication=said), Case("").recipe())
        wire = getattr(parallel, "wire", None) or parallel.exchange.wire
        dist.barrier()
        counted, seen, lo = wire.traffic.sent_bytes, count_sockets(), count_interface()
        done = shared_runs.run(Case("", method="full"), parallel, module, steps=8)
        after = count_sockets()
        dist.barrier()
        found[said] = {
            "counted": wire.traffic.sent_bytes - counted,
            "kernel": None if seen is None or after is None else after.sent_bytes - seen.sent_bytes,
            "interface": count_interface() - lo,
            "apart": apart(module),
            "losses": [step.loss_nats for step in done.steps],
            "evaluations": [each.loss_nats for each in done.evaluations],
        }
    return found


def count_interface() -> int:
    """What went over the loopback of this network namespace, of all processes in it."""
    lines = Path("/proc/self/net/dev").read_text().splitlines()
    (loopback,) = (line for line in lines if line.strip().startswith("lo:"))
    return int(loopback.split()[9])


def check_resuming(folder: Path) -> dict[str, float]:
    """Runs that are stopped on the way and gone on with, beside those that are not."""
    found = {}
    for said in ("none", *LOSSY):
        for forgets in (False, True):
            whole = _resumed(said, None, forgets=False)
            name = said.replace(":", "-")
            parted = _resumed(said, folder / f"{name}-{forgets}", forgets=forgets)
            key = said + (", own state forgotten" if forgets else "")
            found[key] = max(abs(a - b) for a, b in zip(whole, parted, strict=True))
    return found


def _resumed(said: str, folder: Path | None, *, forgets: bool) -> list[float]:
    case = Case("", method="full")
    last = 2 if read_choice(said).is_in_rounds else 5
    asked = iter(range(100))

    def leave() -> None:
        if folder is not None and next(asked) == last:
            raise CancelledError("enough")

    for _ in range(1 if folder is None else 2):
        module = make_module(case)
        parallel: Any = spread(module, Plan(2, communication=said), case.recipe())
        if forgets:
            parallel.own_states.clear()
        keeping = None if folder is None else Keeping(folder, "key")
        with contextlib.suppress(CancelledError):
            done = shared_runs.run(
                case, parallel, module, steps=8, keeping=keeping, between_steps=leave
            )
    return [step.loss_nats for step in done.steps]


class Unseen(Case):
    """A run that is evaluated at its ends alone."""

    def recipe(self) -> Any:
        """See ``Case``."""
        return dataclasses.replace(super().recipe(), evaluate_every_steps=0)


def check_rounds() -> dict[str, Any]:
    """When a run in rounds may be held, and that an evaluation ends a round."""
    return {kind.__name__: _round_off(kind("", method="full")) for kind in (Unseen, Case)}


def _round_off(case: Case) -> dict[str, Any]:
    module = make_module(case)
    parallel: Any = spread(module, Plan(2, communication="local:3"), case.recipe())
    asked: list[int] = []
    ended: list[int] = []
    taken: list[float] = []
    end_round, end_step = parallel.end_round, parallel.end_step

    def end_one(given: torch.nn.Module) -> None:
        end_round(given)
        ended.append(len(taken))

    def take_one(given: torch.nn.Module, *, is_last: bool) -> None:
        taken.append(apart(given))
        end_step(given, is_last=is_last)

    parallel.end_round, parallel.end_step = end_one, take_one
    shared_runs.run(case, parallel, module, steps=7, between_steps=lambda: asked.append(len(taken)))
    return {"asked": asked, "ended": ended, "least": min(taken), "apart": apart(module)}


def check_alone() -> dict[str, float]:
    """Uncompressed, the run is that of one process."""
    case = Case("", method="full")
    alone = shared_runs.run(case, Alone(), make_module(case), steps=8)
    return {"losses": [step.loss_nats for step in alone.steps]}  # type: ignore[dict-item]


def go_through(folder: Path, rank: int, processes: int) -> None:
    """All checks, in one process of the group."""
    torch.set_num_threads(1)
    store = f"file://{folder / 'store'}"
    dist.init_process_group("gloo", init_method=store, rank=rank, world_size=processes)
    checks: dict[str, Callable[[], Any]] = {
        "exact": methods.check_exact,
        "nothing is lost": methods.check_nothing_is_lost,
        "torch": methods.check_against_torch,
        "outer": methods.check_outer,
        "bytes": check_bytes,
        "alone": check_alone,
        "resuming": lambda: check_resuming(folder),
        "rounds": check_rounds,
        "one-step rounds": methods.check_one_step_rounds,
        "beginning": methods.check_beginning,
        "overlap": methods.check_overlap,
    }
    only = sys.argv[2:]
    results = {name: check() for name, check in checks.items() if not only or name in only}
    if rank == 0:
        (folder / "results.json").write_text(json.dumps(results))
    dist.barrier()


def main() -> None:
    """Fork the processes and wait for them; the status of the first that failed."""
    folder, children, parent = Path(sys.argv[1]), [], os.getpid()
    for rank in range(2):
        child = os.fork()
        if child == 0:
            follow_parent(parent, lambda: os._exit(1))
            try:
                go_through(folder, rank, 2)
            except BaseException:  # noqa: BLE001 - a fork may not go back into the parent's code
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        children.append(child)
    failed = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    sys.exit(max(failed, key=abs))


if __name__ == "__main__":
    main()
