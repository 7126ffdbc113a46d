"""Rules that the facts of a graph bear out, with how far.

Closed rules with one or two atoms in the body: ``r(x, y) -> s(x, y)``, inverses, and two relations
that compose to a third, transitivity among them. Support is the number of pairs of which body and
head hold. Since a graph is not complete, that a fact is missing does not say that it is false: the
confidence is that of Galárraga, Teflioudi, Hose & Suchanek (2013, AMIE), which counts against a
rule only pairs whose first entity has some fact of the head's relation. ``confidence`` is the lower
end of its 95% interval (Wilson 1927): three of three is no certainty.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from workbench.core.cancellation import check_cancelled
from workbench.evaluation.wilson import wilson_interval

from .matching import Said
from .rules import Atom, Rule, Term, parse_rule

LEAST_SUPPORT, LEAST_CONFIDENCE = 5, 0.7
_MOST_PAIRS = 3_000_000
_X, _Y, _Z = (Term(name, True) for name in "xyz")

# A relation as it is walked: forward from subject to object, or backward.
_Way = tuple[str, bool]
_Steps = dict[_Way, dict[str, set[str]]]


@dataclass(frozen=True)
class MinedRule:
    """A rule with what it rests on.

    Attributes:
        rule: With the lower end of the interval of ``partial_confidence`` as its confidence.
        support: Pairs of which body and head hold.
        body_pairs: Pairs of which the body holds.
        standard_confidence: Support in all of these.
        partial_confidence: Support in those whose first entity has a fact of the head's relation.
        head_coverage: Support in all pairs of the head's relation.
    """

    rule: Rule
    support: int
    body_pairs: int
    standard_confidence: float
    partial_confidence: float
    head_coverage: float


def mine_rules(
    facts: Iterable[Said],
    *,
    least_support: int = LEAST_SUPPORT,
    least_confidence: float = LEAST_CONFIDENCE,
) -> list[MinedRule]:
    """The rules that facts bear out, the best first.

    Args:
        facts: Stated facts; times do not count.
        least_support: At least so many pairs.
        least_confidence: At least so sure, by the lower end of the interval.

    Raises:
        CancelledError: The caller stopped it.
    """
    steps = _walked(facts)
    found: dict[str, MinedRule] = {}
    for (head, body), support in sorted(_supports(steps).items()):
        if support < least_support:
            continue
        check_cancelled()
        mined = _measured(steps, head, body, support, least_confidence)
        if mined is not None:
            found[mined.rule.text] = mined
    return sorted(found.values(), key=_best_first)


def _best_first(mined: MinedRule) -> tuple[float, int, str]:
    return -mined.rule.confidence, -mined.support, mined.rule.text


def lower_bound(hits: int, tries: int) -> float:
    """The lower end of the 95% interval of a share."""
    return wilson_interval(hits / tries, tries)[0]


def _walked(facts: Iterable[Said]) -> _Steps:
    steps: _Steps = defaultdict(lambda: defaultdict(set))
    for fact in facts:
        if fact.subject == fact.object:  # says nothing of two
            continue
        steps[fact.relation, True][fact.subject].add(fact.object)
        steps[fact.relation, False][fact.object].add(fact.subject)
    return steps


def _supports(steps: _Steps) -> Counter[tuple[str, tuple[_Way, ...]]]:
    """How many facts of each relation have each body, found from the facts: what none has costs
    nothing."""
    leaving: dict[str, dict[str, set[_Way]]] = defaultdict(lambda: defaultdict(set))
    for way, reached in steps.items():
        for start, ends in reached.items():
            for end in ends:
                leaving[start][end].add(way)
    counts: Counter[tuple[str, tuple[_Way, ...]]] = Counter()
    for head in sorted({relation for relation, _ in steps}):
        for x, ys in steps[head, True].items():
            for y in ys:
                counts.update((head, body) for body in _bodies(leaving, head, x, y))
    return counts


def _bodies(
    leaving: dict[str, dict[str, set[_Way]]], head: str, x: str, y: str
) -> set[tuple[_Way, ...]]:
    """The bodies that lead from x to y, but for the fact itself."""
    found: set[tuple[_Way, ...]] = {(way,) for way in leaving[x].get(y, ()) if way != (head, True)}
    # Backward, each way from y is the same edge turned round: start from whoever has fewer.
    near, far = (x, y) if len(leaving[x]) <= len(leaving[y]) else (y, x)
    for z, first in leaving[near].items():
        second = leaving[far].get(z)
        if second is None or z in (x, y):
            continue
        to_z, from_z = (first, second) if near == x else (second, first)
        found.update((one, _turned(other)) for one in to_z for other in from_z)
    return found


def _turned(way: _Way) -> _Way:
    return way[0], not way[1]


def _measured(
    steps: _Steps, head: str, body: tuple[_Way, ...], support: int, least: float
) -> MinedRule | None:
    heads, pairs, counted = steps[head, True], 0, 0
    for x, ys in _reached(steps, body):
        pairs += len(ys)
        counted += len(ys) if x in heads else 0
        if pairs > _MOST_PAIRS or lower_bound(support, max(counted, support)) < least:
            return None
    confidence = lower_bound(support, counted)
    rule = _as_rule(head, body, confidence)
    total = sum(map(len, heads.values()))
    return MinedRule(rule, support, pairs, support / pairs, support / counted, support / total)


def _reached(steps: _Steps, body: tuple[_Way, ...]) -> Iterator[tuple[str, set[str]]]:
    """Each entity with those that a body leads to; nobody by a way back to itself."""
    for x, middle in steps[body[0]].items():
        if len(body) == 1:
            ys = middle - {x}
        else:
            after = steps[body[1]]
            ys = {y for z in middle if z != x for y in after.get(z, ()) if y not in (x, z)}
        if ys:
            yield x, ys


def _as_rule(head: str, body: tuple[_Way, ...], confidence: float) -> Rule:
    ends = [(_X, _Y)] if len(body) == 1 else [(_X, _Z), (_Z, _Y)]
    atoms = [
        Atom(relation, first, second) if forward else Atom(relation, second, first)
        for (relation, forward), (first, second) in zip(body, ends, strict=True)
    ]
    said = " & ".join(map(str, atoms))
    return parse_rule(f"{said} -> {Atom(head, _X, _Y)}", confidence=confidence)
