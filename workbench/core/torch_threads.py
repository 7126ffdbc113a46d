"""How many threads torch works with, for a while.

A small model gains nothing from a second thread, and beside other work it loses: torch's threads
spin while they wait for each other, and on a busy core that costs up to 20 times the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Let torch use ``count`` threads in the block (the whole process does), and then as before.

    With 1 the sums are in one order too, so that the same seed gives the same weights.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
