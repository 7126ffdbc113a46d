"""A merge in three ways of things with keys; what both sides changed is for whoever calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from .conflicts import Conflict

Value = TypeVar("Value")


def merge_by_key(
    base: Mapping[str, Value],
    ours: Mapping[str, Value],
    theirs: Mapping[str, Value],
    both: Callable[[str, Value | None, Value, Value], tuple[Value, list[Conflict]]],
    *,
    told: Callable[[Value], tuple[str, str]],
) -> tuple[dict[str, Value], list[Conflict]]:
    """The things of two branches together, with what cannot be.

    Args:
        base: What both come from.
        ours: One branch; what one changed and the other deleted stays as it is there, or here.
        theirs: The other.
        both: Merges what both changed or made.
        told: What a thing is called in a conflict, and what it holds.
    """
    merged: dict[str, Value] = {}
    conflicts: list[Conflict] = []
    for key in sorted({*base, *ours, *theirs}):
        old, mine, other = base.get(key), ours.get(key), theirs.get(key)
        if mine == other or other == old:
            found = mine
        elif mine == old:
            found = other
        elif mine is not None and other is not None:
            found, more = both(key, old, mine, other)
            conflicts += more
        else:
            found = other if mine is None else mine
            assert found is not None, "one of two that differ is there"
            said = "deleted here, changed there" if mine is None else "changed here, deleted there"
            here, there = ("" if each is None else told(each)[1] for each in (mine, other))
            what = told(found)[0]
            conflicts.append(Conflict("edit and delete", what, said, (key,), here, there))
        if found is not None:
            merged[key] = found
    return merged, conflicts
