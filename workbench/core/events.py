"""What happens, told to whoever listens: the one way that a low room speaks upwards.

Events live in this process and are gone with it. What must outlive a process is a job.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

log = logging.getLogger(__name__)

current_run_id: ContextVar[str | None] = ContextVar("workbench_run_id", default=None)


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    ``kind`` is dotted (``progress``, ``models.loaded``), ``time_s`` is Unix time, ``run_id`` the
    operation's run in which it happened.
    """

    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    time_s: float = field(default_factory=time.time)
    run_id: str | None = None


Listener = Callable[[Event], None]
_listeners: dict[object, tuple[str, Listener]] = {}
_lock = threading.Lock()


def subscribe(listener: Listener, kind: str = "") -> Callable[[], None]:
    """Call ``listener`` for each event whose kind is ``kind`` or begins with ``kind.``.

    Returns:
        A function that ends the subscription; calling it twice is harmless.
    """
    subscription = object()  # a listener may subscribe twice, and end each by itself
    with _lock:
        _listeners[subscription] = (kind, listener)

    def unsubscribe() -> None:
        with _lock:
            _listeners.pop(subscription, None)

    return unsubscribe


@contextmanager
def listening(listener: Listener, kind: str = "") -> Iterator[None]:
    """``subscribe`` for the length of a ``with`` block."""
    unsubscribe = subscribe(listener, kind)
    try:
        yield
    finally:
        unsubscribe()


def emit(kind: str, **data: Any) -> Event:
    """Tell the listeners, in this thread, in the order in which they subscribed."""
    event = Event(kind, data, run_id=current_run_id.get())
    with _lock:
        listeners = [
            listener
            for wanted, listener in _listeners.values()
            if not wanted or kind == wanted or kind.startswith(wanted + ".")
        ]
    for listener in listeners:
        try:
            listener(event)
        except Exception:  # a listener's fault must not stop the work that it listens to
            log.exception("a listener failed on %s", kind)
    return event
