"""Pairs of names that may be one: each with buttons to decide it, and what was decided with one
that takes it back. Every decision is an event; none is lost and none is for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core import operations
from workbench.core.optional import require
from workbench.studio.errands import Errands
from workbench.studio.markup import count, escape, when
from workbench.studio.operation_forms import Field, OperationForm

if TYPE_CHECKING:
    from workbench.knowledge.candidates import Candidate
    from workbench.knowledge.linking_operations import Candidates, DecidedPair
    from workbench.studio.knowledge_facts import KnowledgeFacts

_MOST_DECIDED = 12
_FIELDS = (
    Field("about", "Only names with these words in them", hint="all names"),
    Field("limit", "At most so many pairs", 10),
)
Pair = tuple[str, str]


class PairsPanel:
    """The form that looks for pairs, those that were found, and those that were decided.

    Args:
        facts: Knows which graph is chosen and what was decided in it.
        given: The parameters that say so to an operation.
        look: Finds out how things are after a decision; called in a thread.
        refresh: Draws the page again.
    """

    def __init__(
        self,
        facts: KnowledgeFacts,
        given: Callable[[], dict[str, Any]],
        look: Callable[[], None],
        refresh: Callable[[], None],
    ) -> None:
        widgets = require("ipywidgets", extra="studio")
        self._facts, self._refresh = facts, refresh
        self.turn = 0
        self.found: Candidates | None = None
        self.errands = Errands(look, refresh)
        self.form = OperationForm(
            "knowledge.candidates_list", _FIELDS, button="Look for pairs", given=given,
            on_result=self._take, on_ask=self._forget, draw=_told,
        )  # fmt: skip
        self._found, self._before = widgets.VBox(), widgets.VBox()
        self._rows: dict[tuple[str, Pair], _Row] = {}

    def draw(self) -> list[Any]:
        """The form, the pairs that were found, and those that were decided before.

        One that is decided stays where it is, so that the reader's place stays, too.
        """
        now = self._facts.now
        decided = {(each.first, each.second): each for each in now.decided}
        pairs: Sequence[Candidate] = ()
        if self.found is not None and self.found.name == now.chosen:
            pairs = self.found.pairs
        rows = {}
        for each in pairs:
            made = decided.pop((each.first, each.second), None)
            rows[each.first, each.second] = self._row(made or each)
        before = [self._row(each) for each in list(decided.values())[:_MOST_DECIDED]]
        for place, shown in ((self._found, rows.values()), (self._before, before)):
            boxes = tuple(row.box for row in shown)
            if place.children != boxes:
                place.children = boxes
        head = "<h3>Decided before; each can be taken back</h3>" if before else ""
        more = len(decided) - _MOST_DECIDED
        command = f"workbench knowledge candidates decided {now.chosen}"
        rest = f'<p class="q">and {more:,} more: <code>{escape(command)}</code></p>'
        return [
            self.form.widget, self._found, self.errands.note, head, self._before,
            rest if more > 0 else "",
        ]  # fmt: skip

    def decide(self, pair: Pair, verdict: str) -> None:
        """Say that two names are one or two; or, where that was said, take it back."""
        name = str(self._facts.now.chosen)
        said = f"{pair[0]} and {pair[1]}"
        told = {"one": "are one", "two": "are two", "apart": "are two again", "undecided": "open"}
        doing = f"Writing down that {said} {told[verdict]}"
        if verdict == "undecided":
            doing = f"Taking back what was decided of {said}"
        values: dict[str, Any] = {"name": name, "first": pair[0], "second": pair[1]}
        values["reason"] = "on the knowledge page"
        verb = "unmerge" if verdict == "apart" else "candidates_decide"
        if verb == "candidates_decide":
            values["verdict"] = verdict
        done = {
            "one": f"{said} are one now. It can be taken back below.",
            "two": f"{said} are two, and will not be proposed again.",
            "apart": f"Taken back: {said} are as if they had never been merged.",
            "undecided": f"Taken back: whether {said} are one is open again.",
        }[verdict]
        self.errands.run(
            f"{name} {pair}", doing, lambda: operations.find(f"knowledge.{verb}").run(values),
            done=done,
        )  # fmt: skip

    def stamp(self) -> Any:
        """Changes with what is to be drawn."""
        return self._facts.turn, self.turn, tuple(self.errands.busy)

    def _row(self, each: Candidate | DecidedPair) -> _Row:
        name, pair = str(self._facts.now.chosen), (each.first, each.second)
        row = self._rows.get((name, pair))
        if row is None:
            row = self._rows[name, pair] = _Row(self, pair)
        verdict = getattr(each, "verdict", "")
        text = _decided(each) if verdict else _pair(each)  # type: ignore[arg-type]
        row.update(text, verdict, busy=f"{name} {pair}" in self.errands.busy)
        return row

    def _take(self, found: Candidates) -> None:
        self.found = found
        self.turn += 1
        self._refresh()

    def _forget(self) -> None:
        self.found = None
        self.turn += 1
        self._refresh()


class _Row:
    """One pair: what is said of it, and the buttons that change that."""

    def __init__(self, panel: PairsPanel, pair: Pair) -> None:
        widgets = require("ipywidgets", extra="studio")
        said = f"{pair[0]} and {pair[1]}"
        wanted = {
            "": (("They are one", "one", f"Merge {said}"), ("Two", "two", f"Keep {said} apart")),
            "one": (("Take back", "apart", f"Unmerge {said}"),),
            "two": (("Take back", "undecided", f"Leave open whether {said} are one"),),
        }
        self._choices: dict[str, tuple[Any, ...]] = {}
        for verdict, told in wanted.items():
            made = []
            for label, choice, tip in told:
                button = widgets.Button(description=label, tooltip=tip)
                button.on_click(lambda _, choice=choice: self._press(panel, pair, choice))
                made.append(button)
            self._choices[verdict] = tuple(made)
        self._text, self._buttons = widgets.HTML(), widgets.Box(self._choices[""])
        self._buttons.add_class("wb-buttons")
        self._was_pressed = False
        self.box = widgets.Box([self._text, self._buttons])
        self.box.add_class("wb-job")

    def update(self, text: str, verdict: str, *, busy: bool) -> None:
        """Show the pair as it is now; the focus goes to what takes the pressed button's place."""
        self._text.value = text
        buttons = self._choices[verdict]
        for button in buttons:  # disabled, it would lose the reader's focus
            (button.add_class if busy else button.remove_class)("wb-waits")
        if self._buttons.children != buttons:
            self._buttons.children = buttons
            if self._was_pressed:
                buttons[0].focus()
        self._was_pressed = self._was_pressed and busy

    def _press(self, panel: PairsPanel, pair: Pair, choice: str) -> None:
        self._was_pressed = True
        panel.decide(pair, choice)


