"""Finding what makes the body of a rule hold: a join of atoms over indexed facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from .intervals import Span, meet
from .rules import Atom, Term


class Said(NamedTuple):
    """A fact without what supports it: two entities, a relation and the time in which it holds."""

    subject: str
    relation: str
    object: str
    valid_from: str | None
    valid_to: str | None

    @property
    def order(self) -> tuple[str, ...]:
        """What facts are sorted by."""
        return tuple(each or "" for each in self)


Binding = Mapping[str, str]


class FactIndex:
    """Facts by relation, and by relation with either end."""

    def __init__(self, facts: Iterable[Said] = ()) -> None:
        self._all: dict[str, list[Said]] = defaultdict(list)
        self._from: dict[tuple[str, str], list[Said]] = defaultdict(list)
        self._to: dict[tuple[str, str], list[Said]] = defaultdict(list)
        for fact in facts:
            self.add(fact)

    def add(self, fact: Said) -> None:
        """One more."""
        self._all[fact.relation].append(fact)
        self._from[fact.relation, fact.subject].append(fact)
        self._to[fact.relation, fact.object].append(fact)

    def holds(self, relation: str, subject: str, thing: str) -> bool:
        """Whether a fact is there, at whatever time."""
        return any(fact.object == thing for fact in self._from.get((relation, subject), ()))

    def candidates(self, atom: Atom, binding: Binding) -> Sequence[Said]:
        """The facts that may be what an atom says: the shorter list of those that are indexed."""
        first, second = _value(atom.first, binding), _value(atom.second, binding)
        if first is None and second is None:
            return self._all.get(atom.relation, ())
        found = []
        if first is not None:
            found.append(self._from.get((atom.relation, first), ()))
        if second is not None:
            found.append(self._to.get((atom.relation, second), ()))
        return min(found, key=len)


def bind(atom: Atom, fact: Said, binding: Binding) -> dict[str, str] | None:
    """The binding with what an atom's variables are if it says this fact; None if it cannot."""
    if fact.relation != atom.relation:
        return None
    made = dict(binding)
    for term, value in zip(atom.terms, (fact.subject, fact.object), strict=True):
        known = made.setdefault(term.value, value) if term.variable else term.value
        if known != value:
            return None
    return made


def matches(
    body: Sequence[Atom], index: FactIndex, *, first: tuple[int, Said] | None = None
) -> Iterator[tuple[dict[str, str], tuple[Said, ...], Span]]:
    """Each way in which a body holds: its variables, its premises in order, and when all hold.

    Args:
        body: The atoms.
        index: The facts.
        first: The position of an atom and the fact that it must be.
    """
    premises: dict[int, Said] = {}
    binding: Binding | None = {}
    span: Span | None = (None, None)
    if first is not None:
        position, fact = first
        binding, premises = bind(body[position], fact, {}), {position: fact}
        span = fact[3:]
    if binding is not None and span is not None:
        yield from _extend(body, index, dict(binding), premises, span)


def _extend(
    body: Sequence[Atom],
    index: FactIndex,
    binding: dict[str, str],
    premises: dict[int, Said],
    span: Span,
) -> Iterator[tuple[dict[str, str], tuple[Said, ...], Span]]:
    left = [number for number in range(len(body)) if number not in premises]
    if not left:
        yield binding, tuple(premises[number] for number in range(len(body))), span
        return
    number = min(left, key=lambda each: len(index.candidates(body[each], binding)))
    for fact in tuple(index.candidates(body[number], binding)):
        made, both = bind(body[number], fact, binding), meet(span, fact[3:])
        if made is not None and both is not None:
            yield from _extend(body, index, made, {**premises, number: fact}, both)


def _value(term: Term, binding: Binding) -> str | None:
    return binding.get(term.value) if term.variable else term.value
