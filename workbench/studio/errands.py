"""What the buttons of a page ask for: done in a thread, told in a line, and never a dead page."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from workbench.core import events
from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import CancelledError, WorkbenchError
from workbench.core.optional import require
from workbench.studio.markup import escape
from workbench.studio.notebook_progress import bar_html, drawn_elsewhere
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
        self._tokens: dict[str, CancelToken] = {}
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
        token = self._tokens[name] = CancelToken()
        work = partial(self._watched, work, token)
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

    def stop(self, name: str) -> None:
        """Ask what is being done for a name to end when it next looks."""
        token = self._tokens.get(name)
        if token is not None:
            token.cancel()
            self._say('<p class="q">Stopping…</p>')

    def _watched(self, work: Callable[[], Any], token: CancelToken) -> None:
        """Do it, with its progress in the line; of the works in other threads nothing is shown."""
        thread = threading.get_ident()

        def hear(event: events.Event) -> None:
            going_on = event.data["state"] not in ("finished", "failed")
            if threading.get_ident() == thread and going_on and not token.cancelled:
                self._say(bar_html(event.data))

        reset = drawn_elsewhere.set(True)
        try:
            with events.listening(hear, "progress"), cancellable(token):
                work()
        finally:
            drawn_elsewhere.reset(reset)

    async def _in_a_thread(self, name: str, work: Callable[[], Any], done: str) -> None:
        self._finish(name, await asyncio.to_thread(self._attempt, work, done))

    def _attempt(self, work: Callable[[], Any], done: str) -> str:
        """Do it and look how things are then; what is to be said."""
        try:
            work()
            said = f"<p>✓ {escape(done)}</p>"
        except CancelledError:
            said = '<p class="q">– Stopped.</p>'
        except WorkbenchError as error:
            said = trouble(error.message, error.hint)
        except Exception as error:  # whatever it is, the page stands and says so
            log.exception("what a button asked for failed")
            said = trouble(f"{type(error).__name__}: {error}", None)
        self._look()
        return said

    def _finish(self, name: str, said: str) -> None:
        self.busy.pop(name, None)
        self._tokens.pop(name, None)
        self._say(said)
        self._refresh()

    def _say(self, html: str) -> None:
        self.note.value = f'<div role="status">{html}</div>'
