"""Processes to be killed while they settle and export, forked from one that has the imports.

    usage_worker.py LOG VARIANT

Each line ``run`` on stdin forks a worker, whose process id is the answer; ``wait`` waits for the
one that was started first. Each settlement that was confirmed is added to LOG in one write, which
outlives the process. VARIANT breaks a promise on purpose.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pyarrow.parquet

from workbench.core import settings
from workbench.store import files, usage_export
from workbench.store.usage import UsageLog
from workbench.store.usage_export import export_usage
from workbench.store.usage_rows import UsageRow, UsageText

log_path = Path("/dev/null")
variant = "sound"


class Hasty(UsageLog):
    """Says that a row is on the disk when it has taken it."""

    def settle(self, row: UsageRow, *, text: UsageText | None = None) -> Future[bool]:
        super().settle(row, text=text)
        done: Future[bool] = Future()
        done.set_result(True)
        return done


def confirm(settlement_id: str) -> None:
    """Write down what was promised."""
    handle = os.open(log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{settlement_id}\n".encode())
    os.close(handle)


def settle_for_ever(log: UsageLog, name: str) -> None:
    """Settle one row after another; each twice, as a caller does who has not heard."""
    number = 0
    while True:
        settlement_id = f"{os.getpid()}-{name}-{number}"
        row = UsageRow(
            request_id="r",
            key_id=f"key_{name}",
            user="u",
            model_asked="m",
            prompt_tokens=1,
            settlement_id=settlement_id,
            # Two months, so that an export has two files to leave half-written.
            time_s=time.time() - (number % 2) * 40 * 86_400,
        )
        done, again = log.settle(row), log.settle(row)
        if variant == "hasty" or done.result():
            confirm(settlement_id)
        if variant != "hasty":
            assert again.result() is False
        number += 1


def work() -> None:
    """Settle from several threads and export at the same time, until killed."""
    if variant == "in-place":
        settings.home().joinpath("usage").mkdir(parents=True, exist_ok=True)
        files.replacing = lambda path, **_: path.open("wb")  # type: ignore[assignment]
    try:
        log: UsageLog = Hasty() if variant == "hasty" else UsageLog()
        for name in "abc":
            threading.Thread(target=settle_for_ever, args=(log, name), daemon=True).start()
        while True:
            export_usage(rebuild=True)
    except BaseException:  # noqa: BLE001 - the fork must not go on in its parent's code
        traceback.print_exc()
    finally:
        os._exit(1)


def serve() -> None:
    """Answer the test's requests until it closes stdin."""
    started: list[int] = []
    for line in sys.stdin:
        if line.strip() == "run":
            child = os.fork()
            if child == 0:
                work()
            started.append(child)
            print(child, flush=True)
        else:
            _, status = os.waitpid(started.pop(0), 0)
            print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    log_path, variant = Path(sys.argv[1]), sys.argv[2]
    needed: Any = (pyarrow.parquet, usage_export)
    serve()
