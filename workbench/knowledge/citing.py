"""A place in a document as the graph has it: what a citation points to, and what stands around."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

import annotated_types as limits

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.operations import operation
from workbench.core.viewers import Viewable

from .graphs import opened
from .queries import CHUNKS
from .states import State, place_of

_OF_DOCUMENT = f"{CHUNKS} WHERE document.id = ? AND stop > ? AND start < ? ORDER BY start"


@dataclass(frozen=True)
class CitedPlace(Viewable):
    """Characters ``start`` to ``end`` of a document's normalised text, with what stands around.

    Attributes:
        before: What stands before it, from character ``first`` on.
        words: The characters themselves.
        after: What stands after it.
        place: Where it is in words of the document's format: section, page, row, cell, function.
        characters: How long the document's text is.
    """

    name: str
    document: str
    start: int
    end: int
    before: str = field(repr=False)
    words: str
    after: str = field(repr=False)
    first: int
    place: dict[str, Any]
    characters: int


@operation("knowledge.read", title="Read a cited place in its document", produces="cited-place")
def read(
    name: str,
    document: str,
    start: Annotated[int, limits.Ge(0)] = 0,
    end: Annotated[int, limits.Ge(0)] | None = None,
    *,
    around: Annotated[int, limits.Ge(0)] = 400,
) -> CitedPlace:
    """Show the words that a citation points to where they stand, with what is said around them.

    The text is the document's as the graph has it: white space between two chunks may differ.

    Args:
        name: The graph.
        document: The document's path as built.
        start: The first character.
        end: The character after the last; by default the document's end.
        around: At most so many characters before and after.
    """
    with opened(name) as graph:
        state = State(graph)
        with state.frozen():
            return read_place(state, document, start, end, around=around)


def read_place(
    state: State, document: str, start: int, end: int | None, *, around: int
) -> CitedPlace:
    """A place of a document in a state; see ``read``.

    Raises:
        NotFoundError: There is no such document.
        ConflictError: Several folders hold one of that path.
        InputError: It has no such characters.
    """
    number = _find_document(state, document)
    document, characters = (state.documents[number][what] for what in ("path", "characters"))
    end = characters if end is None else end
    if not start <= end <= characters:
        raise InputError(
            f"{document} has no characters {start} to {end}: it has {characters:,}",
            hint=f"workbench knowledge read {state.graph.name} {document} 0 {min(400, characters)}",
        )
    first, last = max(0, start - around), min(characters, end + around)
    text, place = _window(state, number, first, last, start)
    return CitedPlace(
        state.graph.name, document, start, end, text[: start - first],
        text[start - first : end - first], text[end - first :], first, place, characters,
    )  # fmt: skip


def _find_document(state: State, document: str) -> int:
    rows = state.documents
    for column in ("path", "whole", "relative"):
        known = sorted(number for number, row in rows.items() if row[column] == document)
        if len(known) == 1:
            return known[0]
        if known:
            names = [str(rows[number]["path"]) for number in known]
            raise ConflictError(
                f"{len(known)} folders hold {document}: {', '.join(sorted(names))}",
                hint=f"workbench knowledge read {state.graph.name} {min(names)}",
            )
    paths = [row["path"] for row in rows.values()]
    hint = f"workbench knowledge search {state.graph.name} WORDS"
    raise NotFoundError.among("document", document, paths, hint=hint)


def _window(
    state: State, number: int, first: int, last: int, start: int
) -> tuple[str, dict[str, Any]]:
    """Characters ``first`` to ``last`` of a document, and the place of the chunk at ``start``."""
    text, place = "", {}
    for row in state.read(_OF_DOCUMENT, number, first, last):
        begin = row["start"] - first
        text = text + _gap(begin - len(text)) + row["text"][max(0, -begin) :]
        if row["start"] <= start:
            place = place_of(row)
    return (text + _gap(last - first - len(text)))[: last - first], place


def _gap(characters: int) -> str:
    """White space between two chunks: a blank, or the end of a paragraph."""
    return " " if characters == 1 else "\n" * characters
