"""A space for as long as an operation needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from .bringing import bring_to_graph
from .space import Space, open_space


@contextmanager
def opened_space(name: str) -> Iterator[Space]:
    """A space that is there, closed afterwards. Raises NotFoundError if there is none."""
    space = open_space(name)
    with closing(space.shelf):
        space.tell_ledger()
        bring_to_graph(space)
        yield space