def _told(found: Candidates) -> dict[str, Any]:
    """How many there are, in a line: the pairs themselves stand below, with their buttons."""
    said = "No two names look as if they were one."
    if found.count:
        shown = len(found.pairs)
        most = f"; the likeliest {shown:,} stand below" if shown < found.count else ""
        said = (
            f"{count(found.count, 'pair')} to look at{most}. Scores order them, and are no chances."
        )
    return {"text/html": f'<p class="q">{said}</p>', "text/plain": said}


def _pair(each: Candidate) -> str:
    quiet = [f"score {each.score:.2f}", *each.reasons, *each.documents[:2]]
    facts = "".join(f"<span>{escape(fact)}</span>" for fact in quiet)
    return f'<div>{_names(each.first, each.second)}</div><div class="wb-facts">{facts}</div>'


def _decided(each: DecidedPair) -> str:
    pill = '<span class="pill good">= one</span>'
    if each.verdict == "two":
        pill = '<span class="pill plain">≠ two</span>'
    quiet = [f"by {each.actor}", each.reason]
    facts = "".join(f"<span>{escape(fact)}</span>" for fact in quiet if fact)
    return (
        f"<div>{pill} {_names(each.first, each.second)}</div>"
        f'<div class="wb-facts"><span>{when(each.recorded)}</span>{facts}</div>'
    )


def _names(first: str, second: str) -> str:
    one, other = (f"<strong>{escape(name)}</strong>" for name in (first, second))
    return f'{one} <span class="q">and</span> {other}'
