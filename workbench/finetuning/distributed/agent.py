"""torchrun's agent, as a process: it starts the processes of a run, watches them, and ends them.

When one is lost it ends the others and says which one it was. Whether all are started again, and on
how many processes, is for ``launching`` to say, which starts another agent for it.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path

from workbench.finetuning.distributed.job import NAME, read_job
from workbench.finetuning.distributed.line import ADDRESS, Line
from workbench.finetuning.distributed.pulse import beat
from workbench.finetuning.distributed.watching import PARENT, follow_parent

log = logging.getLogger(__name__)

_SHUTDOWN_S = 5


def main(folder: str) -> int:
    """Run a job's processes; 0 if all of them ended well."""
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    follow_parent(int(os.environ[PARENT]), lambda: os.kill(os.getpid(), signal.SIGTERM))
    line = Line(os.environ[ADDRESS], rank=-1)
    beat(line)
    os.environ[PARENT] = str(os.getpid())
    plan = read_job(Path(folder) / NAME).plan
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=plan.processes,
        run_id=Path(folder).name,
        rdzv_backend="c10d",
        rdzv_endpoint="127.0.0.1:0",
        local_addr="127.0.0.1",  # else the machine's own name is looked up
        max_restarts=0,
        shutdown_timeout=_SHUTDOWN_S,
    )
    try:
        elastic_launch(config, sys.executable)("-m", f"{__package__}.rank", folder)
    except ChildFailedError as error:
        for rank, failure in sorted(error.failures.items(), key=lambda each: each[1].timestamp):
            line.tell("failed", failed=rank, status=failure.exitcode)
        return 1
    except SignalException:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
