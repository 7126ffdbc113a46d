"""The sentences that answer a question outright: one, one after another, or one for each side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .asked_for import read_asked_for
from .cells import answers_by_cell, read_asked_cell, without_wrong_rows
from .comparing import read_comparison, sides_of
from .followed import answers_by_next
from .outright import answers_by_two, answers_outright
from .said import Said
from .tenures import in_time
from .whereabouts import answers_by_place, read_asked_place


@dataclass(frozen=True)
class ToldOutright:
    """Sentences that answer, and how they do: each by itself, by two, or by sides.

    ``whole``: nothing of the question is left, as it is where a side has no sentence.
    """

    lines: tuple[Said, ...]
    by: Literal["one", "two", "sides"]
    whole: bool


def told_outright(question: str, lines: Sequence[Said]) -> ToldOutright:
    """What answers a question by its words alone.

    Args:
        question: As it was asked.
        lines: The sentences that may, in order.
    """
    compared = read_comparison(question)
    if compared is not None:
        sides = sides_of(compared, lines)
        told = tuple(side for side in sides if side is not None)
        return ToldOutright(told, "sides", len(told) == len(sides))
    asked, cell = read_asked_for(question), read_asked_cell(question)
    place = read_asked_place(question)
    placed = [line for line in lines if place and answers_by_place(place, line)]
    every, lines = lines, lines if cell is None else without_wrong_rows(cell, lines)
    if place is not None:  # a row has all words also where the supplier only sells to the place
        lines = [line for line in lines if place.place or not line.columns]
    by_words = [
        line
        for line in lines
        if (cell and answers_by_cell(cell, line)) or answers_outright(asked, line)
    ]
    told = tuple(line for line in every if line in placed or line in by_words)
    if told or asked.kind == "about":
        told = tuple(in_time(asked, told))
        return ToldOutright(told, "one", bool(told))
    two = answers_by_two(asked, lines) or answers_by_next(asked, lines) or ()
    return ToldOutright(two, "two", bool(two))
