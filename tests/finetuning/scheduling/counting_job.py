"""A job's process with an operation of the tests: ``counting_job.py JOB WORKER``.

It counts on from where it was stopped, writes down each step that it computes, and waits after each
until the file ``go`` is there.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from workbench.core.operations import operation
from workbench.core.progress import progress
from workbench.finetuning.scheduling.job_process import main


@operation("testqueue.count", title="Count", produces="number")
def count(folder: Path, *, steps: int = 3) -> int:
    """Count."""
    kept = folder / "kept"
    done = int(kept.read_text()) if kept.exists() else 0
    with progress("training", total=steps, unit="steps") as task:
        while done < steps:
            done += 1
            with (folder / "computed").open("a") as file:
                file.write(f"{done}\n")
            kept.write_text(str(done))
            task.update(done)
            while not (folder / "go").exists():
                task.update(done)
                time.sleep(0.01)
    return done


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2]))
