"""A worker that a page starts, so that what was queued there begins without a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from workbench.studio.links import DASHBOARDS_VARIABLE, find_project

# What the page's kernel and its server say of themselves is not true of the worker's notebooks.
_NOT_HANDED_ON = ("JPY_", "VOILA_", DASHBOARDS_VARIABLE)


class PageWorker:
    """At most one process at a time, in a session of its own: it outlives the page's kernel."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, queue: Any) -> None:
        """One that ends when nothing is left, unless a worker is at a job already."""
        busy = self._process is not None and self._process.poll() is None
        if busy or queue.count_at_work():
            return
        env = {k: v for k, v in os.environ.items() if not k.startswith(_NOT_HANDED_ON)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from workbench.cli.main import main; main()",
             "store", "work", "--drain"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, env=env, cwd=find_project(),
        )  # fmt: skip
