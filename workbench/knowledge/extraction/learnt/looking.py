"""A sentence with the rules' facts in it, as it is learnt from and as it is decided on."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.evaluation.relation_scores import SYMMETRIC

from ..dependency.reading import Found, Passage
from ..dependency.tree import Phrase
from .phrases import Candidate, candidate_phrases
from .signs import Sentence

_SHORTEST, _LONGEST = 4, 80  # tokens of a sentence that is looked at


@dataclass(frozen=True)
class Looked:
    """A sentence, in which the arguments of its facts are candidates, and these facts."""

    told: Sentence
    facts: Sequence[Found]

    def pairs_of(self, fact: Found) -> list[tuple[int, int]]:
        """The pairs of candidates that a fact is about: two if it holds either way, or none."""
        one, two = (
            self._by_head.get(each.head.i - self.told.start) for each in (fact.subject, fact.object)
        )
        if one is None or two is None:
            return []
        return [(one, two), (two, one)][: 1 + (fact.relation in SYMMETRIC)]

    @functools.cached_property
    def _by_head(self) -> Mapping[int, int]:
        """The candidate of each head; a people's name is it only where nothing else is."""
        found: dict[int, int] = {}
        for wanted in (True, False):
            for number, each in enumerate(self.told.candidates):
                if (each.kind != "people") == wanted:
                    found.setdefault(self.told.heads[number], number)
        return found


def facts_in(sentence: Any, found: Sequence[Found]) -> list[Found]:
    """The facts that end in a sentence (a spaCy ``Span``)."""
    return [each for each in found if sentence.start <= each.object.head.i < sentence.end]


def is_looked_at(sentence: Any) -> bool:
    """Whether a sentence is neither a fragment nor a table."""
    return _SHORTEST <= len(sentence) <= _LONGEST


def look_at(passage: Passage, sentence: Any, facts: Sequence[Found]) -> Looked:
    """A sentence with the facts that end there."""
    candidates = _with_arguments(candidate_phrases(passage, sentence), facts, sentence)
    return Looked(Sentence(passage, sentence, candidates), facts)


def _with_arguments(
    candidates: list[Candidate], facts: Sequence[Found], sentence: Any
) -> list[Candidate]:
    """The candidates, and the rules' arguments that are none of them."""
    known = {each.phrase.head.i for each in candidates}
    made = list(candidates)
    for phrase in _arguments(facts):
        if phrase.head.i not in known and sentence.start <= phrase.head.i < sentence.end:
            known.add(phrase.head.i)
            made.append(Candidate(phrase, "entity"))
    return made


def _arguments(facts: Sequence[Found]) -> Iterator[Phrase]:
    for each in facts:
        yield from (each.subject, each.object)
