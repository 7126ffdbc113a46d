"""The tiles of the privacy page that only tell: budgets and their spends, the ledger, what came
last. Nothing personal: of an entry only who did what to which data set, never its data's values."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.optional import require
from workbench.privacy.dp.claims import describe_claim, describe_verdict
from workbench.privacy.dp.mechanisms import describe_mechanism
from workbench.privacy.ledger.recording import ACTIONS, ROOM, is_pseudonym
from workbench.studio.ledger_cards import where_broken
from workbench.studio.markup import count, escape, number, when
from workbench.studio.pages import trouble
from workbench.studio.privacy_facts import LastCheck, PrivacyFacts, PrivacyState

if TYPE_CHECKING:
    from workbench.privacy.dp.budget import BudgetState, Spend
    from workbench.store.ledger import Entry

_NO_BUDGET = (
    '<div class="wb-empty"><p>No data set has a budget, and nothing was spent here yet. Say how '
    "much may be learnt from one in all, with the form below or by</p><p><code>workbench privacy "
    "budget set digits --epsilon 3</code></p></div>"
)
_NO_LEDGER = (
    '<div class="wb-empty"><p>The ledger is empty: nothing was done with data in this home yet. '
    "It fills by itself, with the first budget, training or release.</p></div>"
)
_NO_ENTRY = '<p class="q">Nothing yet: no training, release, decryption, access or erasure.</p>'
_SHA256_DIGITS = 64
_MOST_DRAWN = 15
# How this package's own parts begin a subject, and what may be said of it on a page.
_KINDS = (
    ("ledger", "the ledger"),
    ("file ", "a file"),
    ("encryption key ", "of an encrypted model"),
    ("scores of the model ", "scores of an encrypted model"),
    ("secure inference ", "labels of a secure inference"),
    ("secure ", "a secure computation"),
    ("data set ", "a data set"),
    ("feedback", "feedback of users"),
)
_ELSE = "named in the ledger alone"
EXHAUSTED = 0.01  # a smaller share of a budget pays for nothing


def draw_budgets(facts: PrivacyState) -> str:
    """A bar a data set, of what is spent, with figures; the scarcest first."""
    if "budgets" in facts.trouble:
        raise facts.trouble["budgets"]
    if not facts.budgets:
        return _NO_BUDGET
    order = sorted(facts.budgets, key=lambda each: (each.epsilon is None, share_left(each)))
    return f'<ul class="wb-rows">{"".join(_budget(facts, each) for each in order)}</ul>'


def _budget(facts: PrivacyState, state: BudgetState) -> str:
    name = escape(facts.name_of(state.dataset_sha256))
    spent = f"{number(state.spent)} spent in {count(state.spends, 'use')}"
    quiet = [f"one {state.unit} is protected", f"delta {state.delta:g}"]
    if state.open_spends:
        quiet.append(f"{count(state.open_spends, 'use')} without an end: going on, or killed")
    if state.epsilon is None:
        side, bar = "no budget set", ""
        quiet.insert(0, spent)
    else:
        share = min(1.0, state.spent / state.epsilon)
        empty = share_left(state) < EXHAUSTED
        side = "✗ exhausted" if empty else f"{number(state.left)} left"
        colour = ' style="background:var(--bad);' if empty else ' style="'
        said = f"{number(state.spent)} of epsilon {number(state.epsilon)} spent"
        bar = (
            f'<div class="wb-meter ask" role="img" aria-label="{escape(said)}">'
            f'<i{colour}width:{100 * share:.1f}%"></i></div>'
        )
        quiet.insert(0, f"{spent} of epsilon {number(state.epsilon)}")
    facts_said = "".join(f"<span>{escape(each)}</span>" for each in quiet)
    return (
        f'<li><span class="name">{name}</span><span class="side">{side}</span>{bar}'
        f'<p class="facts">{facts_said}</p></li>'
    )


def share_left(state: BudgetState) -> float:
    """The share of a budget that is left; all of it where none was set."""
    return 1.0 if state.epsilon is None else float((state.left or 0) / state.epsilon)


class SpendsChooser:
    """Which data set's spends are shown."""

    def __init__(self, facts: PrivacyFacts, on_change: Any) -> None:
        widgets = require("ipywidgets", extra="studio")
        self._facts = facts
        self.choice = widgets.Dropdown(description="Spends of")
        self._draws = False
        self.choice.observe(lambda _: None if self._draws else on_change(), names="value")
        self.box = widgets.Box([self.choice])
        self.box.add_class("wb-choose")
        self.box.add_class("wb-named")

    def draw(self) -> list[Any]:
        """The chooser, and the spends of what it says, the newest first."""
        facts = self._facts.now
        if not facts.spends:
            return []
        options = [(facts.name_of(sha256), sha256) for sha256 in facts.spends]
        if tuple(self.choice.options) != tuple(options):
            before, self._draws = self.choice.value, True
            try:
                self.choice.options = options
                self.choice.value = before if before in facts.spends else options[0][1]
            finally:
                self._draws = False
        spends = facts.spends.get(self.choice.value, [])
        if not spends:
            return [self.box, '<p class="q">Nothing was spent of it yet.</p>']
        rows = "".join(draw_spend(each) for each in reversed(spends))
        return [self.box, f'<ul class="wb-rows">{rows}</ul>']


