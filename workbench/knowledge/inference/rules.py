"""Rules over relations, as text and as data.

    capital_of(x, y) -> located_in(x, y)
    born_in(x, y) & located_in(y, z) -> born_in(x, z)
    born_on(x, y) & born_on(x, z) -> y = z
    born_on(x, y) & died_on(x, z) -> y <= z
    child_of(x, y) & child_of(y, x) -> never

A head that is an atom makes facts; the other three say what cannot all be so. Terms are variables
or names in double quotes. However its variables are called and its body is ordered, a rule has one
canonical text, by which it is known.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from workbench.core.errors import InputError
from workbench.knowledge.extraction.names import name_key

MOST_ATOMS = 3
_NAMES = ("x", "y", "z", "u", "v", "w")
_WORD = r"[^\W\d]\w*"
_TERM = rf'(?:{_WORD}|"[^"]*")'
_ATOM = re.compile(rf"\s*({_WORD})\s*\(\s*({_TERM})\s*,\s*({_TERM})\s*\)\s*")
_COMPARED = re.compile(rf"\s*({_TERM})\s*(=|<=)\s*({_TERM})\s*")
_ARROW = re.compile(r"->|=>|→|⇒")
_HINT = 'capital_of(x, y) & located_in(y, z) -> located_in(x, z); also -> never, y = z, "a name"'


@dataclass(frozen=True)
class Term:
    """A variable, or the key of an entity."""

    value: str
    variable: bool

    def __str__(self) -> str:
        return self.value if self.variable else f'"{self.value}"'


@dataclass(frozen=True)
class Atom:
    """That a relation holds of two terms."""

    relation: str
    first: Term
    second: Term

    def __str__(self) -> str:
        return f"{self.relation}({self.first}, {self.second})"

    @property
    def terms(self) -> tuple[Term, Term]:
        """Both."""
        return self.first, self.second


@dataclass(frozen=True)
class Comparison:
    """That two terms are one thing (``=``) or that one is no later than the other (``<=``)."""

    first: Term
    sign: str
    second: Term

    def __str__(self) -> str:
        return f"{self.first} {self.sign} {self.second}"

    @property
    def terms(self) -> tuple[Term, Term]:
        """Both."""
        return self.first, self.second


@dataclass(frozen=True)
class Rule:
    """A body that must hold and what follows; a head that is None never holds.

    ``confidence`` multiplies that of the premises.
    """

    body: tuple[Atom, ...]
    head: Atom | Comparison | None
    confidence: float = 1.0

    @property
    def is_constraint(self) -> bool:
        """Whether it forbids rather than makes facts."""
        return not isinstance(self.head, Atom)

    @cached_property
    def text(self) -> str:
        """The canonical text: the least of all that mean the same."""
        return min(_texts(self))

    def __str__(self) -> str:
        return self.text


def parse_rule(text: str, *, confidence: float = 1.0) -> Rule:
    """Read a rule, in its canonical form.

    Args:
        text: The rule; atoms of the body are joined by ``&``.
        confidence: How far it holds, above 0 and at most 1.

    Raises:
        InputError: It is none, its head has a variable that the body has not, its atoms do not
            hang together, or the confidence is out of bounds.
    """
    if not 0 < confidence <= 1:
        raise InputError(f"a confidence of {confidence} is not above 0 and at most 1")
    parts = _ARROW.split(text)
    if len(parts) != 2:
        raise InputError(f"{text!r} is no rule: a body, ->, and a head are needed", hint=_HINT)
    body = tuple(_atom(each, text) for each in parts[0].split("&"))
    rule = Rule(body, _head(parts[1], text), confidence)
    _check(rule, text)
    return rule if rule.text == text else Rule(*_read_again(rule.text), confidence)


def _read_again(text: str) -> tuple[tuple[Atom, ...], Atom | Comparison | None]:
    body, head = _ARROW.split(text)
    return tuple(_atom(each, text) for each in body.split("&")), _head(head, text)


def _atom(text: str, rule: str) -> Atom:
    found = _ATOM.fullmatch(text)
    if found is None:
        raise InputError(f"{text.strip()!r} in {rule!r} is not relation(x, y)", hint=_HINT)
    return Atom(found[1], _term(found[2]), _term(found[3]))


def _head(text: str, rule: str) -> Atom | Comparison | None:
    if text.strip() == "never":
        return None
    compared = _COMPARED.fullmatch(text)
    if compared is not None:
        return Comparison(_term(compared[1]), compared[2], _term(compared[3]))
    return _atom(text, rule)


def _term(text: str) -> Term:
    return Term(name_key(text[1:-1]), False) if text.startswith('"') else Term(text, True)


def _variables(parts: Iterable[Atom | Comparison]) -> Iterator[str]:
    for part in parts:
        yield from (term.value for term in part.terms if term.variable)


def _check(rule: Rule, text: str) -> None:
    if len(rule.body) > MOST_ATOMS:
        raise InputError(f"{text!r} has {len(rule.body)} atoms in its body; {MOST_ATOMS} at most")
    known = set(_variables(rule.body))
    loose = set(_variables([rule.head] if rule.head is not None else ())) - known
    if loose:
        raise InputError(f"{text!r}: {min(loose)} stands in the head and not in the body")
    if rule.head in rule.body:
        raise InputError(f"{text!r} concludes what it begins with")
    reached: set[str] = set(_variables(rule.body[:1]))
    for _ in rule.body:
        for atom in rule.body:
            if reached & set(_variables([atom])):
                reached |= set(_variables([atom]))
    if reached != known:
        raise InputError(f"{text!r}: its atoms share no variable", hint=_HINT)


def _texts(rule: Rule) -> Iterator[str]:
    for body in itertools.permutations(rule.body):
        names: dict[str, str] = {}
        for each in _variables(body):
            names.setdefault(each, _NAMES[len(names)])
        said = " & ".join(str(_renamed(atom, names)) for atom in body)
        head = "never" if rule.head is None else str(_renamed(rule.head, names))
        if isinstance(rule.head, Comparison) and rule.head.sign == "=":
            head = " = ".join(sorted(str(_named(term, names)) for term in rule.head.terms))
        yield f"{said} -> {head}"


def _renamed(part: Atom | Comparison, names: dict[str, str]) -> Atom | Comparison:
    first, second = (_named(term, names) for term in part.terms)
    if isinstance(part, Atom):
        return Atom(part.relation, first, second)
    return Comparison(first, part.sign, second)


def _named(term: Term, names: dict[str, str]) -> Term:
    return Term(names[term.value], True) if term.variable else term
