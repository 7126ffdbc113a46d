"""Conflicts: what two branches made of one thing so that nobody can say what both mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ConflictKind = Literal[
    "text",  # both changed the same lines of a page
    "cell",  # both changed something of one cell of a notebook, or one deleted it
    "notebook",  # the lines of both, together, are no JSON
    "edit and delete",  # one changed what the other took away
    "rename",  # both gave a page another name
    "path",  # two pages would have one path, or a page and a folder
    "field",  # both changed a field of a statement in two ways
    "decision",  # both decided one thing in two ways
    "values",  # each has another value of a relation of one value
]


@dataclass(frozen=True)
class Conflict:
    """One conflict.

    Attributes:
        kind: What of.
        what: The page's path, or the statement or decision in words.
        said: What each side made of it, in a sentence.
        keys: The ids of the pages or the keys of the statements or decisions; of a cell, the page's
            id, the cell's (empty for what is around the cells) and the keys to the field of it.
        ours: What is on this side, as text; empty where there is nothing.
        theirs: What is on the other.
        line: Of a text, the line in the page as far as it was merged, from 1.
    """

    kind: ConflictKind
    what: str
    said: str
    keys: tuple[str, ...]
    ours: str = ""
    theirs: str = ""
    line: int | None = None

    def __str__(self) -> str:
        where = f", line {self.line}" if self.line is not None else ""
        return f"{self.what}{where}: {self.said}"
