"""Pairs of notebooks that two people made of one, drawn with what their merge must be.

For each cell a case says what each side does and what comes of it, so the reference is a table and
no merge program. New cells, and what is around them, are drawn apart.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Cell = dict[str, Any]
LINES = ["a = 1\n", "b = 2\n", "c = 3\n", "d = 4\n", "e = 5"]
OLD_RUN = {"outputs": [], "execution_count": 1}


def cell(name: str, lines: list[str] | None = None, **more: Any) -> Cell:
    """A code cell that was run."""
    found: Cell = {"cell_type": "code", "id": name, "metadata": {}, "source": lines or [*LINES]}
    return {**found, **OLD_RUN, **more}


def run_as(number: int) -> Cell:
    told = {"output_type": "stream", "name": "stdout", "text": [f"run {number}\n"]}
    return {"outputs": [told], "execution_count": number}


NOT_RUN: Cell = {"outputs": [], "execution_count": None}


def first(each: Cell) -> Cell:
    return {**each, "source": ["a = 10\n", *LINES[1:]], **run_as(7)}


def last(each: Cell) -> Cell:
    return {**each, "source": [*LINES[:-1], "e = 50"], **run_as(8)}


def other_first(each: Cell) -> Cell:
    return {**each, "source": ["a = 11\n", *LINES[1:]], **run_as(9)}


def again(each: Cell) -> Cell:
    return {**each, **run_as(5)}


def again_otherwise(each: Cell) -> Cell:
    return {**each, **run_as(6)}


def tagged(each: Cell) -> Cell:
    return {**each, "metadata": {**each["metadata"], "tags": ["x"]}}


def tagged_otherwise(each: Cell) -> Cell:
    return {**each, "metadata": {**each["metadata"], "tags": ["y"]}}


def folded(each: Cell) -> Cell:
    return {**each, "metadata": {**each["metadata"], "collapsed": True}}


def same(each: Cell) -> Cell:
    return each


def gone(each: Cell) -> None:
    return None


def both_ends(each: Cell) -> Cell:
    """What `first` and `last` are together: nobody ran it."""
    return {**each, "source": ["a = 10\n", *LINES[1:-1], "e = 50"], **NOT_RUN}


Do = Callable[[Cell], Cell | None]
# What two sides do, and the cell that comes of it; a text is the field that is in conflict.
CASES: tuple[tuple[Do, Do, Do | str], ...] = (
    (same, same, same),
    (first, same, first),
    (first, first, first),
    (first, last, both_ends),
    (first, other_first, "source"),
    (first, gone, ""),
    (same, gone, gone),
    (gone, gone, gone),
    (again, same, again),
    (again, again, again),
    (again, again_otherwise, lambda each: {**each, **NOT_RUN}),
    (first, again, first),
    (tagged, folded, lambda each: folded(tagged(each))),
    (tagged, tagged_otherwise, "metadata.tags"),
    (tagged, first, lambda each: first(tagged(each))),
)


@dataclass
class PairOfNotebooks:
    """Three texts, and what must come of them."""

    base: str
    ours: str
    theirs: str
    conflicts: set[tuple[str, str]] = field(default_factory=set)
    cells: list[Cell] = field(default_factory=list)


def make_pair(number: int, *, conflicts: bool) -> PairOfNotebooks:
    """The pair of a number; without conflicts, or with whatever is drawn."""
    chance = random.Random(number)
    cases = [each for each in CASES if conflicts or not isinstance(each[2], str)]
    sides: list[list[Cell]] = [[], [], []]
    found = PairOfNotebooks("", "", "")
    for place in range(chance.randint(1, 6)):
        old = cell(f"c{place}", metadata={"at": place})
        ours, theirs, comes = chance.choice(cases)
        if chance.random() < 0.5:
            ours, theirs = theirs, ours
        made = [old, ours(copy.deepcopy(old)), theirs(copy.deepcopy(old))]
        for side, each in zip(sides, made, strict=True):
            side += [each] if each is not None else []
        if isinstance(comes, str):
            found.conflicts.add((old["id"], comes))
        else:
            merged = comes(copy.deepcopy(old))
            found.cells += [merged] if merged is not None else []
            if merged is not None:
                _put_new(chance, place, sides, found.cells, made)
    texts = [written(side) for side in sides]
    found.base, found.ours, found.theirs = texts
    return found


def _put_new(
    chance: random.Random,
    place: int,
    sides: list[list[Cell]],
    merged: list[Cell],
    made: list[Cell | None],
) -> None:
    """New cells behind this one, of one side or of both."""
    if any(each is None for each in made):
        return
    runs = []
    for name in ("o", "t"):
        ids = [f"{chance.choice('mn')}{name}{place}{each}" for each in range(chance.randint(0, 2))]
        runs.append([cell(each, [f"# {each}"]) for each in ids])
    for side, run in zip(sides[1:], runs, strict=True):
        side += run
    for run in sorted(filter(None, runs), key=lambda cells: [each["id"] for each in cells]):
        merged += run


def written(cells: list[Cell], **metadata: Any) -> str:
    """A notebook as nbformat writes it."""
    whole = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, sort_keys=True) + "\n"
