"""What the head of a column says of what a row is about: a relation, and which way it goes.

Heads that mean a relation which the graph knows are given as that; any other head is the relation
itself, in small letters: *lead time (days)* is ``lead_time_days``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.knowledge.columns import is_date
from workbench.knowledge.words import word_set

_KNOWN = {
    "reports_to": "manager, line manager, reports to, supervisor, boss, managed by, superior",
    "born_on": "date of birth, birth date, birthdate, birthday, dob, born on",
    "born_in": "place of birth, birthplace, born in",
    "died_on": "date of death, death date, died on",
    "died_in": "place of death, died in",
    "founded_on": "founded, founded on, founded in, date founded, established, year founded",
    "founded_by": "founder, founders, founded by",
    "opened_on": "opened, opened on, opened in, opening date, year opened",
    "closed_on": "closed, closed on, closed in, closing date, year closed",
    "spouse_of": "spouse, husband, wife, married to, partner in marriage",
    "child_of": "parent, parents, father, mother, child of, son of, daughter of",
    "created_by": "author, authors, written by, creator, created by, composer, painter, architect",
    "has_population": "population, inhabitants",
    "part_of": "part of",
    "member_of": "member of, membership",
    "located_in": "located in, lies in",
    "capital_of": "capital of",
    "also_known_as": "alias, aliases, aka, also known as, also called, abbreviation, acronym",
    "is_a": "type, kind, category, class",
    "borders": "borders, neighbours, neighbors",
}
_OF_HEAD = {head: relation for relation, heads in _KNOWN.items() for head in heads.split(", ")}
_EITHER = {"born": ("born_on", "born_in"), "died": ("died_on", "died_in")}
"""A day or a year, or a place."""
_TIMES = frozenset(("founded_on", "opened_on", "closed_on", "born_on", "died_on"))
_WHERE = word_set("country city town location place region county state district site")
_OF_PEOPLE = word_set(
    "name person people employee staff member author player student patient customer contact "
    "guest colleague owner manager teacher director applicant candidate user client who"
)
_NO_CLASS = word_set(
    "name title id label entry row what who which key item thing description value field date no "
    "note notes text content subject other total"
)
_LANDS = word_set("country countries state land nation name region province")
_WORD = re.compile(r"[^\W_]+")
_YEAR = re.compile(r"(?:c\.? ?|ca\.? ?)?\d{3,4}(?: ?(?:BCE?|CE|AD))?")
LONGEST_RELATION = 40


@dataclass(frozen=True)
class Meaning:
    """A relation; ``turned``: it holds of the cell and what the row is about, in that order."""

    relation: str
    confidence: float
    turned: bool = False


def meaning_of(head: str, value: str, *, named_by: str) -> Meaning | None:
    """What a cell states; None where its head says nothing that can be a relation.

    Args:
        head: The head of its column.
        value: What stands in it.
        named_by: The head of the column that names the rows.

    >>> meaning_of("Manager", "Ben", named_by="Name").relation
    'reports_to'
    >>> meaning_of("Lead time (days)", "12", named_by="Supplier").relation
    'lead_time_days'
    """
    words = _WORD.findall(head.casefold())
    plain = " ".join(words)
    if not words or re.fullmatch(r"column \d+", plain) or plain.isdigit():
        return None
    if plain in _EITHER:
        return Meaning(_EITHER[plain][0 if _is_time(value) else 1], 0.85)
    known = _OF_HEAD.get(plain)
    if known is not None and (known not in _TIMES or _is_time(value)):
        return Meaning(known, 0.9)
    if plain == "capital" and _is_of_lands(named_by):
        return Meaning("capital_of", 0.9, turned=True)
    if plain in _WHERE and not _OF_PEOPLE & set(_WORD.findall(named_by.casefold())):
        return Meaning("located_in", 0.8)
    return Meaning("_".join(words)[:LONGEST_RELATION].rstrip("_"), 0.85)


def class_in(head: str) -> tuple[int, int] | None:
    """Where in the head of the naming column stands what the rows are: *Supplier name* has 0, 8.

    None where it says only that they have names.
    """
    words = list(_WORD.finditer(head))
    while words and words[-1][0].casefold() in ("name", "names", "title"):
        words.pop()
    if not 0 < len(words) <= 3 or any(each[0].casefold() in _NO_CLASS for each in words):
        return None
    start, end = words[0].start(), words[-1].end()
    return (start, end) if head[start:end].replace(" ", "").isalpha() else None


def _is_time(value: str) -> bool:
    return is_date(value) or bool(_YEAR.fullmatch(value.strip()))


def _is_of_lands(head: str) -> bool:
    return not _LANDS.isdisjoint(_WORD.findall(head.casefold()))
