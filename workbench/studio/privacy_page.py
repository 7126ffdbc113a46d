"""The privacy page: what was spent of whose privacy, what it costs, whether the log is sound."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Any

from workbench.studio.operation_forms import Field, OperationForm, form_tabs
from workbench.studio.pages import Page, head_of, keep, trouble
from workbench.studio.privacy_curve import CurvePanel
from workbench.studio.privacy_facts import PrivacyFacts, note_check
from workbench.studio.privacy_panels import SpendsChooser, draw_budgets, draw_last, draw_ledger
from workbench.studio.tiles import Tile

_SAID = (
    "What was spent of whose privacy, what an epsilon costs in accuracy, and whether the log of it "
    "is sound."
)
_DATASET = Field("dataset", "Data set or file", "digits")
_TABLE = (
    Field("dataset", "Table: a file, or a name", "adult", hint="people.csv"),
    Field("target", "Column to foretell", "income"),
    Field("domain", "Domain: what columns may hold", hint="domain.json, not from the rows"),
    Field("public_domain", "Public domain: take that from the rows, everybody knows it anyhow"),
    Field("user_column", "Column of persons", hint="none: a row is protected"),
    Field("rows_per_user", "Rows of a person, at most", hint="10"),
    Field("epsilon", "Epsilon, which it spends", "1"),
    Field("secure", "Its model will be given out: noise without a seed"),
)
_READ = (
    "<p><strong>Epsilon</strong> bounds what can be learnt about one person from what was given "
    "out; small is private. Uses of the same data add up, and what is spent does not come back."
    "</p><p><strong>Delta</strong> is the probability with which more may be lost.</p><p>"
    "<strong>A checkpoint</strong> is the whole ledger signed at a time. Keep a copy, and the "
    "public key, elsewhere: who can write to this home could otherwise write all of it anew.</p>"
    "<p>A check on this page is this machine's word. <code>workbench privacy ledger export"
    "</code> writes what others can check without it.</p>"
)


class PrivacyPage(Page):
    """Tiles over what one look found (``facts``); forms for what can be asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.facts = PrivacyFacts()
        self.curve = CurvePanel(on_measured=self.changed)
        self.spends = SpendsChooser(self.facts, lambda: self.refresh())
        self.set_budget = _changing(
            self, "privacy.budget_set",
            (_DATASET, Field("epsilon", "Epsilon in all", "3"), Field("unit", "Protected is one")),
            "Set the budget",
        )  # fmt: skip
        self.verify = OperationForm(
            "privacy.ledger_verify", (), button="Verify now", on_result=self._checked
        )
        self.sign = _changing(self, "privacy.ledger_checkpoint", (), "Sign a checkpoint")
        self.more = _more()
        tiles = self._tiles()
        super().__init__(
            tiles,
            head=head_of("Privacy", _SAID, tiles),
            title="The privacy page of Workbench",
            sheets=("serving", "explain", "fairness", "curves", "viewers", "privacy"),
        )

    def changed(self) -> None:
        """Look again and draw: something was done from the page."""
        with self._lock:
            self.look()
            self.refresh()

    def _checked(self, found: Any) -> None:
        note_check(found)
        self.changed()

    def _tiles(self) -> list[Tile]:
        facts = self.facts

        def spends() -> Hashable:
            return facts.turn, self.spends.choice.value

        return [
            Tile("budgets", "Budgets", self._draw_budgets, wide=True, stamp=spends,
                 look=facts.look),
            Tile("curve", "Accuracy against epsilon", self._draw_curve, wide=True,
                 stamp=facts.stamp),
            Tile("ask", "Ask privately", lambda: [self.more], wide=True, stamp=lambda: None),
            Tile("ledger", "Ledger", self._draw_ledger, stamp=facts.stamp),
            Tile("last", "Done lately", lambda: draw_last(facts.now), stamp=facts.stamp),
            Tile("read", "How to read it", lambda: _READ, stamp=lambda: None),
        ]  # fmt: skip

    def _draw_budgets(self) -> list[Any]:
        return [draw_budgets(self.facts.now), *self.spends.draw(), "<h3>Set a budget</h3>",
                self.set_budget.widget]  # fmt: skip

    def _draw_curve(self) -> list[Any]:
        wrong = self.facts.now.trouble.get("curve")
        self.curve.show(self.facts.now.curve)
        said = "" if wrong is None else trouble(wrong.message, wrong.hint)
        return [said, self.curve.widget]

    def _draw_ledger(self) -> list[Any]:
        now = self.facts.now
        wrong = now.trouble.get("ledger")
        drawn = draw_ledger(now) if wrong is None else trouble(wrong.message, wrong.hint)
        if not now.entries and wrong is None:
            return [drawn]
        return [drawn, self.verify.widget, self.sign.widget]


def _changing(page: PrivacyPage, name: str, fields: Any, button: str) -> OperationForm:
    """A form whose result changes what the page shows."""
    return OperationForm(name, fields, button=button, on_result=lambda _: page.changed())


def _more() -> Any:
    """Forms for a figure, private trainings, an attack, and to anonymise a text or a table."""
    epsilon = Field("epsilon", "Epsilon", "1")
    wanted = (
        ("A figure", "privacy.statistic", "Tell it",
         (_DATASET, Field("column", "Column", "label"), Field("figure", "Figure", "count"),
          Field("epsilon", "Epsilon, which it spends", "0.1"),
          Field("low", "At least (sum, mean, quantile)", hint="known without looking"),
          Field("high", "At most", hint="known without looking"),
          Field("bins", "Values counted (histogram), with commas"))),
        ("Train", "privacy.train", "Train and spend",
         (Field("dataset", "Data set", "digits", choices=("digits",)), epsilon)),
        ("Train on a table", "privacy.train", "Train and spend", _TABLE),
        ("Attack", "privacy.attack", "Attack",
         (Field("dataset", "Data set", "digits"),
          Field("epsilon", "Epsilon of the models", hint="none: without privacy"))),
        ("Anonymise", "privacy.anonymise", "Anonymise",
         (Field("file", "File", hint="letter.txt, rows.csv"),
          Field("out", "Write to", hint="letter-safe.txt"),
           Field("way", "What takes their place"))),
        ("A table", "privacy.anonymise", "Make coarser",
         (Field("file", "Table", hint="people.csv"),
          Field("out", "Write to", hint="people-safe.csv"),
          Field("quasi", "What others may know, with commas", hint="age, sex, town"),
          Field("sensitive", "What nobody is to learn", hint="illness"),
          Field("drop", "Left out, with commas", hint="name, phone"),
          Field("k", "Rows that agree, at least", "10"),
          Field("least_l", "Different values of it, at least"),
          Field("hierarchy", "Hierarchies (CSV, YAML), with commas", hint="town.csv"))),
    )  # fmt: skip
    return form_tabs(wanted)


def privacy() -> Page:
    """The privacy page, kept up to date in a running kernel."""
    return keep(PrivacyPage())
