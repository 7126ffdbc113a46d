"""The processes of a run on the nodes of a Ray cluster, each in a seat of its own."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import platform
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workbench.core.errors import CapabilityError, WorkbenchError
from workbench.finetuning.distributed.cluster.nodes import read_nodes
from workbench.finetuning.distributed.following import LOG
from workbench.finetuning.distributed.job import NAME, Job
from workbench.finetuning.distributed.line import ADDRESS
from workbench.finetuning.distributed.surroundings import tell_ranks

_RANK = "workbench.finetuning.distributed.rank"
_PACKAGES = ("workbench", "torch")
_LOOK_S = 120.0  # for a node's first Python to be there


def check_seats(seats: Sequence[Mapping[str, Any]], mine: Mapping[str, Any]) -> None:
    """Raise if a node cannot do its part.

    Args:
        seats: What ``Seat.look`` said, of each process.
        mine: What it should have said.

    Raises:
        CapabilityError: It has other versions, or does not see the run's folder or the base's.
    """
    for seat in seats:
        for name, wanted in mine["versions"].items():
            found = seat["versions"][name]
            if found is None:
                raise CapabilityError(
                    f"the node {seat['ip']} has no {name}",
                    hint="the same Workbench on all nodes, and `ray start` from its environment",
                )
            if _cut(name, found) != _cut(name, wanted):
                raise CapabilityError(
                    f"the node {seat['ip']} has {name} {found}; here it is {wanted}",
                    hint="the same versions on all nodes",
                )
        if seat["digest"] != mine["digest"] or not seat["has_model"]:
            raise CapabilityError(
                f"the node {seat['ip']} does not see the folder of the run or of the base",
                hint="WORKBENCH_HOME on a file system that all nodes share",
            )


def _cut(name: str, version: str) -> str:
    """What has to be the same: of Python all but the last number."""
    return version.rpartition(".")[0] if name == "python" else version


class Placed:
    """The seats of a run's processes.

    Args:
        ray: Connected.
        job: What they do.
        group: A placement group with a bundle for each.
    """

    def __init__(self, ray: Any, job: Job, group: Any) -> None:
        from ray import cloudpickle
        from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

        from workbench.finetuning.distributed.cluster import seat

        cloudpickle.register_pickle_by_value(seat)
        self._ray, self._job = ray, job
        actor = ray.remote(seat.Seat)
        threads = job.plan.count_threads()
        self._seats = [
            actor.options(
                num_cpus=threads,
                max_restarts=0,
                scheduling_strategy=PlacementGroupSchedulingStrategy(group, index),
            ).remote()
            for index in range(job.plan.processes)
        ]
        self._found: list[dict[str, Any]] = []
        self._open: dict[Any, int] = {}
        self._nodes = {each.id: each for each in read_nodes(ray)}

    def check(self) -> None:
        """See whether every node can do its part; see ``check_seats``."""
        path = self._job.folder / NAME
        mine = {
            "versions": {
                "python": platform.python_version(),
                **{name: importlib.metadata.version(name) for name in _PACKAGES},
            },
            "digest": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        asked = [
            each.look.remote(str(path), str(self._job.model), list(_PACKAGES))
            for each in self._seats
        ]
        self._found = self._ray.get(asked, timeout=_LOOK_S)
        check_seats(self._found, mine)

    def start(self, address: str) -> None:
        """Start them; ``address`` is that of the line on which they are heard."""
        first = self._found[0]
        common = {
            **tell_ranks(self._job.plan),
            ADDRESS: address,
            "WORLD_SIZE": str(len(self._seats)),
            "MASTER_ADDR": first["ip"],
            "MASTER_PORT": str(first["port"]),
        }
        folder = str(self._job.folder)
        for rank, each in enumerate(self._seats):
            said = {**common, "RANK": str(rank), "LOCAL_RANK": "0"}
            self._open[each.work.remote(_RANK, folder, LOG, said)] = rank

    @property
    def is_open(self) -> bool:
        """Whether one has not ended."""
        return bool(self._open)

    def look(self, timeout_s: float) -> Iterator[tuple[int, int, str]]:
        """Those that have ended since: which, with what status, or why it is gone."""
        ended, _ = self._ray.wait(list(self._open), num_returns=1, timeout=timeout_s)
        for each in ended:
            rank = self._open.pop(each)
            try:
                yield rank, self._ray.get(each), ""
            except self._ray.exceptions.RayError as error:
                yield rank, 0, self._tell_gone(rank, error)

    def _tell_gone(self, rank: int, error: Exception) -> str:
        seat = self._found[rank]
        node = self._nodes.get(seat["node"])
        if node is None or not node.answers:
            return f"its node {seat['ip']} ({seat['node'][:8]}) is gone"
        said = [line.strip() for line in str(error).splitlines() if line.strip()]
        return f"its actor on the node {seat['ip']} ended: {said[-1] if said else error!r}"[:300]

    def end(self) -> None:
        """End all that have not."""
        for each in self._seats:
            with contextlib.suppress(self._ray.exceptions.RayError, WorkbenchError):
                self._ray.kill(each)
