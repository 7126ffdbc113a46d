"""What the buttons of a page ask for: done in a thread, told in a line, and never a dead page."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.optional import require
from workbench.studio.markup import escape
from workbench.studio.pages import trouble

log = logging.getLogger(__name__)


class Errands:
    """Does one thing at a time for each name. Outside a kernel it is done at once.

    Args:
        look: Finds out afterwards how things are; called in a thread.
        refresh: Draws the page again.
    """

    def __init__(self, look: Callable[[], None], refresh: Callable[[], None]) -> None:
        self._look, self._refresh = look, refresh
        self._tasks: set[asyncio.Task[None]] = set()
        self.busy: dict[str, str] = {}
        self.note = require("ipywidgets", extra="studio").HTML()
        self.note.add_class("wb-note")

    def run(self, name: str, doing: str, work: Callable[[], Any], *, done: str) -> None:
        """Begin, unless something is being done for that name already.

        Args:
            name: Of the model or key that is changed.
            doing: What is said meanwhile.
            work: Called in a thread; it may block and may raise.
            done: What is said afterwards.
        """
        if name in self.busy:
            return
        self.busy[name] = doing
        self._say(f'<p class="q">{escape(doing)}…</p>')
        self._refresh()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._finish(name, self._attempt(work, done))
            return
        task = loop.create_task(self._in_a_thread(name, work, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _in_a_thread(self, name: str, work: Callable[[], Any], done: str) -> None:
        self._finish(name, await asyncio.to_thread(self._attempt, work, done))

    def _attempt(self, work: Callable[[], Any], done: str) -> str:
        """Do it and look how things are then; what is to be said."""
        try:
            work()
            said = f"<p>✓ {escape(done)}</p>"
        except WorkbenchError as error:
            said = trouble(error.message, error.hint)
        except Exception as error:  # whatever it is, the page stands and says so
            log.exception("what a button asked for failed")
            said = trouble(f"{type(error).__name__}: {error}", None)
        self._look()
        return said

    def _finish(self, name: str, said: str) -> None:
        self.busy.pop(name, None)
        self._say(said)
        self._refresh()

    def _say(self, html: str) -> None:
        self.note.value = f'<div role="status">{html}</div>'
