"""The agent of a run on a Ray cluster, as a process: what torchrun's is on one machine.

It waits for room for all of a run's processes at once, starts them on the nodes, says which was
lost, and gives way when a run of a higher priority waits. Whether all are started again, and on how
many, is for ``launching`` to say. It is a process of its own since Ray ends whoever is connected
when the cluster's head is gone.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.finetuning.distributed.cluster.connecting import connected
from workbench.finetuning.distributed.cluster.placing import Placed
from workbench.finetuning.distributed.cluster.relay import Relay
from workbench.finetuning.distributed.cluster.room import Room
from workbench.finetuning.distributed.job import NAME, Job, read_job
from workbench.finetuning.distributed.line import ADDRESS, Line
from workbench.finetuning.distributed.pulse import beat
from workbench.finetuning.distributed.surroundings import BEGAN
from workbench.finetuning.distributed.watching import PARENT, follow_parent

_LOOK_S = 0.5
_EVERY_S = 2.0  # from one look at the other runs to the next
_CAUSES_S = 25.0  # Ray takes up to 15 s to say that a node is gone


def main(folder: str) -> int:
    """Run a job's processes; 0 if all of them ended well."""
    follow_parent(int(os.environ[PARENT]), lambda: os.kill(os.getpid(), signal.SIGTERM))
    signal.signal(signal.SIGTERM, _leave)
    line = Line(os.environ[ADDRESS], rank=-1)
    beat(line)
    try:
        job = read_job(Path(folder) / NAME)
        line.tell("wait", message="connecting to the Ray cluster", long=False)
        with connected(job.plan) as ray:
            signal.signal(signal.SIGTERM, _leave)  # Ray has set its own
            return _run(ray, job, line)
    except WorkbenchError as error:
        line.tell("error", own=True, **error.to_dict())
        return 1


def _leave(*_: Any) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what is begun here is to be ended
    sys.exit(1)


def _run(ray: Any, job: Job, line: Line) -> int:
    room = Room(ray, job, since_s=float(os.environ[BEGAN]))
    try:
        if not room.take(line):
            return 1
        relay = Relay(ray.util.get_node_ip_address(), os.environ[ADDRESS])
        placed = Placed(ray, job, room.group)
        try:
            placed.check()
            placed.start(relay.address)
            return _follow(ray, placed, room, line)
        finally:
            placed.end()
            relay.close()
    finally:
        room.give_back()


def _follow(ray: Any, placed: Placed, room: Room, line: Line) -> int:
    """Until all have ended, or one was lost and the others had time to say why."""
    looked_s, lost_s = 0.0, None
    failed = False
    while placed.is_open:
        for rank, status, why in placed.look(_LOOK_S):
            if why:
                line.tell("gone", failed=rank, message=why)
            elif status:
                line.tell("failed", failed=rank, status=status)
            failed = failed or bool(why or status)
        now_s = time.monotonic()
        if failed:
            lost_s = lost_s or now_s
            if now_s - lost_s > _CAUSES_S:
                return 1
        elif now_s - looked_s > _EVERY_S:
            looked_s = now_s
            line.tell("room", processes=room.count_more())
            goes_first = room.look()
            if goes_first is not None:
                line.tell("yield", to=goes_first)
    return int(failed)


if __name__ == "__main__":
    status = main(sys.argv[1])
    sys.stdout.flush()
    os._exit(status)
