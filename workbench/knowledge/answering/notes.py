"""Notes: the sentences of retrieved passages that bear on a question, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.knowledge.retrieval.telling import Retrieval, RetrievedPassage, Sentence
from workbench.knowledge.retrieval.words import content_stems, stems_of
from workbench.knowledge.sentences import split_sentences

if TYPE_CHECKING:
    import numpy as np

MOST_NOTES = 5
_MOST_PASSAGES, _MOST_OF_PASSAGE = 6, 2
_LEAST_SHARE = 0.65  # of the best score: what is further off leads a small model astray
_WORDS_WEIGHT = 0.4  # of the share of the question's words against the nearness in meaning


@dataclass(frozen=True)
class Span:
    """Characters ``start`` to ``end`` of a document's normalised text."""

    document: str
    start: int
    end: int


@dataclass(frozen=True)
class Note:
    """A sentence of a document. ``heading`` is where its passage names what it is about."""

    text: str
    span: Span
    title: str
    heading: Span | None = None
    score: float = 0.0


def choose_notes(
    retrieval: Retrieval,
    embed: Callable[[Sequence[str]], np.ndarray],
    *,
    most: int = MOST_NOTES,
) -> list[Note]:
    """The sentences to answer from, the best first; each step of a path has one.

    Args:
        retrieval: What was found.
        embed: Gives the vectors of texts, shape (texts, dimensions), length 1.
        most: At most so many.
    """
    if retrieval.communities:
        found = [_of_community(each) for part in retrieval.communities for each in part.summary]
        return found[:most]
    passages = retrieval.passages[:_MOST_PASSAGES]
    notes = [note for passage in passages for note in _sentences(passage)]
    if not notes:
        return []
    scored = _score(retrieval.question, notes, embed)
    steps = {(step.place.document, step.place.start) for step in retrieval.path}
    led = [
        max(own, key=lambda note: note.score)
        for passage in passages
        if (own := _own(passage, scored)) and _place(passage) in steps
    ]
    rest = [
        note
        for passage in passages
        for note in sorted(_own(passage, scored), key=_best_first)[:_MOST_OF_PASSAGE]
    ]
    least = _LEAST_SHARE * max(note.score for note in rest)
    near = [note for note in sorted(rest, key=_best_first) if note.score >= least]
    return list(dict.fromkeys([*led, *near]))[:most]


def _sentences(passage: RetrievedPassage) -> Iterator[Note]:
    if not passage.places:
        return
    where, heading = passage.places[0], None
    for start, end in split_sentences(passage.text):
        text = passage.text[start:end]
        span = Span(where.document, where.start + start, where.start + end)
        if heading is None and text.strip("# ") == passage.title:
            heading = span  # a line that names the document says nothing else
            continue
        yield Note(text, span, passage.title, heading)


def _score(
    question: str, notes: Sequence[Note], embed: Callable[[Sequence[str]], np.ndarray]
) -> list[Note]:
    vectors = embed([question, *(f"{note.title}: {note.text}" for note in notes)])
    nearness = vectors[1:] @ vectors[0]
    asked = set(content_stems(question))
    return [
        replace(note, score=float(near) + _WORDS_WEIGHT * _share(asked, note))
        for note, near in zip(notes, nearness, strict=True)
    ]


def _share(asked: set[str], note: Note) -> float:
    said = stems_of(f"{note.title} {note.text}")
    return len(asked & said) / len(asked) if asked else 0.0


def _own(passage: RetrievedPassage, notes: Iterable[Note]) -> list[Note]:
    document, start = _place(passage)
    end = passage.places[0].end
    return [
        note for note in notes if note.span.document == document and start <= note.span.start < end
    ]


def _place(passage: RetrievedPassage) -> tuple[str, int]:
    return passage.places[0].document, passage.places[0].start


def _best_first(note: Note) -> tuple[float, str, int]:
    return -note.score, note.span.document, note.span.start


def _of_community(sentence: Sentence) -> Note:
    return Note(sentence.text, Span(sentence.document, sentence.start, sentence.end), "")