def draw_spend(each: Spend) -> str:
    """A use of a data set; one whose audit refuted its claim is told as bad."""
    ended, style = "open" if each.ended_s is None else "✓ ended", ""
    if each.verdict is not None and each.verdict.refuted:
        ended, style = "✗ claim refuted", ' style="color:var(--bad)"'
    told = (describe_mechanism(each.mechanism), describe_claim(each.claim),
            describe_verdict(each.verdict))  # fmt: skip
    quiet = "".join(f"<span>{escape(said)}</span>" for said in told if said)
    return (
        f'<li><span class="name">{escape(each.purpose)}</span>'
        f'<span class="side"{style}>{ended}</span>'
        f'<p class="facts"><span>{when(each.recorded_s)}</span>{quiet}</p></li>'
    )


def draw_ledger(facts: PrivacyState) -> str:
    """How long it is, what is signed, and what the last check found."""
    if "ledger" in facts.trouble:
        raise facts.trouble["ledger"]
    if not facts.entries:
        return _NO_LEDGER
    signed = facts.checkpoints[0] if facts.checkpoints else None
    rows = [("Entries", f"{facts.entries:,}")]
    wrong = facts.trouble.get("checkpoints")
    if wrong is not None:
        return _verdict(facts) + trouble(wrong.message, wrong.hint)
    if signed is None:
        rows.append(("Signed checkpoints", "none: sign one below"))
    else:
        later = facts.entries - signed.size
        more = f", {count(later, 'entry', 'entries')} since" if later > 0 else ", up to the end"
        rows += [
            ("Signed checkpoints", f"{len(facts.checkpoints):,}"),
            ("Last one", f"{when(signed.time)}{more}"),
            ("Signed with key", f"<code>{escape(signed.key)}</code>"),
        ]
    cells = "".join(f'<tr><th scope="row">{n}</th><td class="n">{v}</td></tr>' for n, v in rows)
    return f'{_verdict(facts)}<table class="wb-fields">{cells}</table>'


def _verdict(facts: PrivacyState) -> str:
    check = facts.check
    if check is None:
        return '<p><span class="pill plain">· not verified yet</span></p>'
    kind, said = told_check(check)
    since = max(0, facts.entries - check.entries)
    more = f"; {count(since, 'entry', 'entries')} came since" if check.ok and since else ""
    reason = f"<p>{escape(check.reason)}</p>" if check.reason else ""
    who = "at this machine" if check.by == "local" else f"by {escape(check.by)}"
    return (
        f'<p><span class="pill {kind}">{escape(said)}</span> <span class="q">verified '
        f"{when(check.checked_s)} {who}, {check.entries:,} entries{more}</span></p>{reason}"
    )


def told_check(check: LastCheck) -> tuple[str, str]:
    """The kind of mark, and the word, of a check."""
    if check.ok:
        return "good", "✓ sound"
    return "bad", f"✗ broken{where_broken(check.broken_at, check.broken_to)}"


def draw_last(facts: PrivacyState) -> str:
    """The newest entries of the privacy room: when, what, to which data set, and who."""
    if "ledger" in facts.trouble:
        return '<p class="q">The ledger cannot be read; see above.</p>'
    if not facts.last:
        return _NO_ENTRY
    alike = itertools.groupby(facts.last, key=lambda each: _told(facts, each))
    drawn = [_entries(told, list(entries)) for told, entries in alike]
    return f'<ul class="wb-rows">{"".join(drawn[:_MOST_DRAWN])}</ul>'


def _told(facts: PrivacyState, entry: Entry) -> tuple[str, str, tuple[str, ...]]:
    """What is said of an entry beside time and number: its action, a name, and quiet words."""
    action = entry.action.removeprefix(ROOM)
    quiet = [_subject(facts, action, entry.subject)]
    if isinstance(entry.data, dict) and isinstance(entry.data.get("epsilon"), (int, float)):
        quiet.append(f"epsilon {number(float(entry.data['epsilon']))}")
    return action, _named(entry, action), tuple(each for each in quiet if each)


def _entries(said: tuple[str, str, tuple[str, ...]], alike: Sequence[Entry]) -> str:
    """Entries that follow each other and say the same but for their time, the newest first."""
    action, name, quiet = said
    newest, oldest = alike[0], alike[-1]
    side, times = f"entry {newest.number:,}", when(newest.time)
    if len(alike) > 1:
        name = f"{name}, {len(alike)} times"
        side = f"entries {oldest.number:,} to {newest.number:,}"
        first = when(oldest.time)
        same = first.partition(">")[2] == times.partition(">")[2]  # as it is read, by the minute
        times = times if same else f"{first} to {times}"
    told = "".join(f"<span>{escape(each)}</span>" for each in quiet)
    return (
        f'<li><span class="name" title="{escape(ACTIONS[action])}">{escape(name)}'
        f'</span><span class="side">{side}</span><p class="facts"><span>'
        f"{times}</span>{told}</p></li>"
    )


def _named(entry: Entry, action: str) -> str:
    data = entry.data if isinstance(entry.data, dict) else {}
    if action == "budget_spend":
        return "budget set" if "budget" in data else "budget spent"  # as it was written before
    if action == "training" and "experiment" in data:
        return "training, as an experiment"
    return action.replace("_", " ")


def _subject(facts: PrivacyState, action: str, subject: str) -> str:
    """A data set by its name, a person never; anything else only by its kind."""
    if is_pseudonym(subject):
        return "a person"
    if len(subject) == _SHA256_DIGITS and not set(subject) - set("0123456789abcdef"):
        return facts.name_of(subject)
    # What others write as a subject may be a file's name, and that a person's.
    name = subject.removeprefix("data set ")
    if name in facts.names.values():
        return name
    return next((said for begin, said in _KINDS if subject.startswith(begin)), _ELSE)
