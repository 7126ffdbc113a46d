"""The health page: memory, disk, answers and queues with their limits, and what fires."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from functools import partial
from typing import Any

from workbench.core import operations
from workbench.core.optional import require
from workbench.studio.errands import Errands
from workbench.studio.health_ahead import HORIZON_DAYS, draw_ahead
from workbench.studio.health_facts import ALL, CHOSEN, SPANS, USUAL, Choice, HealthFacts
from workbench.studio.health_panels import (
    draw_answers,
    draw_files,
    draw_machine,
    draw_queues,
    steps_words,
)
from workbench.studio.health_rules import (
    draw_alert,
    draw_drift,
    draw_incidents,
    draw_rules,
    draw_state,
)
from workbench.studio.pages import Page, head_of, keep, trouble
from workbench.studio.tiles import Tile

_SAID = (
    "Whether something is wrong, what it was like before, and what is near its limit. Levels are "
    "those of alerts.yaml."
)
_SHOWN = ("firing", "pending")
SILENCE = "4h"


class HealthPage(Page):
    """Tiles over a span of what was recorded (``facts``)."""

    def __init__(self, facts: HealthFacts | None = None) -> None:
        self.facts = facts or HealthFacts()
        self.errands = Errands(self.facts.look_now, self.refresh)
        # Each stands beside its own button, wherever on the page that is.
        self.drift_errands = Errands(self.facts.look_now, self.refresh)
        self.ahead_errands = Errands(lambda: None, self.refresh)
        self._filling = False
        self._rows: dict[str, tuple[Any, Any, Any]] = {}
        self._make_controls()
        tiles = self._tiles()
        super().__init__(
            tiles,
            head=head_of("Health", _SAID, tiles),
            title="The health page of Workbench",
            sheets=("serving", "explain", "viewers", "business", "curves", "health"),
        )

    def _make_controls(self) -> None:
        widgets = require("ipywidgets", extra="studio")
        self.span = widgets.Dropdown(options=[*SPANS, CHOSEN], value=USUAL, description="Span")
        self.since = widgets.DatePicker(description="From")
        self.until = widgets.DatePicker(description="To")
        self.team = widgets.Dropdown(options=[ALL], description="Team")
        self.model = widgets.Dropdown(options=[ALL], description="Model")
        self.alerts = widgets.VBox()
        self.files = widgets.HTML()
        self.check = self._button("Look now", "Read the machine and look at every rule", self._look)
        self.compare = self._button(
            "Compare usage now", "Compare the last day of usage with the week before", self._compare
        )
        self.look_ahead = self._button(
            "Look ahead", f"Forecast the next {HORIZON_DAYS} days of every series", self._look_ahead
        )
        self.stop_ahead = self._button(
            "Stop", "Stop the forecasts", lambda: self.ahead_errands.stop("ahead")
        )
        self.ahead_buttons = widgets.HBox([self.look_ahead])
        self.ahead_buttons.add_class("wb-side-by-side")
        self.make_files = self._button(
            "Make files of it", "Make a CSV and a Parquet file of what is shown", self._write_files
        )
        for each in (self.span, self.since, self.until, self.team, self.model):
            each.observe(self._choose, names="value")
        self.controls = widgets.HBox([self.span, self.since, self.until, self.team, self.model])
        self.controls.add_class("wb-choose")

    def _button(self, words: str, tooltip: str, press: Any) -> Any:
        widgets = require("ipywidgets", extra="studio")
        button = widgets.Button(description=words, tooltip=tooltip)
        button.add_class("wb-act")
        button.on_click(lambda _: press())
        return button

    def _tiles(self) -> list[Tile]:
        def stamp() -> Hashable:
            busy = (each.busy for each in (self.errands, self.drift_errands, self.ahead_errands))
            return self.facts.turn, id(self.facts.ahead), tuple(map(tuple, busy))

        def part(draw: Any) -> Any:
            return partial(self._drawn, draw)

        return [
            Tile("alerts", "Alerts", self._draw_alerts, wide=True, stamp=stamp,
                 look=self.facts.look),
            Tile("choose", "What to look at", self._draw_choose, wide=True, stamp=stamp),
            Tile("machine", "Memory and disk", part(draw_machine), wide=True, stamp=stamp),
            Tile("answers", "Answers", part(draw_answers), wide=True, stamp=stamp),
            Tile("queues", "Queues and processors", part(draw_queues), wide=True, stamp=stamp),
            Tile("ahead", "Look ahead", self._draw_ahead, wide=True, stamp=stamp),
            Tile("incidents", "What fired", part(draw_incidents), stamp=stamp),
            Tile("drift", "Drift", self._draw_drift, stamp=stamp),
            Tile("take", "Take it along", self._draw_files, stamp=stamp),
        ]  # fmt: skip

    def _drawn(self, draw: Any) -> str:
        return str(draw(self.facts))

    def _draw_alerts(self) -> list[Any]:
        facts, wrong = self.facts, self.facts.rules_trouble
        if wrong is not None:
            return [trouble(wrong.message, wrong.hint), self.check, self.errands.note]
        shown = [line for line in facts.lines if line.state in _SHOWN]
        self._rows = {
            line.name: self._rows.get(line.name) or self._row(line.name) for line in shown
        }
        for line in shown:
            text, button, _ = self._rows[line.name]
            text.value = draw_alert(line)
            silenced = line.silenced_until_s is not None
            button.description = "Tell again" if silenced else f"Silence for {SILENCE[:-1]} hours"
            button.tooltip = f"{button.description}: {line.title}"
            button.disabled = line.name in self.errands.busy
        boxes = tuple(self._rows[line.name][2] for line in shown)
        if self.alerts.children != boxes:
            self.alerts.children = boxes
        self.check.disabled = "look" in self.errands.busy
        return [draw_state(facts), self.alerts, self.check, self.errands.note, draw_rules(facts)]

    def _row(self, name: str) -> tuple[Any, Any, Any]:
        widgets = require("ipywidgets", extra="studio")
        text, button = widgets.HTML(), widgets.Button()
        button.on_click(lambda _: self._silence(name))
        row = widgets.Box([text, button])
        row.add_class("wb-job")
        return text, button, row

    def _silence(self, name: str) -> None:
        line = next(each for each in self.facts.lines if each.name == name)
        end = line.silenced_until_s is not None
        silence = operations.find("monitoring.alerts_silence")
        asked = {"rule": name, "span": SILENCE, "end": end, "reason": "on the health page"}
        done = f"{line.title}: told again." if end else f"{line.title}: nobody is told for 4 hours."
        self.errands.run(name, "Writing it down", partial(silence.run, asked), done=done)

    def _look(self) -> None:
        def work() -> None:
            operations.find("monitoring.sample").run({})
            operations.find("monitoring.alerts_check").run({})

        self.errands.run("look", "Reading the machine", work, done="Looked at every rule.")

    def _compare(self) -> None:
        today = dt.datetime.now(dt.UTC).date()
        days = [today - dt.timedelta(days=back) for back in (7, 1, -1)]
        asked = {
            "reference": f"usage:{days[0]}..{days[1]}", "current": f"usage:{days[1]}..{days[2]}",
            "keep": "usage",
        }  # fmt: skip
        compare = operations.find("monitoring.drift")
        self.drift_errands.run("drift", "Comparing", partial(compare.run, asked), done="Compared.")

    def _look_ahead(self) -> None:
        ask = operations.find("monitoring.maintenance")

        def work() -> None:
            self.facts.ahead = ask.run({"horizon_days": HORIZON_DAYS})

        self.ahead_errands.run("ahead", "Looking ahead", work, done="Looked ahead.")

    def _draw_ahead(self) -> list[Any]:
        is_busy = "ahead" in self.ahead_errands.busy
        self.look_ahead.disabled = is_busy
        buttons = (self.look_ahead, self.stop_ahead)[: 1 + is_busy]
        if self.ahead_buttons.children != buttons:
            self.ahead_buttons.children = buttons
        return [draw_ahead(self.facts.ahead), self.ahead_buttons, self.ahead_errands.note]

    def _draw_choose(self) -> list[Any]:
        facts = self.facts
        self._fill()
        parts = [self.controls, f'<p class="q">{steps_words(facts.axis)}</p>']
        if facts.trouble is not None:
            parts.append(trouble(facts.trouble.message, facts.trouble.hint))
        return parts

    def _fill(self) -> None:
        """Bring the controls to what is there and chosen, without that being a choice."""
        facts = self.facts
        self._filling = True
        try:
            known = {"model": (), "team": ()} if facts.cells is None else {
                "model": facts.cells.models, "team": facts.cells.teams,
            }  # fmt: skip
            for control, column in ((self.team, "team"), (self.model, "model")):
                wanted = getattr(facts.choice, column)
                options = (ALL, *known[column])
                # What was chosen stays, though nothing of it was asked in this span.
                options += (wanted,) * (wanted not in options)
                if tuple(control.options) != options:
                    control.options = options
                control.value = wanted
            if facts.choice.span != CHOSEN:
                self.since.value = dt.datetime.fromtimestamp(facts.axis.since_s).date()
                self.until.value = dt.datetime.fromtimestamp(facts.axis.until_s - 1).date()
            self.span.value = facts.choice.span
        finally:
            self._filling = False

    def _choose(self, change: Any) -> None:
        if self._filling:
            return
        by_day = change["owner"] in (self.since, self.until)
        span = CHOSEN if by_day else self.span.value
        since, until = (self.since.value, self.until.value) if span == CHOSEN else (None, None)
        chosen = Choice(span, since, until, self.model.value, self.team.value)
        self.files.value = ""  # they would be of what was chosen before
        if self.facts.choose(chosen):
            self.errands.run("span", "Reading what was recorded", lambda: None, done="Read.")
        self.refresh()

    def _draw_drift(self) -> list[Any]:
        self.compare.disabled = "drift" in self.drift_errands.busy
        return [
            draw_drift(self.facts.drift, self.facts.schedules),
            self.compare,
            self.drift_errands.note,
        ]

    def _draw_files(self) -> list[Any]:
        return ['<p class="q">What is drawn, a row a step; calls are of the chosen model and '
                "team.</p>", self.make_files, self.files]  # fmt: skip

    def _write_files(self) -> None:
        self.files.value = draw_files(self.facts)


def health() -> Any:
    """The health page; in a running kernel it stays up to date."""
    return keep(HealthPage())
