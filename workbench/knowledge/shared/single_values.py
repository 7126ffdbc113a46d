"""Relations that have one value, as the vocabulary says, and statements that give them two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Protocol

from workbench.knowledge.extraction.names import name_key
from workbench.knowledge.inference.rules import Comparison
from workbench.knowledge.inference.values import are_one_value
from workbench.knowledge.inference.vocabulary import NARROWING, vocabulary_rules

from .statements import Statement


class Timed(Protocol):
    """What is so from one time until another."""

    @property
    def valid_from(self) -> str | None:
        """Since when, None if that is not known."""

    @property
    def valid_to(self) -> str | None:
        """Until when."""


@cache
def single_valued() -> frozenset[tuple[str, int]]:
    """Relations with the place that they determine: 1 the object of a subject, 0 the other way.

    Only those of which the vocabulary is certain: a price that was another last year is no fault.
    """
    found = set()
    for rule in vocabulary_rules():
        if not isinstance(rule.head, Comparison) or rule.head.sign != "=" or len(rule.body) != 2:
            continue
        if rule.confidence < 1:
            continue
        one, other = rule.body
        if one.relation != other.relation:
            continue
        if one.first == other.first and {*rule.head.terms} == {one.second, other.second}:
            found.add((one.relation, 1))
        if one.second == other.second and {*rule.head.terms} == {one.first, other.first}:
            found.add((one.relation, 0))
    return frozenset(found)


def two_values(statements: Iterable[Statement]) -> Iterator[tuple[Statement, Statement]]:
    """The pairs that give a relation of one value two, at times that meet, each once in order.

    Two values are one if the words of one are among the other's, or if a statement says that one is
    located in, part of, or another name of the other.
    """
    said = list(statements)
    joined = {
        frozenset((name_key(each.subject), name_key(each.object)))
        for each in said
        if each.relation in NARROWING
    }
    groups: defaultdict[tuple[str, int, str], list[Statement]] = defaultdict(list)
    for each in said:
        names = (name_key(each.subject), name_key(each.object))
        for place in (0, 1):
            if (each.relation, place) in single_valued():
                groups[each.relation, place, names[1 - place]].append(each)
    for (_, place, _), group in sorted(groups.items()):
        ordered = sorted(group, key=lambda each: each.key)
        for number, one in enumerate(ordered):
            for other in ordered[number + 1 :]:
                values = [name_key(each.object if place else each.subject) for each in (one, other)]
                if differ(*values) and frozenset(values) not in joined and meet(one, other):
                    yield one, other


def differ(one: str, other: str) -> bool:
    """Whether they are two days or amounts, or neither's words are all among the other's."""
    told = are_one_value(one, other)
    if told is not None:
        return not told
    words = ({*one.split()}, {*other.split()})
    return not (words[0] <= words[1] or words[1] <= words[0])


def meet(one: Timed, other: Timed) -> bool:
    """Whether they may hold on one day; who follows in the year in which one ends does not."""
    return not (
        _is_over(one.valid_to, other.valid_from) or _is_over(other.valid_to, one.valid_from)
    )


def _is_over(last: str | None, first: str | None) -> bool:
    if last is None or first is None:
        return False
    ends, begins = _order(last), _order(first)
    known = min(len(ends), len(begins))
    return ends[:known] <= begins[:known]


def _order(date: str) -> tuple[int, ...]:
    sign = -1 if date.startswith("-") else 1
    year, *rest = date.removeprefix("-").split("-")
    return (sign * int(year), *map(int, rest))
