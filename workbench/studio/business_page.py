"""The business page: what was spent, by whom and on what, and what it was worth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any

from workbench.core.optional import require
from workbench.monitoring.business.costs import By, costs_by, top
from workbench.studio.business_facts import ALL, BusinessFacts, Choice
from workbench.studio.business_panels import (
    EMPTY,
    draw_days,
    draw_figures,
    draw_files,
    draw_line,
    draw_worth,
)
from workbench.studio.markup import escape
from workbench.studio.pages import Page, head_of, keep, trouble
from workbench.studio.tiles import Tile

_SAID = "What was spent, by whom and on what, and what it was worth by assumptions that are said."
_CHOSEN = "chosen days"
_SPANS = {"all days": None, "last 7 days": 7, "last 30 days": 30, "last 90 days": 90}
# Where a press on a line leads: its team's users, its model's tasks.
_NEXT: dict[str, By] = {"team": "user", "model": "task"}
_MOST_ROWS = 200  # that are kept to be used again
_BY: tuple[By, ...] = ("team", "model", "task", "user")
_NONE = (
    '<div class="wb-empty"><p><strong>No call was settled in this home yet.</strong> Once there '
    "are some, this page tells what they cost by day, team, model and task, what a good answer "
    "cost, and what all of it was worth by assumptions that you can change.</p>"
    "<h3>How to begin</h3><ol><li>Start the gateway: <code>workbench serve</code>. It tells its "
    "address and makes a first key.</li><li>Ask it something, with any client for "
    "OpenAI's API. Each call stands here within a minute.</li><li>Say whose the users are, in "
    "<code>metrics.yaml</code> of the home: <code>teams: {ada: research}</code>. Models that cost "
    "nothing to call get a price there as well.</li></ol>"
    "<p>Or look at the page first with traffic that was made up for it:</p></div>"
)


class _Row:
    """A name's button and figures, used again: to make widgets takes a browser long. A button stays
    its name's, so that a press while the lines change looks into what was read on it."""

    def __init__(self, name: str, on_press: Callable[[], None]) -> None:
        widgets = require("ipywidgets", extra="studio")
        self.name = name
        self.button, self.figures = widgets.Button(description=name), widgets.HTML()
        self.button.on_click(lambda _: on_press())
        self.box = widgets.HBox([self.button, self.figures])
        self.box.add_class("wb-drill")

    def show(self, figures: str, *, into: bool) -> None:
        """Other figures; ``into``: whether a press looks into it."""
        self.button.disabled = not into
        self.button.tooltip = f"look into {self.name}" if into else self.name
        self.figures.value = figures


