"""A second opinion on names and places that are neither clear nor out of the question.

What the recognisers say, all signs of ``names`` and ``places``, how the same words are taken
elsewhere in the text, and what a language model makes of the words and their surroundings
(``sentence_reader``) are weighed together by a logistic regression (tools/fit_judge.py), fitted on
made documents of several hands. What falls below ``LEAST`` becomes a guess, a guess above it is
taken. Names that are sure by their own weights are not asked about: there are few false ones.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .findings import LEAST_SCORE, Found
from .reading import Reading
from .reading_model import reader_in_use
from .recognisers import names, places
from .sentence_reader import SentenceReader
from .settling import settle
from .words import bare

if TYPE_CHECKING:
    import numpy as np

WEIGHTS = Path(__file__).parent / "lexicon" / "judge_weights.json"
LEAST = {"PERSON": 0.15, "LOCATION": 0.15}  # share: 6% false where a set is told by the others
MOST_SURE = 0.98  # of a weighed name or place: above it there is one false in eighty
LEAST_GUESS = 0.08  # below it hardly any guess is right
_WEIGHED = ("names", "places")
_MOST_TOTAL = 6.0
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class Weights:
    """``signs`` of each sign, ``vector`` of each number of the reader, ``constant``."""

    signs: dict[str, float]
    vector: np.ndarray
    constant: float

    def total(self, signs: Mapping[str, float], along: float) -> float:
        """What a finding comes to, 0 where it is even; ``along`` is the reader's part."""
        of_signs = (self.signs.get(sign, 0.0) * value for sign, value in signs.items())
        return self.constant + along + math.fsum(of_signs)


@functools.cache
def read_weights() -> Weights:
    """The weights as they were fitted."""
    import numpy as np

    read = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return Weights(read["signs"], np.array(read["vector"], np.float32), read["constant"])


def judge(
    text: str, view: str, reading: Reading, found: Sequence[Found]
) -> tuple[tuple[Found, ...], tuple[Found, ...]]:
    """The spans that are sure, without overlaps, and the guesses, as ``settle`` gives them.

    Without the lists or without the sentence reader it is ``settle``'s word alone.

    Args:
        text: As it was written.
        view: As it was read, as long.
        reading: What spaCy's model read in the view.
        found: What all recognisers found in the view.
    """
    sure, guesses = settle(view, found)
    reader = reader_in_use()
    asked = doubtful(sure, guesses)
    if reader is None or not asked:
        return sure, guesses
    totals = _totals(asked, signs_of(text, view, reading, found, asked), reader, view)
    kept, less = [each for each in sure if each not in asked], list(guesses)
    for each, total in zip(asked, totals, strict=True):
        likely = 1.0 / (1.0 + math.exp(-total))
        if likely < LEAST[each.kind]:
            less.append(replace(each, score=min(likely, LEAST_SCORE - 0.01)))
        else:
            kept.append(replace(each, score=max(likely, LEAST_SCORE)))
    return tuple(sorted(kept, key=lambda each: each.start)), tuple(less)


def doubtful(sure: Sequence[Found], guesses: Sequence[Found]) -> list[Found]:
    """The names and places to judge: those that are not sure, and guesses that touch nothing."""
    asked = [
        each
        for each in sure
        if each.kind in LEAST
        and not (each.by in _WEIGHED and each.score > MOST_SURE)
        and not _is_rest(each, sure)
    ]
    taken = list(sure)
    for each in sorted(guesses, key=lambda each: (-each.score, each.start, each.end, each.kind)):
        if each.kind not in LEAST or each.score < LEAST_GUESS:
            continue
        if not any(other.start < each.end and each.start < other.end for other in taken):
            taken.append(each)
            asked.append(each)
    return asked


def _is_rest(each: Found, sure: Sequence[Found]) -> bool:
    """Whether it is what is left of a place beside an address that holds the rest of it."""
    return each.kind == "LOCATION" and any(
        other.kind == "ADDRESS"
        and (0 <= each.start - other.end <= 1 or 0 <= other.start - each.end <= 1)
        for other in sure
    )


def _totals(
    asked: Sequence[Found],
    seen: Sequence[dict[str, float]],
    reader: SentenceReader,
    view: str,
) -> list[float]:
    weights = read_weights()
    vectors = reader.read(view, [(each.start, each.end) for each in asked]) @ weights.vector
    return [weights.total(signs, float(along)) for signs, along in zip(seen, vectors, strict=True)]


