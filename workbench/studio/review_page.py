"""The review page: proposals to what is agreed on are looked at, commented, approved and merged by
who signed in on it."""

from __future__ import annotations

import asyncio
import atexit
import functools
import logging
import threading
from pathlib import Path
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.optional import require
from workbench.knowledge.review.desk import Desk
from workbench.studio.markup import escape
from workbench.studio.pages import Page, head_of, keep
from workbench.studio.review_acts import act
from workbench.studio.review_data import data_of
from workbench.studio.tiles import Tile

log = logging.getLogger(__name__)

_SAID = (
    "What others propose to what is agreed on: see what changes of text and facts together, "
    "comment, approve, settle conflicts, merge and take back."
)
_SCRIPTS = ("review_parts", "review_lines", "review_sheet", "review_conflicts", "review_view")
_FOLDER = Path(__file__).parent / "widgets"
_EXPORT = "export default { render };"


class ReviewPage(Page):
    """One page for one visitor: what is shown and done goes by the session that began on it."""

    def __init__(self) -> None:
        self.desk = Desk()
        self._lock = threading.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self.app = _kind()(self._hear)
        tile = Tile("review", "Proposals", lambda: [self.app], wide=True, stamp=lambda: None,
                    look=self._look_meanwhile)  # fmt: skip
        super().__init__(
            [tile],
            head=head_of("Review", _SAID, []),
            title="The review page of Workbench",
            sheets=("viewers", "widgets", "graph", "review"),
        )
        self.widget.add_class("wb-review")

    def do(self, message: dict[str, Any]) -> dict[str, Any]:
        """Do what the script asks for; the answer to it, with what is to be shown then."""
        more: dict[str, Any] = {}
        trouble: dict[str, Any] | None = None
        said = ""
        with self._lock:
            try:
                said, more = act(self.desk, message)
            except WorkbenchError as error:
                trouble = {"message": error.message, "hint": _hint(error)}
            except Exception as error:  # whatever it is, the page stands and says so
                log.exception("what the review page asked for failed")
                trouble = {"message": f"{type(error).__name__}: {error}", "hint": ""}
            view = data_of(self.desk.shown)
        return {"id": message.get("id"), "act": message.get("act"), "said": said,
                "trouble": trouble, "view": view, **more}  # fmt: skip

    def _hear(self, message: Any) -> None:
        """Do it beside the page where there is a loop, so that nothing waits for a hash."""
        if not isinstance(message, dict):
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.app.send(self.do(message))
            return
        task = loop.create_task(self._in_a_thread(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _in_a_thread(self, message: dict[str, Any]) -> None:
        self.app.send(await asyncio.to_thread(self.do, message))

    def _look_meanwhile(self) -> None:
        with self._lock:
            if self.desk.look():
                self.app.send({"id": None, "act": "look", "view": data_of(self.desk.shown)})


def _hint(error: WorkbenchError) -> str:
    """What to try; a command only where the page has no place for it."""
    hint = error.hint or ""
    return "" if hint.startswith("workbench knowledge") else hint


@functools.cache
def script() -> str:
    """The page's script with that of the graph in it; it imports nothing."""
    from workbench.studio.widgets.live import script as widget_script

    graph = widget_script("graph_view")
    assert graph.rstrip().endswith(_EXPORT), "the widget's script ends with what it gives"
    drawn = graph.rstrip().removesuffix(_EXPORT)
    own = "\n".join((_FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS)
    return f"const drawGraph = (() => {{\n{drawn}\nreturn render;\n}})();\n{own}"


@functools.cache
def _kind() -> Any:
    """The class, made at first use: ipywidgets takes a second to import."""
    base: Any = require("anywidget", extra="studio").AnyWidget
    traitlets = require("traitlets", extra="studio")

    class ReviewApp(base):
        """Nothing of a space, and no password, is a trait: a notebook that is saved keeps these."""

        _esm = traitlets.Unicode().tag(sync=True)
        _css = traitlets.Unicode().tag(sync=True)

        def __init__(self, hear: Any) -> None:
            super().__init__(_esm=script(), _css="")
            self.on_msg(lambda _, content, __: hear(content))

        def static_html(self) -> str:
            """What stands in its place while it is on its way."""
            return f'<p class="q">{escape("The form to sign in comes with the page’s kernel.")}</p>'

    return ReviewApp


def review() -> Page:
    """The review page, kept up to date in a running kernel."""
    page = ReviewPage()
    atexit.register(page.desk.visitor.leave)
    return keep(page)
