"""Names of persons: capitals in a row, weighed by all that speaks for and against them.

Whether words are a person is told by a sum of small evidence (Fellegi and Sunter 1969 weigh agreement
so; here the weights are those of a logistic regression, see tools/fit_weights.py): lists of
names, spaCy's label, a title, a label, a firm's ending, a thing that is called after somebody. No
single sign decides, so a bank may be called Charles and a person Rose.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.lists.using import by_the_lists, lists_in_use
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import read_lexicon

from .candidates import EVERYDAY_WORDS, PLACE, Candidate, candidates_of
from .evidence import Page, signs_of

_LEXICON = Path(__file__).parents[1] / "lexicon"
# What a name on the large lists says differs from what one on the package's own says.
WEIGHTS = {True: _LEXICON / "name_weights.json", False: _LEXICON / "name_weights_alone.json"}
# In favour of a name: one that is missed harms more than a word that is masked for nothing.
IN_FAVOUR = 1.25
EVERYDAY = 0.7  # against a run with an everyday word at its edge: Olive Room, Lovely
LEAST_GUESS = 0.05  # what is less sure is not told at all


@dataclass(frozen=True)
class Weighed:
    """A candidate with its signs; ``total`` is the sum of their weights, 0 where it is even."""

    candidate: Candidate
    signs: frozenset[str]
    total: float


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Runs of capitals with evidence in favour; what has less than half is a guess."""
    weights = read_weights(lists_in_use().there)
    for each in weighed_in(text, reading):
        score = _score(each)
        if score >= LEAST_GUESS:
            said = [sign for sign in each.signs if sign in weights]
            most = sorted(said, key=lambda sign: (-weights[sign], sign))[:2]
            candidate = each.candidate
            yield Found(candidate.start, candidate.end, "PERSON", score, "names", "; ".join(most))


@by_the_lists(maxsize=2)
def weighed_in(text: str, reading: Reading) -> tuple[Weighed, ...]:
    """The candidates of a text; ``judging`` asks for those that ``find`` has just weighed."""
    weights, page = read_weights(lists_in_use().there), Page.of(text, reading)
    found = []
    for candidate in candidates_of(text, reading.proper):
        if not _is_place(text, candidate):
            signs = frozenset(signs_of(candidate, page))
            total = math.fsum(weights.get(sign, 0.0) for sign in signs)
            found.append(Weighed(candidate, signs, total))
    return tuple(found)


def _is_place(text: str, candidate: Candidate) -> bool:
    """Whether the words are a place and no name: those are the work of ``places``."""
    said = text[candidate.start : candidate.end]
    return set(candidate.classes) == {PLACE} or said in read_lexicon().countries


def _score(weighed: Weighed) -> float:
    """How sure a candidate is a person, from 0 to 1."""
    classes = weighed.candidate.classes
    total = weighed.total + IN_FAVOUR
    if {classes[0], classes[-1]} & EVERYDAY_WORDS:
        total -= EVERYDAY
    return 1.0 / (1.0 + math.exp(-total))


@functools.cache
def read_weights(with_lists: bool) -> dict[str, float]:
    """The weight of each sign, fitted with the lists of ``lists`` or without them.

    A sign without a weight says nothing.
    """
    read: dict[str, float] = json.loads(WEIGHTS[with_lists].read_text(encoding="utf-8"))
    return read