class BusinessPage(Page):
    """Tiles over the chosen part of the usage (``facts.shown``)."""

    def __init__(self, facts: BusinessFacts | None = None) -> None:
        self.facts = facts or BusinessFacts()
        self._filling = False
        self._rows: dict[tuple[By, str], _Row] = {}
        self._make_controls()
        tiles = self._tiles()
        super().__init__(
            tiles,
            head=head_of("Business", _SAID, tiles),
            title="The business page of Workbench",
            sheets=("serving", "explain", "viewers", "business"),
        )

    def _make_controls(self) -> None:
        widgets = require("ipywidgets", extra="studio")
        self.span = widgets.Dropdown(options=[*_SPANS, _CHOSEN], description="Span")
        self.since = widgets.DatePicker(description="From")
        self.until = widgets.DatePicker(description="To")
        self.team = widgets.Dropdown(options=[ALL], description="Team")
        self.model = widgets.Dropdown(options=[ALL], description="Model")
        self.by = widgets.ToggleButtons(options=_BY, description="By", value="team")
        self.lines = widgets.VBox()
        self.files = widgets.HTML()
        self.make_files = widgets.Button(description="Make files of it")
        self.show_made = widgets.Button(description="Show made traffic")
        self.span.observe(self._take_span, names="value")
        for each in (self.since, self.until, self.team, self.model):
            each.observe(self._choose, names="value")
        self.by.observe(self._change_by, names="value")
        self.make_files.on_click(lambda _: self._write_files())
        self.show_made.on_click(lambda _: self._take_made())
        self.controls = widgets.HBox([self.span, self.since, self.until, self.team, self.model])
        self.controls.add_class("wb-choose")

    def _tiles(self) -> list[Tile]:
        facts = self.facts

        def part(draw: Any) -> Any:
            return partial(self._drawn, draw)

        def stamp() -> Hashable:
            return facts.turn

        return [
            Tile("begin", "Nothing was asked yet", self._draw_begin, wide=True, stamp=stamp,
                 look=facts.look),
            Tile("choose", "What to look at", self._draw_choose, wide=True, stamp=stamp),
            Tile("figures", "In figures", self._draw_figures, wide=True, stamp=stamp),
            Tile("days", "Cost by day", part(draw_days), wide=True, stamp=stamp),
            Tile("lines", "Who and what", self._draw_lines, wide=True, stamp=stamp),
            Tile("worth", "What it was worth", self._draw_worth, stamp=stamp),
            Tile("take", "Take it along", self._draw_files, stamp=stamp),
        ]  # fmt: skip

    def _drawn(self, draw: Any) -> str:
        shown = self.facts.shown
        if shown is None:
            return ""
        return str(draw(shown)) if len(shown.cells) else EMPTY

    def _draw_figures(self) -> str:
        return self._drawn(partial(draw_figures, users=self.facts.count_users()))

    def _draw_worth(self) -> str:
        chosen = self.facts.choice
        is_part = (chosen.team, chosen.model) != (ALL, ALL)
        return self._drawn(partial(draw_worth, is_part=is_part))

    def _draw_begin(self) -> list[Any]:
        """What to do where there is nothing to show; no other tile is there then."""
        wrong = self.facts.trouble
        if self.facts.use is not None or (wrong is not None and wrong.code != "not-found"):
            return []
        return [_NONE, self.show_made]

    def _take_made(self) -> None:
        self.show_made.disabled, self.show_made.description = True, "Making traffic ..."
        try:
            self.facts.take_made()
        finally:
            self.show_made.disabled, self.show_made.description = False, "Show made traffic"
        self.refresh()

    def _draw_choose(self) -> list[Any]:
        facts = self.facts
        wrong = facts.trouble
        if facts.use is None:
            bad = wrong is not None and wrong.code != "not-found"
            return [trouble(wrong.message, wrong.hint)] if wrong is not None and bad else []
        self._fill()
        notes = "".join(f"<li>{escape(each)}</li>" for each in facts.use.notes)
        kind = "wb-made" if facts.is_made else "q"
        told = f'<ul class="{kind}">{notes}</ul>' if notes else ""
        return [self.controls, told if wrong is None else trouble(wrong.message, wrong.hint)]

    def _fill(self) -> None:
        """Bring the controls to what is there and chosen, without that being a choice."""
        facts = self.facts
        assert facts.use is not None
        self._filling = True
        try:
            for control, column in ((self.team, "team"), (self.model, "model")):
                options = (ALL, *facts.names(column))
                if tuple(control.options) != options:
                    control.options = options
                wanted = getattr(facts.choice, column)
                control.value = wanted if wanted in options else ALL
            shown = facts.shown
            assert shown is not None
            self.since.value, self.until.value = shown.since, shown.until - dt.timedelta(days=1)
        finally:
            self._filling = False

    def _take_span(self, change: Any) -> None:
        use = self.facts.use
        if self._filling or use is None or change["new"] == _CHOSEN:
            return
        days = _SPANS[change["new"]]
        since = use.since if days is None else use.until - dt.timedelta(days=days)
        self._take(Choice(since, None, self.team.value, self.model.value))

    def _name_span(self, since: dt.date | None, until: dt.date | None) -> None:
        """Say which span the days are: one of those by name, or chosen ones."""
        use = self.facts.use
        if use is None:
            return
        last = use.until - dt.timedelta(days=1)
        named = {
            name: use.since if days is None else max(use.since, use.until - dt.timedelta(days=days))
            for name, days in _SPANS.items()
        }
        if named.get(self.span.value) == since and until == last:
            return
        fitting = [name for name, first in named.items() if first == since and until == last]
        self._filling = True
        try:
            self.span.value = fitting[0] if fitting else _CHOSEN
        finally:
            self._filling = False

    def _change_by(self, _: Any) -> None:
        if not self._filling:
            self._show_lines()

    def _choose(self, _: Any) -> None:
        if not self._filling:
            days = self.since.value, self.until.value
            self._name_span(*days)
            self._take(Choice(*days, self.team.value, self.model.value))

    def _take(self, choice: Choice) -> None:
        self.facts.choose(choice)
        self.files.value = ""  # they would be of what was chosen before
        self.refresh()

    def _draw_lines(self) -> list[Any]:
        if self.facts.shown is None:
            return []
        self._show_lines()
        return [self.by, self.lines]

    def _show_lines(self) -> None:
        """A line a team, model, task or user; a press on a team or model looks into it."""
        widgets = require("ipywidgets", extra="studio")
        shown, by = self.facts.shown, self.by.value
        if shown is None or not len(shown.cells):
            self.lines.children = (widgets.HTML(EMPTY),)
            return
        cells = self.facts.users if by == "user" else shown
        assert cells is not None
        lines = top(costs_by(cells, by))
        most = max(line.cost_usd for line in lines)
        if len(self._rows) > _MOST_ROWS:
            self._rows.clear()
        shown_rows = []
        for line in lines:
            row = self._rows.get((by, line.name))
            if row is None:
                press = partial(self._look_into, by, line.name)
                row = self._rows[by, line.name] = _Row(line.name, press)
            row.show(draw_line(line, most), into=by in _NEXT and line.name in self.facts.names(by))
            shown_rows.append(row.box)
        if self.lines.children != tuple(shown_rows):
            self.lines.children = shown_rows

    def _look_into(self, by: By, name: str) -> None:
        chosen = self.facts.choice
        team, model = (name if by == each else getattr(chosen, each) for each in ("team", "model"))
        self._filling = True  # the lines are drawn once, of what is chosen then
        self.by.value = _NEXT[by]
        self._filling = False
        self._take(Choice(chosen.since, chosen.until, team, model))

    def _draw_files(self) -> list[Any]:
        if self.facts.shown is None:
            return []
        return ['<p class="q">What is chosen, by day, team, model and task, without names of '
                "users.</p>", self.make_files, self.files]  # fmt: skip

    def _write_files(self) -> None:
        if self.facts.shown is not None:
            self.files.value = draw_files(self.facts.shown)


def business() -> Any:
    """The business page; in a running kernel it stays up to date."""
    return keep(BusinessPage())
