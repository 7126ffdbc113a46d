"""Which names the statements and decisions of a space are about."""

from __future__ import annotations

from workbench.knowledge.extraction.names import name_key
from workbench.knowledge.shared.decisions import Decision
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.statements import Statement

from .touching import ChangedValue


def entity_names(space: Space) -> dict[str, str]:
    """The names in what is stated and was agreed on, as one writes each, by their keys."""
    contents = space.contents()
    values: list[Statement | Decision] = [*contents.statements.values()]
    values += contents.decisions.values()
    return {name_key(name): name for each in values for name in names_of(each)}


def names_of(value: Statement | Decision | None) -> tuple[str, ...]:
    """The names that a statement or a decision is about."""
    if isinstance(value, Statement):
        return value.subject, value.object
    if value is None or value.kind == "rule":
        return ()
    return value.about if value.kind == "pair" else value.about[:1]


def keys_of(change: ChangedValue) -> frozenset[str]:
    """The keys of the names that a change is about, before and after it."""
    return frozenset(name_key(name) for each in (change.old, change.new) for name in names_of(each))
