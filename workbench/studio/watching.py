"""Run an operation beside the notebook: its progress, a button that stops it, then its result."""

from __future__ import annotations

import contextvars
import dataclasses
import os
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from workbench.core import events, operations
from workbench.core.cancellation import CancelToken
from workbench.core.errors import CancelledError, DeadlineError, WorkbenchError
from workbench.core.optional import require
from workbench.core.viewers import Viewable, mime_bundle
from workbench.reports.claims import RUNNER_VARIABLE
from workbench.studio.cards import card
from workbench.studio.markup import duration, escape, hint_html
from workbench.studio.notebook_progress import bars_html, drawn_elsewhere
from workbench.studio.viewers import draw_list

_current: ContextVar[Watch | None] = ContextVar("workbench_watch", default=None)


class Watch:
    """An operation that runs in a thread. It draws itself; ``result()`` waits for what it gives.

    ``on_end`` is called in that thread when all is drawn; ``outcome`` and ``error`` tell how it
    went. ``reword_hint`` says what an error advises in the words of who asked; ``draw`` makes the
    bundle of a result where it is not to be drawn as a notebook shows it.
    """

    def __init__(
        self,
        operation: operations.Operation,
        values: dict[str, Any],
        *,
        on_end: Callable[[Watch], None] | None = None,
        reword_hint: Callable[[str], str] = str,
        draw: Callable[[Any], dict[str, Any]] | None = None,
    ) -> None:
        widgets = require("ipywidgets", extra="studio")
        self.operation = operation
        self.token = CancelToken()
        self._values = values
        self._on_end = on_end
        self._reword_hint = reword_hint
        self._draw = draw or _drawn
        self.outcome: Any = None
        self.error: BaseException | None = None
        self._tasks: dict[int, dict[str, Any]] = {}
        self._began_s = time.monotonic()
        self._text = widgets.HTML(card(f'<p class="q">{escape(operation.title)}…</p>'))
        self._button = widgets.Button(description="Cancel", tooltip=f"Cancel {operation.name}")
        self._button.layout.width = "auto"
        self._button.on_click(lambda _: self.cancel())
        self._place = widgets.Output()
        self.widget = widgets.VBox([widgets.HBox([self._text, self._button]), self._place])
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), name=f"watch {operation.name}", daemon=True
        )

    @property
    def done(self) -> bool:
        """Whether it has ended, however it did."""
        return not self._thread.is_alive()

    def start(self) -> Watch:
        """Begin; returns at once."""
        self._began_s = time.monotonic()
        self._thread.start()
        return self

    def cancel(self) -> None:
        """Ask the operation to stop when it next looks."""
        self._button.disabled = True
        self._button.description = "Stopping…"
        self.token.cancel()

    def result(self, timeout_s: float | None = None) -> Any:
        """Wait for what the operation gives.

        Raises:
            DeadlineError: It takes longer than ``timeout_s``.
            WorkbenchError: Whatever the operation raised.
        """
        self._thread.join(timeout_s)
        if not self.done:
            raise DeadlineError(f"{self.operation.name} is not done after {timeout_s:g} s")
        if self.error is not None:
            raise self.error
        return self.outcome

    def _run(self) -> None:
        _current.set(self)
        drawn_elsewhere.set(True)
        with events.listening(self._hear, "progress"):
            try:
                self.outcome = self.operation.call(self._values, token=self.token)
            except BaseException as error:  # noqa: BLE001 - result() raises it where it is asked
                self.error = error
        self._finish()
        if self._on_end is not None:
            self._on_end(self)

    def _hear(self, event: events.Event) -> None:
        if _current.get() is not self:  # another operation, in another thread
            return
        data = event.data
        if data["state"] in ("finished", "failed"):
            self._tasks.pop(data["task_id"], None)
        else:
            self._tasks[data["task_id"]] = data
        if self._tasks:
            self._text.value = bars_html(list(self._tasks.values()))

    def _finish(self) -> None:
        self._button.layout.display = "none"
        if self.error is None:
            took = duration(time.monotonic() - self._began_s)
            self._text.value = card(f'<p class="q">✓ Done in {took}.</p>')
            if self.outcome is not None:
                data = self._draw(self.outcome)
                shown = {"output_type": "display_data", "data": data, "metadata": {}}
                self._place.outputs = (shown,)
        elif isinstance(self.error, CancelledError):
            self._text.value = card(f'<p class="q">– {escape(self.error)}</p>')
        else:
            self._text.value = card(f'<p class="trouble">{self._say(self.error)}</p>')

    def _say(self, error: BaseException) -> str:
        if isinstance(error, WorkbenchError):
            hint = error.hint and self._reword_hint(error.hint)
            return f"{escape(error.message.rstrip('.'))}. {hint_html(hint)}".rstrip()
        return escape(f"{type(error).__name__}: {error}")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        drawn = self._draw(self.outcome) if self.done and self.error is None else {}
        bundle: dict[str, Any] = self.widget._repr_mimebundle_()
        return {**bundle, "text/html": self._text.value + drawn.get("text/html", "")}


def watch(operation: str | Any, /, **params: Any) -> Watch:
    """Run an operation in a thread, with its progress and a button to cancel it.

    In a report's run it is waited for, so that the page holds its result.

    Args:
        operation: Its name (``"models.pull"``) or the function itself.
        params: Its parameters.

    Raises:
        NotFoundError: There is no such operation.
        InputError: The parameters do not fit; nothing was started.
    """
    found = getattr(operation, "operation", None) or operations.find(operation)
    started = Watch(found, found.validate(params)).start()
    if os.environ.get(RUNNER_VARIABLE):
        started.result()
    return started


def _drawn(outcome: Any) -> dict[str, Any]:
    """A result as the notebook would show it after a call."""
    if isinstance(outcome, (list, tuple)):
        return draw_list(outcome) or {"text/plain": repr(outcome)}
    if dataclasses.is_dataclass(outcome) or isinstance(outcome, Viewable):
        return mime_bundle(outcome)
    return {"text/plain": repr(outcome)}
