"""Numbers written as one that was found: what a house gives its customers or staff has one form.

Where ``KD-4373-08`` is somebody's by its label, ``KD-2729-56`` is somebody else's, also where no
word says so. In a text the form is enough; in the other texts of a corpus it must begin with
letters of the house's own, and most numbers of that form must have been found already.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from .findings import Found
from .words import read_classes

_CODE = re.compile(
    r"(?<![\w/.+-])(?:[A-Za-z]{1,6}[-/]?)?\d[\dA-Za-z]*(?:[-/][\dA-Za-z]+)*(?![\w]|[-/.]\d)"
)
_DATE = re.compile(r"\d{1,4}([-/])\d{1,2}\1\d{1,4}")
_LEAST_DIGITS = 3
_LEAST_CHARS = 5
_LEAST_SCORE = 0.7
_LEAST_FOUND = 2  # different numbers of a form, before it counts in other texts
_LEAST_SHARE = 0.6  # of all numbers of that form
_HOUSE = re.compile(r"[A-Z]{2,}")


def form_of(said: str) -> str:
    """What a number has in common with others of its kind: its letters, marks and lengths.

    Empty where that says little: digits alone, a date, one letter with a few digits.

    >>> form_of("KD-4373-08"), form_of("EMP02645"), form_of("2309843"), form_of("A123")
    ('KD-9999-99', 'EMP99999', '', '')
    """
    digits = sum(char.isdigit() for char in said)
    if digits < _LEAST_DIGITS or len(said) < _LEAST_CHARS or _DATE.fullmatch(said):
        return ""
    house = _HOUSE.match(said)
    marks = sum(char in "-/" for char in said)
    if not _CODE.fullmatch(said) or not (house or marks > 1):
        return ""
    kept = house.end() if house else 0
    rest = re.sub(r"[A-Z]", "A", re.sub(r"[a-z]", "a", re.sub(r"\d", "9", said[kept:])))
    return said[:kept] + rest


def forms_in_corpus(texts: Sequence[str], found: Sequence[Iterable[Found]]) -> frozenset[str]:
    """The forms with a house's letters of which most numbers of all texts were found."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for text, spans in zip(texts, found, strict=True):
        for said, form in _found_in(text, spans):
            if _HOUSE.match(form):
                wanted[form].add(said)
    wanted = {form: said for form, said in wanted.items() if len(said) >= _LEAST_FOUND}
    if not wanted:
        return frozenset()
    seen: dict[str, set[str]] = defaultdict(set)
    for text in texts:
        for hit in _CODE.finditer(text):
            form = form_of(hit.group())
            if form in wanted:
                seen[form].add(hit.group())
    return frozenset(
        form for form, said in wanted.items() if len(said) >= _LEAST_SHARE * len(seen[form])
    )


def alike(text: str, spans: Iterable[Found], corpus: frozenset[str]) -> Iterator[Found]:
    """Numbers of a text that are written as one that was found in it, or as one of a corpus."""
    here = {form for _, form in _found_in(text, spans)}
    if not (here or corpus):
        return
    for hit in _CODE.finditer(text):
        form = form_of(hit.group())
        if form and (form in here or form in corpus) and not _is_a_things(text, hit.start()):
            yield Found(
                hit.start(), hit.end(), "ID", 0.6, "same_form", "written as one that was found"
            )


def _found_in(text: str, spans: Iterable[Found]) -> Iterator[tuple[str, str]]:
    for each in spans:
        if each.kind == "ID" and each.score >= _LEAST_SCORE:
            said = text[each.start : each.end]
            form = form_of(said)
            if form:
                yield said, form


def _is_a_things(text: str, start: int) -> bool:
    """Whether one of the two words before a number says that it is a thing's."""
    before = text[max(0, start - 32) : start].rpartition("\n")[2].lower()
    words = re.findall(r"[^\W\d_]+", re.split(r"[.;,|\t]", before)[-1])[-2:]
    other = read_classes("id_labels.txt")["other"]
    return any(word in other for word in words)
