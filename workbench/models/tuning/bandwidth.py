"""How fast memory is read here, and how much of it a token needs."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ARRAY_BYTES = 256 << 20  # far more than a cache holds
_GOES = 3


def read_bytes_per_token(path: Path) -> int:
    """Bytes of a GGUF's weights that a token needs.

    The table of embeddings counts only where it is the output layer too: otherwise one row of it
    is read.
    """
    from workbench.models.formats.gguf_reader import read_gguf

    tensors = read_gguf(path).tensors
    left_out = "token_embd.weight" if "output.weight" in tensors else ""
    return sum(each.size_bytes for name, each in tensors.items() if name != left_out)


def measure_bandwidth(threads: int) -> float:
    """The most bytes a second that reading a large array reached, by so many threads."""
    import numpy as np

    parts = np.array_split(np.ones(ARRAY_BYTES // 8), threads)
    best_s = float("inf")
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(_GOES):
            started_s = time.perf_counter()
            list(pool.map(np.add.reduce, parts))  # numpy lets other threads run meanwhile
            best_s = min(best_s, time.perf_counter() - started_s)
    return ARRAY_BYTES / best_s
