"""Stopping work from outside: a token that long loops look at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .errors import CancelledError


class CancelToken:
    """Set once, from any thread; looked at by the work it belongs to.

    A token with parents is cancelled as soon as one of them is.
    """

    def __init__(self, *parents: CancelToken | None) -> None:
        self._event = threading.Event()
        self._parents = [parent for parent in parents if parent is not None]
        self._probe: Callable[[], bool] | None = None
        self.reason = ""

    def cancel(self, reason: str = "stopped by the user") -> None:
        """Ask the work to stop at its next look."""
        self.reason = self.reason or reason
        self._event.set()

    def watch(self, probe: Callable[[], bool]) -> None:
        """Also ask ``probe`` at each look: how a job's worker sees a cancel in the database."""
        self._probe = probe

    @property
    def cancelled(self) -> bool:
        """Whether the work should stop."""
        if self._event.is_set():
            return True
        stopped = next((parent for parent in self._parents if parent.cancelled), None)
        if stopped is not None:
            self.cancel(stopped.reason)
        elif self._probe is not None and self._probe():
            self.cancel()
        return self._event.is_set()

    def check(self) -> None:
        """Raise CancelledError if the work should stop."""
        if self.cancelled:
            raise CancelledError(f"cancelled: {self.reason}")


current_token: ContextVar[CancelToken | None] = ContextVar("workbench_cancel", default=None)


@contextmanager
def cancellable(token: CancelToken | None = None) -> Iterator[CancelToken]:
    """Run a block under a token; a block inside another is stopped with the outer one."""
    outer = current_token.get()
    if token is None:
        token = active = CancelToken(outer)
    else:  # joined here, not in the caller's token, which may outlive the outer block
        active = CancelToken(token, outer) if outer is not None else token
    reset = current_token.set(active)
    try:
        yield token
    finally:
        current_token.reset(reset)


def check_cancelled() -> None:
    """Raise CancelledError if the work that this is part of was told to stop."""
    token = current_token.get()
    if token is not None:
        token.check()
