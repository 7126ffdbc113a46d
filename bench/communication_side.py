"""Two processes that teach one model, case by case: ``communication_side.py CASES``.

CASES are JSON objects of ``Lesson``'s fields; each ends as a line of JSON on stdout. The libraries
are loaded once and the processes forked. With ``--apart`` the second has a network namespace of its
own, and a pair of virtual interfaces between the two is the only line; its rate is the kernel's
token bucket (``tc ... tbf``), in each direction. That needs root, and goes with the processes.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(
    0, str(Path(__file__).resolve().parents[1] / "tests/finetuning/distributed/communication")
)

import communication_inputs as inputs
import torch
import torch.distributed as dist
import transformers  # noqa: F401 - before the fork
from broken_methods import break_it

from workbench.core import events
from workbench.finetuning.distributed.communication.sockets import count_sockets
from workbench.finetuning.distributed.plan import Plan
from workbench.finetuning.distributed.strategies import spread
from workbench.finetuning.distributed.watching import follow_parent
from workbench.finetuning.training.loop import train

_NEW_NETWORK = 0x40000000  # CLONE_NEWNET of sched.h
_LINE, _ADDRESS = "wb-line{}", "10.137.0.{}/24"
_WARM_STEPS = 2


@dataclasses.dataclass(frozen=True)
class Lesson:
    """One run: what goes between the processes, on a line of so many Mbit/s (0: unlimited)."""

    communication: str
    fault: str = ""
    steps: int = inputs.STEPS
    batch: int = inputs.BATCH
    asked: str = "development"
    rate_mbit: float = 0.0


def teach(lesson: Lesson, read: Any) -> dict[str, Any]:
    """One process of a run: its loss on the leads, what it sent, and how long a step took."""
    rows, leads, tokenizer = read
    asked = {"development": inputs.DEVELOPMENT, "frozen": inputs.FROZEN}[lesson.asked]
    module = inputs.make_module(asked.seed)
    recipe = inputs.make_recipe(asked.seed, lesson.steps, lesson.batch)
    plan = Plan(2, communication=lesson.communication)
    parallel: Any = spread(module, plan, recipe)
    break_it(lesson.fault, getattr(parallel, "exchange", None) or parallel)
    ends: list[float] = []
    dist.barrier()
    before, cpu_s = _sent(), time.process_time()
    with events.listening(lambda event: ends.append(time.monotonic()), "finetuning.step"):
        done = train(
            module, inputs.make_batches(rows, asked.seed, lesson.batch), recipe,
            steps=lesson.steps, parallel=parallel,
        )  # fmt: skip
    ended = time.monotonic()
    sent = _sent() - before
    told = {
        "sent_bytes": sent,
        "cpu_s": time.process_time() - cpu_s,
        "steps_per_s": (lesson.steps - _WARM_STEPS) / (ended - ends[_WARM_STEPS - 1]),
        "last_losses": sum(s.loss_nats for s in done.steps[-20:]) / len(done.steps[-20:]),
        "apart": _apart(module),
    }
    if lesson.steps == inputs.STEPS and dist.get_rank() == 0:
        told["loss_nats"] = inputs.read_loss(module.eval(), tokenizer, leads[asked.leads])
    return told


def _sent() -> int:
    counted = count_sockets()
    assert counted is not None, "only Linux counts what a connection sent"
    return counted.sent_bytes


def _apart(module: torch.nn.Module) -> float:
    """How far this process's weights are from the mean."""
    flat = torch.cat([each.detach().flatten() for each in module.parameters()])
    mean = flat.clone()
    dist.all_reduce(mean)
    return float((flat - mean / dist.get_world_size()).abs().max())


def set_rate(rank: int, rate_mbit: float) -> None:
    """Let this end of the line send so fast and no faster."""
    line = _LINE.format(rank)
    _run("tc", "qdisc", "del", "dev", line, "root", check=False)
    if rate_mbit:
        bucket = ("tbf", "rate", f"{rate_mbit:g}mbit", "burst", "128kb", "latency", "400ms")
        _run("tc", "qdisc", "add", "dev", line, "root", *bucket)


def part(rank: int, here: int, there: int) -> None:
    """Give the second process a network of its own, and lay a line between the two.

    Args:
        rank: Of this process.
        here: A pipe's end from which this process reads.
        there: One to which it writes.
    """
    if rank == 1:
        if ctypes.CDLL(None, use_errno=True).unshare(_NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "no network namespace can be made here")
        os.write(there, f"{os.getpid():8}".encode())
        os.read(here, 1)
    else:
        other = os.read(here, 8).decode().strip()
        ends = [_LINE.format(number) for number in range(2)]
        _run("ip", "link", "add", ends[0], "type", "veth", "peer", "name", ends[1], "netns", other)
        os.write(there, b"x")
    line = _LINE.format(rank)
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "address", "add", _ADDRESS.format(rank + 1), "dev", line)
    _run("ip", "link", "set", line, "up")
    os.environ["GLOO_SOCKET_IFNAME"] = line


def _run(*command: str, check: bool = True) -> None:
    subprocess.run(command, check=check, capture_output=True)


def go_through(rank: int, lessons: list[Lesson], read: Any, store: str, apart: Any) -> None:
    """All runs, in one of the two processes."""
    torch.set_num_threads(1)
    if apart is not None:
        part(rank, *apart)
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    for lesson in lessons:
        if apart is not None:
            set_rate(rank, lesson.rate_mbit)
        dist.barrier()
        both: list[Any] = [None, None]
        dist.all_gather_object(both, teach(lesson, read))
        if rank == 0:
            told = {**both[0], "sent_by_both_bytes": sum(each["sent_bytes"] for each in both)}
            told["apart"] = max(each["apart"] for each in both)
            sys.stdout.write(json.dumps({**dataclasses.asdict(lesson), **told}) + "\n")
            sys.stdout.flush()
    dist.barrier()


@contextlib.contextmanager
def _pipes(wanted: bool) -> Iterator[tuple[Any, Any]]:
    """For each of two processes where it reads and where it writes."""
    if not wanted:
        yield None, None
        return
    (first_reads, second_writes), (second_reads, first_writes) = os.pipe(), os.pipe()
    yield (first_reads, first_writes), (second_reads, second_writes)


def main() -> None:
    """Fork the processes and wait for both."""
    lessons = [Lesson(**each) for each in json.loads(sys.argv[1])]
    parent, read, statuses = os.getpid(), inputs.read_rows(), []
    with tempfile.TemporaryDirectory() as temporary, _pipes("--apart" in sys.argv) as pipes:
        children = []
        for rank in range(2):
            child = os.fork()
            if child == 0:
                follow_parent(parent, lambda: os._exit(1))
                status = 1
                try:
                    go_through(rank, lessons, read, str(Path(temporary) / "store"), pipes[rank])
                    status = 0
                except BaseException:  # noqa: BLE001 - a fork may not go back into the parent's code
                    traceback.print_exc()
                finally:
                    os._exit(status)
            children.append(child)
        statuses = [os.waitstatus_to_exitcode(os.waitpid(each, 0)[1]) for each in children]
    sys.exit(max(statuses, key=abs))


if __name__ == "__main__":
    main()
