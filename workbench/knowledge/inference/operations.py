"""What a user can ask of reasoning: rules, what follows, why, and what cannot all be so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import annotated_types as limits

from workbench.core.moments import moment_s
from workbench.core.operations import operation
from workbench.core.viewers import Viewable
from workbench.identity.users import LOCAL
from workbench.knowledge.events import tell_ledger
from workbench.knowledge.graphs import Graph, opened
from workbench.knowledge.states import State

from .contradictions import gather
from .mining import LEAST_CONFIDENCE, LEAST_SUPPORT
from .reasoning import Proof, Reasoning
from .relations import known_relations, unknown_relations
from .rulebook import BookRule, add_rule, remove_rule, rule_book

Share = Annotated[float, limits.Gt(0), limits.Le(1)]
Count = Annotated[int, limits.Ge(1)]


@dataclass(frozen=True)
class Inferred(Viewable):
    """What follows from a graph. ``proofs`` are those asked for, of ``count`` in all; ``rules``
    those that may have made them.

    ``complete`` is False where more would follow than is drawn: conclusions less sure than .1, by
    more than six steps, or beyond the 200,000 surest. ``notes`` say what was asked for and is
    nowhere.
    """

    name: str
    stated: int
    count: int
    complete: bool
    rules: tuple[BookRule, ...]
    proofs: tuple[Proof, ...] = field(repr=False)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contradiction(Viewable):
    """Facts that cannot all be so, by a rule; each with its proof."""

    rule: str
    confidence: float
    facts: tuple[Proof, ...]


@operation("knowledge.infer", title="Conclude what a graph does not say", produces="inferred")
def infer(
    name: str,
    *,
    about: str | None = None,
    relation: str | None = None,
    mine: bool = True,
    least_support: Count = LEAST_SUPPORT,
    least_confidence: Share = LEAST_CONFIDENCE,
    recorded: str | None = None,
    valid: str | None = None,
    limit: Count = 20,
) -> Inferred:
    """Give facts that follow by rules, each with its proof down to the places that say it.

    Nothing of it is stored: without a premise, the conclusion is gone.

    Args:
        name: The graph.
        about: Only facts with this entity.
        relation: Only facts of this relation.
        mine: Also use rules that the graph's facts bear out.
        least_support: A mined rule holds for at least so many pairs.
        least_confidence: And the lower end of its confidence's 95% interval is at least this.
        recorded: As the graph was at a time: a date, a time or how long ago (24h); now.
        valid: Only facts that hold then: as much of YYYY-MM-DD as is asked.
        limit: At most so many, the surest.
    """
    with opened(name) as graph:
        reasoning = _reasoning(graph, recorded, valid, mine, least_support, least_confidence)
        with reasoning.state.frozen():
            found = list(reasoning.closure.conclusions.values())
            if about is not None:
                keys = reasoning.keys_of(about)
                found = [each for each in found if {each.fact.subject, each.fact.object} & keys]
            if relation is not None:
                found = [each for each in found if each.fact.relation == relation]
            found.sort(key=lambda each: (-each.confidence, each.steps, each.fact.order))
            proofs = tuple(reasoning.proofs(each.fact for each in found[:limit]))
            used = tuple(each for each in reasoning.book if each.used and each.makes_facts)
            complete = reasoning.closure.complete
            notes: tuple[str, ...] = ()
            if relation is not None:
                known = known_relations(reasoning.state, used)
                notes = unknown_relations(name, [relation], known)
        counts = len(reasoning.stated), len(found)
        return Inferred(name, *counts, complete, used, proofs, notes)


@operation("knowledge.why", title="Prove a fact of a graph", produces="proofs")
def why(
    name: str,
    subject: str,
    relation: str,
    object: str,
    *,
    mine: bool = True,
    recorded: str | None = None,
) -> list[Proof]:
    """Show where a fact is said or from what it follows.

    Args:
        name: The graph.
        subject: A name of what it is about.
        relation: As the graph calls it: located_in.
        object: A name of the other end.
        mine: Also use rules that the graph's facts bear out.
        recorded: As the graph was at a time: a date, a time or how long ago (24h); now.
    """
    with opened(name) as graph:
        reasoning = _reasoning(graph, recorded, None, mine)
        with reasoning.state.frozen():
            reasoning.keys_of(subject)
            reasoning.keys_of(object)
            return reasoning.proofs_of(subject, relation, object)


@operation(
    "knowledge.contradictions", title="Find what cannot all be so", produces="contradictions"
)
def contradictions(
    name: str,
    *,
    about: str | None = None,
    mine: bool = True,
    recorded: str | None = None,
    valid: str | None = None,
) -> list[Contradiction]:
    """Give facts that contradict each other, with the places that say them, the surest first.

    Facts that a rule forbids pair by pair, such as four capitals of one land, are told together.

    Args:
        name: The graph.
        about: Only with this entity.
        mine: Also look at what follows by rules that the graph's facts bear out.
        recorded: As the graph was at a time: a date, a time or how long ago (24h); now.
        valid: Only facts that hold then: as much of YYYY-MM-DD as is asked.
    """
    with opened(name) as graph:
        reasoning = _reasoning(graph, recorded, valid, mine)
        with reasoning.state.frozen():
            keys = None if about is None else reasoning.keys_of(about)
            found = [
                each
                for each in gather(reasoning.clashes)
                if keys is None or any({fact.subject, fact.object} & keys for fact in each.facts)
            ]
            facts = list(dict.fromkeys(fact for each in found for fact in each.facts))
            proofs = dict(zip(facts, reasoning.proofs(facts), strict=True))
            return [
                Contradiction(
                    each.rule.text, each.confidence, tuple(proofs[fact] for fact in each.facts)
                )
                for each in found
            ]


@operation("knowledge.rules_list", title="List the rules of a graph", group="rules")
def rules_list(
    name: str,
    *,
    mine: bool = True,
    least_support: Count = LEAST_SUPPORT,
    least_confidence: Share = LEAST_CONFIDENCE,
) -> list[BookRule]:
    """List the rules that a graph is reasoned with, and those that were taken away.

    Args:
        name: The graph.
        mine: Also those that its facts bear out.
        least_support: A mined rule holds for at least so many pairs.
        least_confidence: And the lower end of its confidence's 95% interval is at least this.
    """
    with opened(name) as graph:
        reasoning = _reasoning(graph, None, None, mine, least_support, least_confidence)
        with reasoning.state.frozen():
            return reasoning.book


@operation("knowledge.rules_add", title="Add a rule to a graph", group="rules")
def rules_add(name: str, rule: str, *, confidence: Share = 1.0, reason: str = "") -> BookRule:
    """Reason with a rule from now on: born_in(x, y) & located_in(y, z) -> born_in(x, z).

    The head may also say what cannot be: -> never, -> y = z, or (of times) -> y <= z. A relation
    of the body that no fact has yet is told, and not refused: a document may come that says it.

    Args:
        name: The graph.
        rule: The rule; names stand in double quotes, variables do not.
        confidence: How far it holds; it multiplies that of what it begins with.
        reason: Why, for the audit ledger.
    """
    with opened(name) as graph:
        tell_ledger(graph)
        made = add_rule(graph, rule, confidence=confidence, actor=LOCAL, reason=reason)
        with State(graph).frozen() as state:
            book = rule_book(graph, (), until_us=state.recorded_us)
            others = [each for each in book if each.used and each.rule != made.text]
            needed = [atom.relation for atom in made.body]
            note = "; ".join(unknown_relations(name, needed, known_relations(state, others)))
    return BookRule(made.text, "user", True, made.confidence, reason=reason, note=note)


@operation("knowledge.rules_remove", title="Take a rule from a graph", group="rules")
def rules_remove(name: str, rule: str, *, reason: str = "") -> BookRule:
    """Reason without a rule from now on; `rules add` brings it back.

    Args:
        name: The graph.
        rule: The rule: one of the vocabulary, one mined, or the user's.
        reason: Why, for the audit ledger.
    """
    with opened(name) as graph:
        tell_ledger(graph)
        book = {each.rule: each for each in _reasoning(graph, None, None, mine=True).book}
        used = [text for text, each in book.items() if each.used]
        made = remove_rule(graph, rule, known=used, actor=LOCAL, reason=reason)
        was = book[made.text]
    return BookRule(made.text, was.source, False, was.confidence, reason=reason)


def _reasoning(
    graph: Graph,
    recorded: str | None,
    valid: str | None,
    mine: bool,
    least_support: int = LEAST_SUPPORT,
    least_confidence: float = LEAST_CONFIDENCE,
) -> Reasoning:
    recorded_us = None if recorded is None else round(moment_s(recorded) * 1e6)
    state = State(graph, recorded_us=recorded_us, valid=valid)
    least = {"least_support": least_support, "least_confidence": least_confidence}
    return Reasoning(state, mine=mine, **least)  # type: ignore[arg-type]
