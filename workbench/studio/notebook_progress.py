"""The progress of long work in a notebook: one quiet line each, gone when the work is done."""

from __future__ import annotations

import os
import threading
import time
from contextvars import ContextVar
from typing import Any

from workbench.core import events
from workbench.reports.claims import RUNNER_VARIABLE
from workbench.studio.markup import escape, style
from workbench.studio.tile_jobs import amount

# What ends sooner needs no bar, and a bar that flickers past says nothing.
_PATIENCE_S = 0.5
_REDRAW_EVERY_S = 0.2

# Set where progress has a place of its own (``watch``); nothing more is drawn for it then.
drawn_elsewhere: ContextVar[bool] = ContextVar("workbench_progress_drawn", default=False)


class NotebookProgress:
    """Listens to progress and keeps one display up to date. ``show`` is IPython's ``display``."""

    def __init__(self, show: Any, clock: Any = time.monotonic) -> None:
        self._show, self._clock = show, clock
        self._lock = threading.Lock()
        self._tasks: dict[int, dict[str, Any]] = {}
        self._began: dict[int, float] = {}
        self._handle: Any = None
        self._drawn_s = 0.0

    def hear(self, event: events.Event) -> None:
        """Take note of one event, and draw if there is something new to see."""
        if drawn_elsewhere.get():
            return
        data, now_s = event.data, self._clock()
        with self._lock:
            if data["state"] in ("finished", "failed"):
                self._began.pop(data["task_id"], None)
                if self._tasks.pop(data["task_id"], None) is not None:
                    self._draw(now_s)
                return
            began_s = self._began.setdefault(data["task_id"], now_s)
            if now_s - began_s < _PATIENCE_S:
                return
            is_new = data["task_id"] not in self._tasks
            self._tasks[data["task_id"]] = data
            if is_new or now_s - self._drawn_s >= _REDRAW_EVERY_S:
                self._draw(now_s)

    def _draw(self, now_s: float) -> None:
        self._drawn_s = now_s
        bundle = {"text/html": bars_html(list(self._tasks.values())) if self._tasks else ""}
        if self._handle is None:
            self._handle = self._show(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)
        if not self._tasks:  # the next work gets a line in its own cell
            self._handle = None


def bars_html(tasks: list[dict[str, Any]]) -> str:
    """A bar for each task with its words."""
    lines = "".join(map(bar_html, tasks))
    return f'<div class="wb wb-card">{style("tokens", "viewers")}{lines}</div>'


def bar_html(task: dict[str, Any]) -> str:
    """One task's bar with its words, where a page has the style already."""
    done, total = task["done"], task["total"]
    label = escape(f"{task['label']} {task.get('message') or ''}".strip())
    said = f"{label} {escape(amount(done, total, task['unit']))}".strip()
    bar = f' max="{total}" value="{done}"' if total else ""
    return (
        f'<div><progress{bar} aria-label="{label}"></progress> <span class="q">{said}</span></div>'
    )


_listening: list[NotebookProgress] = []


def listen() -> None:
    """Draw progress from now on, once; not in a report's run, whose pages stay quiet."""
    if _listening or os.environ.get(RUNNER_VARIABLE):
        return
    from IPython.display import display

    _listening.append(NotebookProgress(display))
    events.subscribe(_listening[0].hear, "progress")
