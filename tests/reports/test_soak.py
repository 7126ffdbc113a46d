"""Many notebooks over one fork server: nothing of them stays in the process that runs them."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import psutil
import pytest

from workbench.reports import forkserver, run

from .conftest import WriteNotebook

pytestmark = [
    pytest.mark.notebook,
    pytest.mark.soak,
    pytest.mark.skipif(bool(forkserver.why_not_here()), reason=forkserver.why_not_here()),
]
NOTEBOOKS = 4


def held() -> tuple[int, int, set[int]]:
    """Open files, threads and children of this process."""
    gc.collect()
    process = psutil.Process()
    return process.num_fds(), threading.active_count(), {each.pid for each in process.children()}


def test_many_notebooks_leave_nothing_behind(
    write_notebook: WriteNotebook, out: Path, scale: int
) -> None:
    notebooks = [
        write_notebook(f"n{number}", "import numpy as np\nx = np.ones(1_000_000)", "print(x.sum())")
        for number in range(NOTEBOOKS * scale)
    ]
    assert run(notebooks[:2], out=out, kernels="fork").ok  # what is kept on purpose is there now
    files, threads, children = held()
    before_bytes = psutil.Process().memory_info().rss
    ran = run(notebooks, out=out, kernels="fork", jobs=2)
    assert ran.ok and {each.kernel for each in ran.runs} == {"fork"}
    now_files, now_threads, now_children = held()
    assert now_children <= children
    assert now_files - files <= 3 and now_threads - threads <= 1
    grown_bytes = psutil.Process().memory_info().rss - before_bytes
    print(f"{len(notebooks)} notebooks: {grown_bytes / 1e6:.1f} MB more in the runner")
    # An executed notebook is a few kB; one that stayed, with its kernel's client, would be 1 MB.
    assert grown_bytes < 20e6 + 0.3e6 * len(notebooks)
