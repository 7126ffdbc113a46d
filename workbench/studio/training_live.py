"""A training run watched from wherever it goes on: the page asks, the store answers.

No thread and no task: the widget's script asks every other second while it is to be seen, so that
a page that is hidden or closed asks for nothing.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import WorkbenchError
from workbench.core.optional import require
from workbench.finetuning.recording.recorded_run import find_recorded_run
from workbench.finetuning.recording.stopping import stop
from workbench.studio.markup import sheet
from workbench.studio.training_cards import draw_run, run_inside

if TYPE_CHECKING:
    from workbench.finetuning.recording.recorded_run import RecordedRun

_FOLDER = Path(__file__).parent / "widgets"
_SHEETS = ("tokens", "viewers", "table", "training", "curves")


def watch_run(run: str = "latest") -> Any:
    """Watch a training run of any process, with a button that stops it.

    In a report, and wherever no script runs, it stands still.

    Args:
        run: Its id or the beginning of it; the newest if none is given.

    Raises:
        NotFoundError: There is no such run.
    """
    from workbench.studio.widgets.showing import can_live

    found = find_recorded_run(run)
    return live_run(found) if can_live() else found


def live_run(found: RecordedRun) -> Any:
    """The widget of a run."""
    return _kind()(found)


@functools.cache
def _kind() -> Any:
    """The class, made at first use: ipywidgets takes a second to import."""
    base: Any = require("anywidget", extra="studio").AnyWidget
    traitlets = require("traitlets", extra="studio")

    class LiveRun(base):
        """Draws what the store says of a run whenever its page asks."""

        _esm = traitlets.Unicode().tag(sync=True)
        _css = traitlets.Unicode().tag(sync=True)
        html = traitlets.Unicode().tag(sync=True)
        said = traitlets.Unicode("").tag(sync=True)
        is_live = traitlets.Bool(True).tag(sync=True)
        is_stopping = traitlets.Bool(False).tag(sync=True)

        def __init__(self, found: RecordedRun) -> None:
            self.run = found.run
            self._drawn = found
            super().__init__(
                _esm=(_FOLDER / "live_run.js").read_text(encoding="utf-8"),
                _css="".join(map(sheet, _SHEETS)),
                html=run_inside(found),
                is_live=found.is_live,
                is_stopping=found.is_stopping,
            )
            self.on_msg(self._hear)

        def look(self) -> None:
            """Read the store, and draw what is new."""
            found = find_recorded_run(self.run)
            if found == self._drawn:
                return
            self._drawn = found
            self.html = run_inside(found)
            self.is_live, self.is_stopping = found.is_live, found.is_stopping
            self.said = "It stops at its next step." if found.is_stopping else ""

        def stop(self) -> None:
            """Ask the run to stop."""
            stop(self.run)
            self.look()

        def _hear(self, _: Any, content: Any, buffers: Any) -> None:
            _answer(self, content if isinstance(content, dict) else {})

        def _repr_mimebundle_(self, **options: Any) -> Any:
            bundle, *more = super()._repr_mimebundle_(**options)
            return ({**bundle, "text/html": draw_run(self._drawn)}, *more)

    return LiveRun


def _answer(widget: Any, asked: dict[str, Any]) -> None:
    """Do what a page asks for; a run that is gone leaves the page standing, and is said."""
    try:
        if asked.get("stop"):
            widget.stop()
        elif asked.get("look"):
            widget.look()
    except WorkbenchError as error:
        widget.said = error.message
