"""A question for one cell of a table: *Who is Ada Holm's manager?*, *How many seats has the hall?*

The row that answers is named by what the question names, and has the column that it asks for. A row
in which the name stands under that very column tells of another: there she is the manager.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.knowledge.words import word_set

from .asking_forms import put_plainly
from .related_words import say_alike
from .said import Said
from .whereabouts import read_asked_place
from .words import content_stems

_HEAD = r"(?P<head>[a-zß-ÿ][\w-]*(?: [a-zß-ÿ][\w-]*){0,2})"
_NAME = r"(?P<name>(?:the )?[^,;:?]*[^\W\d_a-z][^,;:?]*)"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"(?:[Ww]ho|[Ww]hat) (?:is|was|are|were) (?P<name>[^,;:?]*[^\W\d_a-z]\w*)['’]s? {_HEAD}$",
        rf"(?:[Ww]ho|[Ww]hat) (?:is|was|are|were) the {_HEAD} of {_NAME}$",
        rf"[Hh]ow many {_HEAD} (?:does|do|did) {_NAME} have$",
        rf"[Hh]ow many {_HEAD} (?:has|have|had) {_NAME}$",
        rf"(?:[Ii]n |[Oo]n |[Aa]t )?(?:[Ww]hich|[Ww]hat) {_HEAD} (?:is|was|are) {_NAME}$",
        rf"(?:[Ww]hich|[Ww]hat) {_HEAD} (?:does|did) {_NAME} have$",
    )
)  # fmt: skip
_WITHIN = re.compile(r" (?:in|on|at|of)$")
_CLAUSE = re.compile(r"\b(?:who|whom|whose|which|that|where|when|or|and|than|of)\b|['’]s\b")
_NUMBERING = word_set("id no nr number key index row")


@dataclass(frozen=True)
class AskedCell:
    """The stems of a column's head, and of what the row is named by."""

    head: tuple[str, ...]
    name: frozenset[str]


def read_asked_cell(question: str) -> AskedCell | None:
    """What cell a question asks for; None where its form is another one."""
    plain = put_plainly(question).strip().rstrip("?.! ")
    place = read_asked_place(question)
    if place is not None and not place.place:  # *Which supplier is in Rome?*: no cell of Rome's row
        return None
    for form in _FORMS:
        match = form.match(plain)
        if match is None:
            continue
        name = _WITHIN.sub("", match["name"])
        head, stems = tuple(content_stems(match["head"])), frozenset(content_stems(name))
        if head and stems and not _CLAUSE.search(name):
            return AskedCell(head, stems)
    return None


def has_column(asked: AskedCell, said: Said) -> bool:
    """Whether a sentence is a row that has the column that is asked for."""
    return any(_is_head(asked, head) for head, _ in said.columns)


def is_named(asked: AskedCell, said: Said) -> bool:
    """Whether it is the row of what the question names.

    Its first cell that is no number of a row says that name, or part of it; or any cell does whose
    column is named with it: *the Sales team*.
    """
    first = True
    for head, value in said.columns:
        heads, values = frozenset(content_stems(head)), frozenset(content_stems(value))
        if _NUMBERING & set(head.casefold().split()):
            continue
        if values and (asked.name == values | heads or (first and _names(asked, heads, values))):
            return True
        first = False
    return False


def answers_by_cell(asked: AskedCell, said: Said) -> bool:
    """Whether it is that row, and its cell is not empty."""
    told = any(
        _is_head(asked, head) and value.strip(" -–—?") and not _is_same(asked, value)
        for head, value in said.columns
    )
    return told and is_named(asked, said)


def without_wrong_rows(asked: AskedCell, lines: Sequence[Said]) -> list[Said]:
    """Sentences but for rows that cannot answer, where some row has the column that is asked for.

    The row of what is named, if its cell is empty, says that it is not known: then only sentences
    with a word for the column are left.
    """
    if not any(has_column(asked, each) for each in lines):
        return list(lines)
    empty = any(each.columns and is_named(asked, each) for each in lines) and not any(
        answers_by_cell(asked, each) for each in lines
    )
    return [
        each
        for each in lines
        if answers_by_cell(asked, each) or not (each.columns or (empty and not _says(asked, each)))
    ]


def _says(asked: AskedCell, said: Said) -> bool:
    return all(any(say_alike(word, each) for each in said.stems) for word in asked.head)


def _is_head(asked: AskedCell, head: str) -> bool:
    stems = content_stems(head.replace("_", " "))
    return all(any(say_alike(word, each) for each in stems) for word in asked.head)


def _names(asked: AskedCell, heads: frozenset[str], values: frozenset[str]) -> bool:
    return bool(asked.name - heads) and (asked.name <= values or asked.name - heads == values)


def _is_same(asked: AskedCell, value: str) -> bool:
    return frozenset(content_stems(value)) == asked.name
