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
from pathlib import Path

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.lists.using import lists_in_use
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


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Runs of capitals with evidence in favour; what has less than half is a guess."""
    page = Page.of(text, reading)
    for candidate in candidates_of(text, reading.proper):
        if _is_place(text, candidate):
            continue
        score, because = weigh(candidate, page)
        if score >= LEAST_GUESS:
            yield Found(candidate.start, candidate.end, "PERSON", score, "names", because)


def _is_place(text: str, candidate: Candidate) -> bool:
    """Whether the words are a place and no name: those are the work of ``places``."""
    said = text[candidate.start : candidate.end]
    return set(candidate.classes) == {PLACE} or said in read_lexicon().countries


def weigh(candidate: Candidate, page: Page) -> tuple[float, str]:
    """How sure a candidate is a person, from 0 to 1, and the two signs that say most for it."""
    weights = read_weights(lists_in_use().there)
    seen = {sign: weights[sign] for sign in signs_of(candidate, page) if sign in weights}
    most = sorted(seen, key=seen.__getitem__, reverse=True)[:2]
    total = sum(seen.values()) + IN_FAVOUR
    if {candidate.classes[0], candidate.classes[-1]} & EVERYDAY_WORDS:
        total -= EVERYDAY
    return 1.0 / (1.0 + math.exp(-total)), "; ".join(most)


@functools.cache
def read_weights(with_lists: bool) -> dict[str, float]:
    """The weight of each sign, fitted with the lists of ``lists`` or without them.

    A sign without a weight says nothing.
    """
    read: dict[str, float] = json.loads(WEIGHTS[with_lists].read_text(encoding="utf-8"))
    return read
