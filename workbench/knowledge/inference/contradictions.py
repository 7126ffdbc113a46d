"""What cannot all be so: facts that a constraint forbids, each with its proof."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .chaining import Closure
from .intervals import year_of
from .matching import Said, matches
from .rules import Comparison, Rule
from .values import are_one_value
from .vocabulary import NARROWING


@dataclass(frozen=True)
class Clash:
    """Facts that a constraint forbids together."""

    rule: Rule
    facts: tuple[Said, ...]
    confidence: float


def find_clashes(closure: Closure, rules: Iterable[Rule]) -> list[Clash]:
    """All contradictions among facts and what follows from them, the surest first.

    Two things are taken for one under ``=`` if the words of one are among those of the other (1815
    and 10 December 1815), if they are one day or amount in two spellings, or if one is located in,
    part of, or another name of the other. ``<=`` compares years, where both are known. A clash of
    conclusions alone is left out where a clash of what they were concluded from is found: it is the
    same quarrel, further on. So is each further one that comes down to the same stated facts, such
    as each of three places that lie in a circle, by the same rule.
    """
    found: dict[frozenset[Said], Clash] = {}
    for rule in sorted((each for each in rules if each.is_constraint), key=lambda each: each.text):
        for facts in _broken(closure, rule):
            confidence = rule.confidence
            for each in facts:
                confidence *= closure.confidence(each)
            clash = Clash(rule, facts, confidence)
            known = found.setdefault(frozenset(facts), clash)
            if clash.confidence > known.confidence:
                found[frozenset(facts)] = clash
    kept = [each for each in found.values() if not _follows(closure, each, found)]
    kept.sort(key=lambda each: (-each.confidence, [fact.order for fact in each.facts]))
    roots = (frozenset(_stated(closure, each.facts)) for each in kept)
    told: dict[tuple[Rule, frozenset[Said]], Clash] = {}
    for clash, stated in zip(kept, roots, strict=True):
        told.setdefault((clash.rule, stated), clash)
    return list(told.values())


def _stated(closure: Closure, facts: Iterable[Said]) -> Iterator[Said]:
    """The stated facts that some facts come down to, by their proofs."""
    waiting, seen = list(facts), set[Said]()
    while waiting:
        fact = waiting.pop()
        if fact in seen:
            continue
        seen.add(fact)
        made = closure.conclusions.get(fact) if fact not in closure.stated else None
        if made is None:
            yield fact
        else:
            waiting += made.premises


def gather(clashes: Sequence[Clash]) -> list[Clash]:
    """Clashes of one rule that share a fact as one: four capitals of a land, and not six pairs.

    In the order of their surest; the facts in order, the confidence that of the surest pair.
    """
    groups: list[tuple[Clash, set[Said]]] = []
    for clash in clashes:
        facts = set(clash.facts)
        joined = [each for each in groups if each[0].rule == clash.rule and each[1] & facts]
        if not joined:
            groups.append((clash, facts))
            continue
        joined[0][1].update(facts, *(each[1] for each in joined[1:]))
        for each in joined[1:]:
            groups.remove(each)
    return [
        Clash(first.rule, tuple(sorted(facts, key=lambda fact: fact.order)), first.confidence)
        for first, facts in groups
    ]


def _broken(closure: Closure, rule: Rule) -> Iterator[tuple[Said, ...]]:
    """The premises of each way in which a constraint's body holds and its head does not."""
    for binding, premises, _ in matches(rule.body, closure.index):
        if len(set(premises)) < len(premises):
            continue
        if isinstance(rule.head, Comparison):
            first, second = (
                binding[term.value] if term.variable else term.value for term in rule.head.terms
            )
            if rule.head.sign == "=" and _may_be_one(closure, first, second):
                continue
            if rule.head.sign == "<=" and not _is_later(first, second):
                continue
        yield tuple(sorted(premises, key=lambda each: each.order))


def _may_be_one(closure: Closure, first: str, second: str) -> bool:
    told = are_one_value(first, second)
    if told is not None:
        return told
    words = [set(each.split()) for each in (first, second)]
    if words[0] <= words[1] or words[1] <= words[0]:
        return True
    return any(
        closure.index.holds(relation, *ends)
        for relation in NARROWING
        for ends in ((first, second), (second, first))
    )


def _is_later(first: str, second: str) -> bool:
    years = year_of(first), year_of(second)
    return None not in years and years[0] > years[1]  # type: ignore[operator]


def _follows(closure: Closure, clash: Clash, found: dict[frozenset[Said], Clash]) -> bool:
    """Whether one of its facts is a conclusion and a clash of its premises is told already."""
    for fact in clash.facts:
        made = closure.conclusions.get(fact)
        if made is None:
            continue
        others = set(clash.facts) - {fact}
        for premise in made.premises:
            if frozenset({premise, *others}) in found or frozenset(made.premises) in found:
                return True
    return False
