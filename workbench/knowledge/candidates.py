"""Pairs of entities that may be one, for somebody to look at: nothing is merged by itself.

What speaks for a pair is said with it. Shares are those that seemed right when the first lists were
read; they order the queue and are no probabilities. A pair that was merged or found to be two is
not proposed again.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from workbench.core.cancellation import check_cancelled

from .events import pairs_apart
from .states import Fact, State

SAID, FOLDED, INITIALS, PART, SPELLING, FACTS = (
    "documents say so",
    "written alike but for accents and spaces",
    "initials",
    "a part of the other's name, in the same documents",
    "one letter apart",
    "the same said of both",
)
_SHARES = {SAID: 0.9, FOLDED: 0.9, INITIALS: 0.7, PART: 0.6, SPELLING: 0.5, FACTS: 0.4}
_SHORTEST_SPELLING = 6
_MOST_ALIKE = 12  # more names of one form than this are a series, not spellings
_KINDS_APART = ("person", "place", "organisation", "time")
_DIGIT = re.compile(r"\d")

Pair = tuple[str, str]


@dataclass(frozen=True)
class Candidate:
    """Two entities that may be one, with what speaks for it, the strongest first."""

    first: str
    second: str
    score: float
    reasons: tuple[str, ...]
    documents: tuple[str, ...]


def find_candidates(state: State, *, least_score: float = 0.5) -> list[Candidate]:
    """The pairs to look at, the likeliest first.

    Raises:
        CancelledError: The caller stopped it.
    """
    reasons: dict[Pair, dict[str, float]] = defaultdict(dict)
    documents = _documents_of(state)
    keys = [key for key in state.entities if "#" not in key and not _DIGIT.search(key)]
    for reason, found in (
        (SAID, _said_alike(state.facts)),
        (FOLDED, _folded(keys)),
        (INITIALS, _by_initials(keys)),
        (PART, _parts(keys, documents)),
        (SPELLING, _one_letter_apart(keys)),
        (FACTS, _same_said(state.facts)),
    ):
        check_cancelled()
        for pair, weight in found:
            low, high = sorted(pair)
            reasons[low, high][reason] = weight * _SHARES[reason]
    apart = set(pairs_apart(state.graph, until_us=state.recorded_us))
    made = [
        _candidate(pair, said, documents)
        for pair, said in reasons.items()
        if pair[0] != pair[1] and pair not in apart and not _other_kinds(state, pair)
    ]
    kept = [each for each in made if each.score >= least_score]
    return sorted(kept, key=lambda each: (-each.score, each.first, each.second))


def fold(key: str) -> str:
    """A key without accents, spaces and marks: ``são paulo`` and ``saopaulo`` are one."""
    split = unicodedata.normalize("NFKD", key)
    return "".join(mark for mark in split if mark.isalnum())


def _candidate(pair: Pair, said: dict[str, float], documents: dict[str, set[str]]) -> Candidate:
    score = 1 - math.prod(1 - share for share in said.values())
    ordered = sorted(said, key=lambda reason: (-said[reason], reason))
    both = documents.get(pair[0], set()) & documents.get(pair[1], set())
    either = documents.get(pair[0], set()) | documents.get(pair[1], set())
    shown = tuple(sorted(both or either)[:3])
    return Candidate(*pair, round(score, 4), tuple(ordered), shown)


def _documents_of(state: State) -> dict[str, set[str]]:
    paths = {number: row["path"] for number, row in state.documents.items()}
    found: dict[str, set[str]] = defaultdict(set)
    for key, row in state.mentions:
        found[key].add(paths[row["document"]])
    return found


def _said_alike(facts: Iterable[Fact]) -> Iterator[tuple[Pair, float]]:
    for fact in facts:
        if fact.relation == "also_known_as":
            yield (fact.subject, fact.object), fact.confidence


def _folded(keys: Iterable[str]) -> Iterator[tuple[Pair, float]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        if folded := fold(key):
            groups[folded].append(key)
    yield from _pairs_within(groups)


def _by_initials(keys: Iterable[str]) -> Iterator[tuple[Pair, float]]:
    """*j tolkien* and *john ronald tolkien*: one last name, given names that begin alike, at least
    one of them a letter alone. Several that fit halve each other's weight."""
    groups: dict[tuple[str, str], list[list[str]]] = defaultdict(list)
    for key in keys:
        words = key.split()
        if len(words) > 1 and len(words[-1]) > 2:
            groups[words[-1], words[0][0]].append(words)
    for names in groups.values():
        short = [words for words in names if any(len(word) == 1 for word in words[:-1])]
        for words in short:
            fits = [other for other in names if other != words and _abbreviates(words, other)]
            for other in fits:
                yield (" ".join(words), " ".join(other)), 1 / len(fits)


def _abbreviates(short: list[str], long: list[str]) -> bool:
    given, whole = short[:-1], long[:-1]
    return len(given) <= len(whole) and all(
        one == other or (len(one) == 1 and other[0] == one)
        for one, other in zip(given, whole, strict=False)
    )


def _parts(keys: Iterable[str], documents: dict[str, set[str]]) -> Iterator[tuple[Pair, float]]:
    """A last name in documents that have one whole name with it."""
    by_last: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        if " " in key:
            by_last[key.rsplit(" ", 1)[1]].append(key)
    for last, longs in by_last.items():
        places = documents.get(last)
        if not places or len(last) < 3:
            continue
        fits = {path: [key for key in longs if path in documents[key]] for path in places}
        for key in longs:
            alone = sum(found == [key] for found in fits.values())
            if alone:
                yield (last, key), alone / len(places)


def _one_letter_apart(keys: Iterable[str]) -> Iterator[tuple[Pair, float]]:
    """Names that are one if at most one letter of each is taken away."""
    groups: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        if len(key) >= _SHORTEST_SPELLING:
            groups[key].append(key)
            for place in range(len(key)):
                groups[key[:place] + key[place + 1 :]].append(key)
    long = {cut: sorted(set(names)) for cut, names in groups.items() if len(names) > 1}
    yield from _pairs_within(long)


def _same_said(facts: Iterable[Fact]) -> Iterator[tuple[Pair, float]]:
    """Two of which the same rare things are said; what is said of many tells nothing."""
    subjects: dict[Pair, set[str]] = defaultdict(set)
    counts: dict[str, int] = defaultdict(int)
    for fact in facts:
        subjects[fact.relation, fact.object].add(fact.subject)
        counts[fact.subject] += 1
    shared: dict[Pair, int] = defaultdict(int)
    for found in subjects.values():
        if len(found) == 2:
            shared[min(found), max(found)] += 1
    for pair, count in shared.items():
        least = min(counts[pair[0]], counts[pair[1]])
        if count > 1:
            yield pair, count / least


def _pairs_within(groups: dict[str, list[str]]) -> Iterator[tuple[Pair, float]]:
    for names in groups.values():
        if 1 < len(names) <= _MOST_ALIKE:
            for place, one in enumerate(names):
                for other in names[place + 1 :]:
                    yield (one, other), 1.0


def _other_kinds(state: State, pair: Pair) -> bool:
    """Whether extractors take one for a person, say, and the other for a place."""
    known = [
        {kind for kind in state.entities[key].kinds if kind in _KINDS_APART}
        if key in state.entities
        else set()
        for key in pair
    ]
    return bool(known[0] and known[1] and not known[0] & known[1])
