"""Which rules a graph is reasoned with: those of the vocabulary, those mined, and the user's.

What a user adds or takes away is an event that is only ever added, as merges are: so the rules of
an earlier time are those that were then, and taking one back leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from workbench.core.errors import ConflictError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.knowledge.agreed import agreed_decisions, agreed_values, require_unsettled
from workbench.knowledge.events import add_event, tell_ledger
from workbench.knowledge.graphs import Graph

from .mining import MinedRule
from .rules import Rule, parse_rule
from .vocabulary import vocabulary_rules

Source = Literal["vocabulary", "mined", "user"]
Doing = Literal["add", "remove"]


@dataclass(frozen=True)
class BookRule(Viewable):
    """A rule with where it comes from, and what a mined one rests on.

    ``used`` is False for one that was taken away. ``partial_confidence`` is that of AMIE; a mined
    rule's ``confidence`` is the lower end of its 95% interval. ``note`` says what is odd about it.
    """

    rule: str
    source: Source
    used: bool
    confidence: float
    support: int | None = None
    body_pairs: int | None = None
    standard_confidence: float | None = None
    partial_confidence: float | None = None
    head_coverage: float | None = None
    reason: str = ""
    note: str = ""

    @property
    def makes_facts(self) -> bool:
        """Whether it concludes, rather than forbids."""
        return not parse_rule(self.rule).is_constraint


def rule_book(graph: Graph, mined: Iterable[MinedRule], *, until_us: int) -> list[BookRule]:
    """Every rule of a graph: the user's, the vocabulary's, then those mined, each once.

    Last come those that were taken away and are none of these any more.
    """
    last = _last_events(graph, until_us=until_us)
    book: dict[str, BookRule] = {}
    for text, (kind, confidence, reason) in last.items():
        if kind == "add":
            book[text] = BookRule(text, "user", True, confidence, reason=reason)
    for rule in vocabulary_rules():
        taken, reason = _taken_away(last, rule)
        book.setdefault(
            rule.text, BookRule(rule.text, "vocabulary", not taken, rule.confidence, reason=reason)
        )
    for each in mined:
        taken, reason = _taken_away(last, each.rule)
        numbers = (each.support, each.body_pairs, each.standard_confidence)
        more = (each.partial_confidence, each.head_coverage)
        made = (each.rule.text, "mined", not taken, each.rule.confidence)
        book.setdefault(each.rule.text, BookRule(*made, *numbers, *more, reason))  # type: ignore[arg-type]
    added = _added(graph, until_us=until_us)
    for text, (_, confidence, reason) in last.items():
        source: Source = "user" if text in added else "mined"
        book.setdefault(text, BookRule(text, source, False, confidence, reason=reason))
    return list(book.values())


def used_rules(book: Iterable[BookRule]) -> list[Rule]:
    """The rules of a book that are used."""
    return [parse_rule(each.rule, confidence=each.confidence) for each in book if each.used]


def add_rule(graph: Graph, text: str, *, confidence: float, actor: str, reason: str) -> Rule:
    """Reason with a rule from now on.

    Raises:
        InputError: It is no rule.
        ConflictError: It is used already, as sure, or the space agreed on it.
    """
    rule = parse_rule(text, confidence=confidence)
    require_unsettled(graph, "rule", rule.text, "")
    last = _last_events(graph).get(rule.text)
    own = {each.text: each.confidence for each in vocabulary_rules()}
    known = own.get(rule.text) if last is None else last[1]
    if (last is None or last[0] == "add") and known == confidence:
        raise ConflictError(
            f"{rule.text} is used already", hint=f"workbench knowledge rules list {graph.name}"
        )
    _note(graph, "add", rule, actor=actor, reason=reason)
    return rule


def remove_rule(graph: Graph, text: str, *, known: Iterable[str], actor: str, reason: str) -> Rule:
    """Reason without a rule from now on, whoever brought it.

    Args:
        graph: The graph.
        text: The rule.
        known: The texts of the rules that are used.
        actor: Who asks.
        reason: Why.

    Raises:
        ConflictError: The space agreed on it.
        InputError: It is no rule.
        NotFoundError: It is not used.
    """
    rule = parse_rule(text)
    require_unsettled(graph, "rule", rule.text, "")
    used = set(known)
    if rule.text not in used:
        raise NotFoundError.among(
            "rule", rule.text, used, hint=f"workbench knowledge rules list {graph.name}"
        )
    _note(graph, "remove", rule, actor=actor, reason=reason)
    return rule


def _taken_away(last: dict[str, tuple[Doing, float, str]], rule: Rule) -> tuple[bool, str]:
    kind, _, reason = last.get(rule.text, ("add", 1.0, ""))
    return kind == "remove", reason


def _last_events(
    graph: Graph, *, until_us: int = (1 << 63) - 2
) -> dict[str, tuple[Doing, float, str]]:
    rows = graph.database.read(
        "SELECT kind, rule, confidence, reason FROM rule_events WHERE recorded_us <= ? "
        "ORDER BY number",
        (until_us,),
    )
    found: dict[str, tuple[Doing, float, str]] = {
        row["rule"]: (row["kind"], row["confidence"], row["reason"]) for row in rows
    }
    for each in agreed_values(graph, what="rule", until_us=until_us).values():
        content = each.content or {}
        kind: Doing = "add" if content["verdict"] == "holds" else "remove"
        found[content["about"][0]] = (kind, 1.0, content.get("reason", ""))
    return found


def _added(graph: Graph, *, until_us: int) -> set[str]:
    """The rules that a user ever added."""
    rows = graph.database.read(
        "SELECT DISTINCT rule FROM rule_events WHERE kind = 'add' AND recorded_us <= ?",
        (until_us,),
    )
    agreed = agreed_decisions(graph, "rule", until_us=until_us)
    return {row["rule"] for row in rows} | {rule for rule, _, said in agreed if said == "holds"}


def _note(graph: Graph, kind: Doing, rule: Rule, *, actor: str, reason: str) -> None:
    row = {"kind": kind, "rule": rule.text, "confidence": rule.confidence}
    with graph.database.transaction() as connection:
        add_event(graph, connection, "rule_events", {**row, "actor": actor, "reason": reason})
    tell_ledger(graph)
