"""Which relations a graph knows: those of its facts, and those that its rules conclude."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.core.near_names import meant, near_names
from workbench.knowledge.queries import RELATIONS
from workbench.knowledge.states import State

from .rulebook import BookRule
from .rules import Atom, parse_rule


def known_relations(state: State, rules: Iterable[BookRule]) -> set[str]:
    """The relations of facts that documents say, and of the heads of rules."""
    heads = (parse_rule(each.rule).head for each in rules)
    found = {head.relation for head in heads if isinstance(head, Atom)}
    return found | {row["relation"] for row in state.read(RELATIONS)}


def unknown_relations(name: str, asked: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """A note for each relation that is not known, with those that may be meant."""
    names = sorted(known)
    notes = []
    for relation in dict.fromkeys(asked):
        if relation not in names:
            near = near_names(relation, names)
            told = f"; {meant(near)}" if near else f": it has {', '.join(names) or 'none'}"
            notes.append(f"no fact and no rule of {name} has the relation {relation!r}{told}")
    return tuple(notes)