def signs_of(
    text: str, view: str, reading: Reading, found: Sequence[Found], asked: Sequence[Found]
) -> list[dict[str, float]]:
    """The signs that are seen of each finding, with how much of it; most are there or not."""
    weighed = [
        (each.candidate.start, each.candidate.end, "name", each.signs, each.total)
        for each in names.weighed_in(view, reading)
    ]
    also = [
        (each.place.start, each.place.end, "place", each.signs, each.total)
        for each in places.weighed_in(view, reading)
    ]
    said = _said_of_words(view, weighed)
    full = _in_full(view, found)
    made = []
    for each in asked:
        signs = dict(_of_weighed(each, weighed, "name"))
        signs.update(_of_weighed(each, also, "place"))
        signs.update(dict.fromkeys(_of_finding(text, each, found), 1.0))
        signs.update(_of_the_text(view, each, said, full))
        made.append(signs)
    return made


_Row = tuple[int, int, str, frozenset[str], float]


def _of_weighed(each: Found, rows: Sequence[_Row], what: str) -> Iterator[tuple[str, float]]:
    """The signs of the candidate that a finding is most like."""
    best, shared = None, 0.0
    for row in rows:
        both = min(each.end, row[1]) - max(each.start, row[0])
        like = both / (max(each.end, row[1]) - min(each.start, row[0]))
        if like > shared:
            best, shared = row, like
    if best is None:
        yield f"no {what}", 1.0
        return
    yield from ((f"{what}: {sign}", 1.0) for sign in best[3])
    yield f"{what} in {'whole' if shared == 1.0 else 'part'}", 1.0
    yield f"{what} total", _bounded(best[4])


def _bounded(total: float) -> float:
    return max(-_MOST_TOTAL, min(_MOST_TOTAL, total)) / 3.0


def _of_finding(text: str, each: Found, found: Sequence[Found]) -> Iterator[str]:
    """What it was found by, who else found it, and how it is written."""
    yield f"kind {each.kind}"
    yield "found" if each.score >= LEAST_SCORE else "guess"
    yield f"by {each.by}"
    if each.by not in _WEIGHED:
        yield f"by {each.by}: {each.because}"
    voices = set()
    for other in found:
        if other.start < each.end and each.start < other.end:
            sure = other.score >= LEAST_SCORE
            told = other.because if other.by not in _WEIGHED else "sure" if sure else "unsure"
            yield f"also {other.by}: {told}"
            if told != "unsure":
                voices.add(other.by)
    yield f"voices {min(3, len(voices))}"
    said = text[each.start : each.end]
    yield f"letters {'small' if said.islower() else 'great' if said.isupper() else 'mixed'}"
    yield f"long {min(4, len(_words(said)))}"


def _of_the_text(
    view: str,
    each: Found,
    said: dict[str, list[tuple[int, float]]],
    full: dict[str, set[int]],
) -> Iterator[tuple[str, float]]:
    """How the same words are taken where they stand elsewhere in the text."""
    words = _words(view[each.start : each.end])
    others = [
        total
        for word in words
        for start, total in said.get(word, ())
        if not each.start <= start < each.end
    ]
    if others:
        yield "elsewhere at most", _bounded(max(others))
        yield "elsewhere", _bounded(math.fsum(others) / len(others))
        yield f"elsewhere {min(3, len(others))}", 1.0
    else:
        yield "nowhere else", 1.0
    starts = (start for word in words for start in full.get(word, ()))
    if any(not each.start <= start < each.end for start in starts):
        yield "in full elsewhere", 1.0


def _words(said: str) -> list[str]:
    return [bare(word.lower()) for word in _WORD.findall(said)]


def _said_of_words(view: str, weighed: Sequence[_Row]) -> dict[str, list[tuple[int, float]]]:
    """What is said of each word, by each candidate that holds it."""
    said: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for start, end, _, _, total in weighed:
        for word in sorted(set(_words(view[start:end]))):
            said[word].append((start, total))
    return said


def _in_full(view: str, found: Sequence[Found]) -> dict[str, set[int]]:
    """Where each word stands within a name of two words or more."""
    full: dict[str, set[int]] = defaultdict(set)
    for each in found:
        if each.kind == "PERSON" and each.score >= LEAST_SCORE:
            words = _words(view[each.start : each.end])
            for word in words if len(words) > 1 else ():
                full[word].add(each.start)
    return full
