"""Room for all processes of a run at once on a Ray cluster: waited for in turn, and given back."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from workbench.finetuning.distributed.cluster.nodes import count_room, read_nodes
from workbench.finetuning.distributed.cluster.wishes import (
    EVERY_S,
    NoticeBoard,
    Wish,
    find_givers,
    is_next,
)
from workbench.finetuning.distributed.job import Job
from workbench.finetuning.distributed.line import Line

_TELL_S = 10.0
_SETTLE_S = 45.0  # so long may Ray take to say that a node is gone


class Room:
    """A placement group of Ray's with a bundle for each process.

    Args:
        ray: Connected.
        job: What is to be run.
        since_s: Since when the run wants room, Unix time.
    """

    def __init__(self, ray: Any, job: Job, *, since_s: float) -> None:
        from ray.experimental import internal_kv

        self._ray, self._run = ray, job.folder.name
        self._processes, self._threads = job.plan.processes, job.plan.count_threads()
        self._priority, self._since_s = job.plan.priority, since_s
        self._board = NoticeBoard(internal_kv)
        self.group: Any = None
        self._times_named = 0

    def take(self, line: Line) -> bool:
        """Wait until there is room, and take it; False if the nodes that there are have too few
        cores, which the line is told."""
        told_s, until_s = 0.0, time.monotonic() + _SETTLE_S
        while True:
            nodes = read_nodes(self._ray)
            there = [each for each in nodes if each.answers]
            most = count_room(there, self._threads)
            if most < self._processes:
                line.tell("short", most=most)
                return False
            others = [each for each in self._board.read() if each.run != self._run]
            if len(there) < len(nodes) and time.monotonic() < until_s:
                time.sleep(EVERY_S)  # else Ray may give room where nobody is
            elif is_next(self._make_wish(waits=True), others):
                self._ask()
                if self.group.wait(EVERY_S):
                    self._board.post(self._make_wish(waits=False))
                    return True
            else:
                self._give_up()
                time.sleep(EVERY_S)
            self._board.post(self._make_wish(waits=True))
            if time.monotonic() - told_s > _TELL_S:
                told_s = time.monotonic()
                line.tell("wait", message=self._tell_wait(others), long=True)

    def look(self) -> str | None:
        """Renew the run's note; the run that it gives way to, if it is to, and has been for two
        looks: what has just been taken is not free any more, and may not be noted yet."""
        self._board.post(self._make_wish(waits=False))
        wishes = self._board.read()
        named = self._run in find_givers(wishes, self._free_cores())
        self._times_named = self._times_named + 1 if named else 0
        if self._times_named < 2:
            return None
        first = min((each for each in wishes if each.waits), key=lambda each: each.order)
        return f"{first.run} (priority {first.priority})"

    def count_more(self) -> int:
        """How many more processes there is room for now."""
        return int(self._free_cores() // self._threads)

    def give_back(self) -> None:
        """Leave the room, and want none."""
        with contextlib.suppress(Exception):  # Ray's own, of a cluster that is gone
            self._give_up()
            self._board.take_down(self._run)

    def _ask(self) -> None:
        from ray.util.placement_group import placement_group

        if self.group is None:
            bundles = [{"CPU": float(self._threads)}] * self._processes
            self.group = placement_group(bundles, strategy="PACK")

    def _give_up(self) -> None:
        from ray.util.placement_group import remove_placement_group

        if self.group is not None:
            remove_placement_group(self.group)
            self.group = None

    def _free_cores(self) -> float:
        return float(self._ray.available_resources().get("CPU", 0.0))

    def _make_wish(self, *, waits: bool) -> Wish:
        cores = float(self._processes * self._threads)
        return Wish(self._run, self._priority, self._since_s, cores, waits)

    def _tell_wait(self, others: list[Wish]) -> str:
        wanted, free = self._processes * self._threads, self._free_cores()
        ahead = [
            each for each in others if each.waits and each.order < self._make_wish(waits=True).order
        ]
        first = f"; {len(ahead)} other run{'s' * (len(ahead) != 1)} first" if ahead else ""
        return f"waiting for {wanted} free cores of the Ray cluster: {free:g} are{first}"
