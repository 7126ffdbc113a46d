"""One thread for work that is too small to be shared out.

scikit-learn's threads wait for each other by spinning: on a machine that is busy elsewhere, fitting
Adult took 17 s with two threads and 1.5 s with one; on a quiet one two save less than half.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SHARED_FROM_ROWS = 200_000


@contextmanager
def threads_for(rows: int) -> Iterator[None]:
    """Let OpenMP and BLAS use one thread for a block over fewer than 200,000 rows."""
    if rows >= SHARED_FROM_ROWS:
        yield
        return
    with _controller().limit(limits=1):
        yield


@functools.cache
def _controller() -> Any:
    # Looking for the libraries takes milliseconds, so it is done once, when they are loaded.
    import sklearn.ensemble  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
