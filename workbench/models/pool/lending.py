"""The pool that lends to whoever computes now: what a virtual model loads counts against it."""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .model_pool import ModelPool

_lending: contextvars.ContextVar[ModelPool | None] = contextvars.ContextVar("lending", default=None)


@contextmanager
def lending_from(pool: ModelPool | None) -> Iterator[None]:
    """A block in which ``current_pool`` is this one. It must begin and end in one thread."""
    before = _lending.set(pool)
    try:
        yield
    finally:
        _lending.reset(before)


def current_pool() -> ModelPool | None:
    """The pool that models are to be borrowed from; None where nobody keeps to a budget."""
    return _lending.get()
