"""The knowledge page: what a graph of documents holds, its answers with their places, its picture,
what contradicts itself, which names are one, and what changed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Hashable
from typing import Any

from workbench.core.optional import require
from workbench.studio.knowledge_answer import answer_bundle
from workbench.studio.knowledge_facts import KnowledgeFacts, KnowledgeState, graph_files
from workbench.studio.knowledge_pairs import PairsPanel
from workbench.studio.knowledge_panels import (
    EMPTY,
    draw_changes,
    draw_figures,
    draw_holding,
    draw_left_out,
    options_of,
)
from workbench.studio.operation_forms import Field, OperationForm, tabs_of
from workbench.studio.pages import Page, head_of, keep, trouble
from workbench.studio.tiles import Tile
from workbench.studio.viewers import draw_list

_SAID = (
    "What the documents of this machine say, as a graph: ask it, look at it, and see for each "
    "statement where it stands."
)
_READ = (
    "<p><strong>An answer</strong> is made of sentences that a document says; unfold a source to "
    "read it where it stands. What no document says is taken out.</p><p><strong>No answer</strong> "
    "is one, too: where the evidence is too thin, it says so and names what is nearest. The chance "
    "beside it was fitted on questions over an encyclopaedia; take it as an order.</p><p><strong>A "
    "fact</strong> was read by rules from a sentence, and about one in four is wrong: check what "
    "matters against its words. <strong>Inferred</strong> ones follow by rules, and are drawn "
    "dashed.</p><p><strong>Nothing is merged by itself.</strong> What you decide here is an event "
    "in the audit ledger, and can be taken back.</p>"
)
_LATER = {
    "ask": "Ask it in words: each sentence of an answer shows the place that says it.",
    "graph": "See what is said around a name, the way between two, and what follows from it.",
    "doubts": "See which statements cannot all be so, each with the words of its document.",
    "pairs": "See which names may be one, and decide it; each decision can be taken back.",
    "changes": "See which documents and facts came and went between two times.",
}
_BUILD = (
    Field("name", "Name", "notes"),
    Field("folders", "Folders, with commas", hint="~/papers, ~/notes"),
    Field("extractors", "Facts are read by", "", choices=(
        ("rules on parsed sentences", ""), ("a few word patterns, quick", "patterns"))),
)  # fmt: skip
_TIMES = (("now", "none"), ("as it was recorded", "recorded"), ("of what is told", "valid"))
_MOST_DRAWN, _MOST_SHOWN = 300, 6


class KnowledgePage(Page):
    """Tiles over what one look found (``facts``); forms for what can be asked."""

    def __init__(self) -> None:
        widgets = require("ipywidgets", extra="studio")
        self._lock = threading.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self.facts = KnowledgeFacts()
        self.choice = widgets.Dropdown(description="Knowledge base")
        self._draws = False
        self.choice.observe(lambda _: None if self._draws else self._choose(), names="value")
        self._chooser = widgets.Box([self.choice])
        self._chooser.add_class("wb-choose")
        self._chooser.add_class("wb-named")
        self._make_forms()
        self.pairs = PairsPanel(self.facts, self.given, self.look, lambda: self.refresh())
        self._all = (*self._forms.values(), self.pairs.form)
        tiles = self._tiles()
        super().__init__(
            tiles,
            head=head_of("Knowledge", _SAID, [each for each in tiles if _is_shown(each)]),
            title="The knowledge page of Workbench",
            sheets=("serving", "explain", "viewers", "knowledge", "knowledge_page"),
        )

    def given(self) -> dict[str, Any]:
        """Which graph an operation is asked of."""
        return {"name": self.facts.now.chosen or ""}

    def changed(self) -> None:
        """Look again and draw: something was done from the page."""
        with self._lock:
            self.look()
            self.refresh()

    def refresh(self) -> None:
        """Bring the chooser, the forms and every tile up to date with what is known."""
        now, options = self.facts.now, options_of(self.facts.now.graphs)
        if list(self.choice.options) != options or self.choice.value != now.chosen:
            self._draws = True
            try:
                self.choice.options = options
                self.choice.value = now.chosen
            finally:
                self._draws = False
        self._suggest(now)
        for form in self._all:
            form.compare()
        super().refresh()

    def _choose(self) -> None:
        """Look into another graph, beside the page where there is a loop."""
        self.facts.choose(self.choice.value)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.changed()
            return
        task = loop.create_task(self._look_soon())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look_soon(self) -> None:
        await asyncio.to_thread(self.look)
        self.refresh()

    def _suggest(self, now: KnowledgeState) -> None:
        """Offer the times at which the graph changed, the newest first."""
        times = tuple(_just_after(each.recorded) for each in now.changes)
        for name in ("since", "until"):
            field = self._forms["diff"].inputs[name]
            if field.options != times:
                field.options = times

    def _make_forms(self) -> None:
        def form(name: str, button: str, *fields: Field, **more: Any) -> OperationForm:
            return OperationForm(
                f"knowledge.{name}", fields, button=button, given=self.given, **more
            )

        about = Field("about", "About", hint="a name")
        self._forms = {
            "update": form("update", "Bring it up to date", on_result=lambda _: self.changed()),
            "ask": form(
                "ask", "Ask", Field("question", "Question", long=True, hint=_QUESTION),
                Field("strategy", "How it is looked for"),
                Field("model", "Who phrases", choices=_models(), value=_models()[0][1]),
                Field("quote", "Ask no model: quote the documents"), draw=answer_bundle,
            ),
            "picture": form(
                "picture", "Draw it", Field("about", "Around", hint="what is linked most"),
                Field("steps", "So many facts away", 2),
                Field("most", "At most so many entities", _MOST_DRAWN),
                Field("times", "Through time", choices=_TIMES),
                Field("inferred", "Also what follows by rules"),
            ),
            "path": form(
                "path", "Find the way", Field("first", "From", hint="a name"),
                Field("second", "To", hint="a name"), Field("most_steps", "At most so many steps"),
            ),
            "infer": form("infer", "Conclude", about, Field("relation", "Relation", hint="all")),
            "contradictions": form(
                "contradictions", "Look for contradictions",
                Field("about", "Only about", hint="everything"), draw=draw_doubts,
            ),
            "diff": form(
                "diff", "Compare",
                Field("since", "From", "7d", suggested=(), hint="2026-11-20, 24h, 7d"),
                Field("until", "To", suggested=(), hint="now"),
                Field("drawn", "Also draw it", True),
            ),
        }  # fmt: skip
        self.build = OperationForm(
            "knowledge.build", _BUILD, button="Build it", on_result=self._built
        )
        forms = self._forms
        self._keep = tabs_of([("Keep it current", forms["update"]), ("Make another", self.build)])
        self._graph = tabs_of(
            [("Around a name", forms["picture"]), ("Way between two", forms["path"]),
             ("What follows", forms["infer"])]
        )  # fmt: skip

    def _built(self, found: Any) -> None:
        self.facts.choose(found.name)
        self.changed()

    def _tiles(self) -> list[Tile]:
        stamp, forms = self.facts.stamp, self._forms

        def has() -> Hashable:
            return bool(self.facts.now.graphs)

        def form(name: str, title: str, draw: Callable[[], list[Any]]) -> Tile:
            later = [f'<p class="q">{_LATER[name]}</p>']
            return Tile(name, title, lambda: draw() if has() else later, wide=True, stamp=has)

        def pairs() -> list[Any]:
            return self.pairs.draw() if has() else [f'<p class="q">{_LATER["pairs"]}</p>']

        def told(name: str, title: str, draw: Callable[[KnowledgeState], str]) -> Tile:
            return Tile(name, title, lambda: draw(self.facts.now), stamp=stamp)

        return [
            Tile("bases", "Knowledge bases", self._draw_bases, wide=True, stamp=stamp,
                 look=self.facts.look),
            form("ask", "Ask it", lambda: [forms["ask"].widget]),
            form("graph", "Look at it", lambda: [self._graph]),
            form("doubts", "Contradictions", lambda: [forms["contradictions"].widget]),
            Tile("pairs", "Names to decide", pairs, wide=True,
                 stamp=lambda: (has(), self.pairs.stamp())),
            form("changes", "What changed", lambda: [forms["diff"].widget]),
            told("holds", "What it holds", draw_holding),
            told("left", "Left out", draw_left_out),
            told("past", "History", draw_changes),
            Tile("read", "How to read it", lambda: _READ, stamp=lambda: None),
        ]  # fmt: skip

    def _draw_bases(self) -> list[Any]:
        now = self.facts.now
        if "list" in now.trouble:
            error = now.trouble["list"]
            return [trouble(error.message, error.hint)]
        if not now.graphs:
            return [EMPTY, self.build.widget]
        return [self._chooser, draw_figures(now), self._keep]


def _is_shown(tile: Tile) -> bool:
    """Whether a link leads to a tile: without a graph those that tell of one are not shown."""
    return tile.name not in ("holds", "left", "past") or bool(graph_files())


def draw_doubts(found: Any) -> dict[str, Any]:
    """What contradicts itself as a notebook shows it; that nothing does, in words."""
    said = "Nothing in it contradicts itself, by the rules that it reasons with."
    drawn = draw_list(found[:_MOST_SHOWN])
    if drawn is None:
        return {"text/html": f'<p class="q">✓ {said}</p>', "text/plain": said}
    rest = draw_list(found[_MOST_SHOWN:])
    if rest is not None:
        summary = f"<summary>{len(found) - _MOST_SHOWN:,} more, less sure</summary>"
        more = f'<details class="wb-more">{summary}{rest["text/html"]}</details>'
        drawn = {**drawn, "text/html": drawn["text/html"] + more}
    return drawn


_QUESTION = "Who founded the observatory?"


def _models() -> tuple[tuple[str, str], ...]:
    """The home's model, and the other chat models on this disk."""
    from workbench.core import settings
    from workbench.models.operations import list_models

    here = [row.name for row in list_models() if row.kind == "chat" and row.present]
    chosen = str(settings.get("model"))
    first = (chosen if chosen in here else f"{chosen} (fetched first)", chosen)
    return (first, *((name, name) for name in here if name != chosen))


def _just_after(recorded: str) -> str:
    """A recorded time to the second, when what was recorded then was there."""
    import datetime as dt

    moment = dt.datetime.fromisoformat(recorded) + dt.timedelta(seconds=1)
    return f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}Z"


def knowledge() -> Page:
    """The knowledge page, kept up to date in a running kernel."""
    return keep(KnowledgePage())
