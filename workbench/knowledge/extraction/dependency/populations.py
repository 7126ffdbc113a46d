"""has_population: the number after *population*, or of inhabitants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .reading import Found, Passage
from .tree import Phrase, Token, children, objects, subject_of

_NUMBER = re.compile(
    r"(?:\d{1,3}(?:,\d{3})+|(?:\d+(?:\.\d+)?|one|two|three|four|five|six|seven|eight|nine|ten)"
    r"[ ](?:million|billion|thousand))"
)
_INHABITANTS = re.compile(r"[ ]+(?:\w+[ ]){0,2}(?:inhabitants|people|residents|citizens)")


def find_populations(passage: Passage, sentence: Any) -> Iterator[Found]:
    """Each ``has_population`` of a sentence: the number after *population*, or of inhabitants."""
    text = sentence.text
    for number in _NUMBER.finditer(text):
        before = text[max(0, number.start() - 60) : number.start()]
        told = re.search(r"population[^.;]*$", before) is not None
        if not told and not _INHABITANTS.match(text, number.end()):
            continue
        span = passage.doc.char_span(
            sentence.start_char + number.start(), sentence.start_char + number.end(),
            alignment_mode="expand",
        )  # fmt: skip
        place = _inhabited(passage, sentence, span)
        if place is not None:
            yield Found(
                "population", place, "has_population", Phrase(span.root, span.start, span.end)
            )


def _inhabited(passage: Passage, sentence: Any, number: Any) -> Phrase | None:
    """Whose population it is: the subject of the nearest verb above, or the first subject."""
    token = number.root
    steps = 0
    while token.head != token and steps < 8:
        if token.pos_ in {"VERB", "AUX"}:
            head = subject_of(token)
            found = passage.subject(head) if head is not None else None
            if found is not None and found.head.lemma_.lower() == "area":
                owner = next(objects(found.head, "of"), None)
                return passage.phrase(owner) if owner is not None else None
            if found is not None and found.head.lemma_.lower() != "population":
                return found
            if found is None and head is not None and head.lemma_.lower() == "population":
                return _owner_of(passage, head)
        token = token.head
        steps += 1
    head = subject_of(token)
    if head is not None and head.lemma_.lower() == "population":
        return _owner_of(passage, head)
    return passage.subject(head) if head is not None else None


def _owner_of(passage: Passage, population: Token) -> Phrase | None:
    """*Oslo* in *Oslo's population* and *the population of Oslo*."""
    owner = next(iter(children(population, "poss")), next(objects(population, "of"), None))
    return passage.phrase(owner) if owner is not None else None
