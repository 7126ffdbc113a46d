"""A question for where something is by its kind, or for what of a kind is somewhere.

*In which ward is the Penn Library?* is answered by a row of a table that is named by the library
and says of where it lies *Abbey Ward*. *Which supplier is in Port Selwyn?* is answered by the row
of a supplier that says *Port Selwyn* of where it is. The heads that say where are those that facts
of ``located_in`` are read from. A sentence that has not what such a question names, or in the
second case nothing of the kind, answers neither.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.knowledge.extraction.table_heads import meaning_of

from .asked_for import is_kind
from .asking_forms import put_plainly
from .related_words import say_alike
from .said import Said
from .words import content_stems, stem_set, stems_of

_KIND = r"(?P<kind>[a-zß-ÿ][\w-]*(?: [a-zß-ÿ][\w-]*)?)"
_NAME = r"(?P<name>(?:the )?[^\W\d_a-z][^,;:?]*?)"
_PUT = r"(?: located| situated| based| found)?"
_IS = rf"(?:is|are|was|were){_PUT}"
_OF_KIND = re.compile(rf"(?:[Ww]hich|[Ww]hat) {_KIND} {_IS} (?:in|at) {_NAME}$")
_WHERE = (
    re.compile(rf"(?:[Ii]n|[Aa]t) (?:which|what) {_KIND} {_IS} {_NAME}{_PUT}$"),
    re.compile(rf"(?:[Ww]hich|[Ww]hat) {_KIND} {_IS} {_NAME}{_PUT} (?:in|at)$"),
)  # fmt: skip
_MORE = re.compile(r"\b(?:who|whom|whose|which|that|where|when|or|and|than|of)\b|['’]s\b|\b\d{4}\b")
_TIMES = stem_set("year century date day month decade")
_ENDS_SMALL = re.compile(r" [a-zß-ÿ]+$")  # *In which town was Ida Roth born?* asks for a deed


@dataclass(frozen=True)
class AskedPlace:
    """The stems of a kind and of a name; ``place`` where the kind is of the place that is asked."""

    kind: tuple[str, ...]
    name: frozenset[str]
    place: bool


def read_asked_place(question: str) -> AskedPlace | None:
    """Where what is, or what is where; None where the form is another one."""
    plain = put_plainly(question).strip().rstrip("?.! ")
    for form in (_OF_KIND, *_WHERE):
        match = form.match(plain)
        if match is None or _MORE.search(match["name"]) or _ENDS_SMALL.search(match["name"]):
            continue
        kind, stems = tuple(content_stems(match["kind"])), frozenset(content_stems(match["name"]))
        if kind and stems and not set(kind) & _TIMES:
            return AskedPlace(kind, stems, form is not _OF_KIND)
    return None


def answers_by_place(asked: AskedPlace, said: Said) -> bool:
    """Whether a sentence is a row that answers."""
    if not said.columns:
        return False
    named_by, named = said.columns[0]
    where = [value for head, value in said.columns[1:] if _says_where(head, value, named_by)]
    if asked.place:
        its_own = frozenset(content_stems(named)) == asked.name
        return its_own and any(_is_of_kind(asked, value) for value in where)
    return (
        _is_of_kind(asked, named_by)
        and bool(content_stems(named))
        and any(frozenset(content_stems(value)) == asked.name for value in where)
    )


def may_answer(asked: AskedPlace, words: str) -> bool:
    """Whether a sentence with its title, which is only near, has what is named and the kind."""
    has = stems_of(words)
    if not asked.name <= has:
        return False
    return asked.place or all(is_kind(w) or any(say_alike(w, h) for h in has) for w in asked.kind)


def _says_where(head: str, value: str, named_by: str) -> bool:
    meaning = meaning_of(head, value, named_by=named_by)
    return meaning is not None and meaning.relation in ("located_in", "part_of")


def _is_of_kind(asked: AskedPlace, words: str) -> bool:
    """Whether words end with the kind: *Abbey Ward*; *Supplier name* begins with it."""
    stems = [each for each in content_stems(words) if each != "nam"]
    ending = stems[-len(asked.kind) :]
    return len(ending) == len(asked.kind) and all(map(say_alike, asked.kind, ending))
