"""The process of one training job: ``python -m ...job_process JOB WORKER``.

SIGTERM stops the job with a checkpoint and gives it back to the queue, and so does the end of the
process that started this one.
"""

from __future__ import annotations

import os
import signal
import sys

from workbench.finetuning.distributed.watching import follow_parent
from workbench.store.jobs import JobQueue
from workbench.store.worker import Worker


def main(job_id: int, worker: str) -> int:
    """Run it; 0 unless the job could not begin."""
    follow_parent(os.getppid(), lambda: os.kill(os.getpid(), signal.SIGTERM))
    return 0 if Worker(JobQueue(), name=worker).run_one(job_id) is not None else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2]))
