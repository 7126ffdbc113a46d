"""Notes: the sentences of retrieved passages, each with its place and what it is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.knowledge.retrieval.lines import Line, lines_of, needs_name
from workbench.knowledge.retrieval.names import words_of
from workbench.knowledge.retrieval.said import Said
from workbench.knowledge.retrieval.telling import RetrievedPassage, Sentence
from workbench.knowledge.sentences import split_sentences


@dataclass(frozen=True)
class Span:
    """Characters ``start`` to ``end`` of a document's normalised text."""

    document: str
    start: int
    end: int


@dataclass(frozen=True)
class Note:
    """A sentence of a document.

    ``heading`` is where the words of ``title`` stand that say what it is about: the heading of its
    passage, the name that its pronoun stands for, or the heads of a table that it is a row of.
    ``outright``: it answers by itself.
    """

    text: str
    span: Span
    title: str
    heading: Span | None = None
    score: float = 0.0
    outright: bool = False

    def said(self, number: int = 0) -> Said:
        """Its words, under a number."""
        title = self.title if self.heading is not None else ""
        about = title if needs_name(self.text) else ""
        return Said(Line(self.text, self.span.start, self.span.end, about), number, title)


def read_notes(passage: RetrievedPassage) -> Iterator[Note]:
    """The sentences of a passage in order; none where it stands nowhere."""
    if not passage.places:
        return
    where = passage.places[0]
    title, heading = passage.title, None

    def span(start: int, end: int) -> Span:
        return Span(where.document, where.start + start, where.start + end)

    for start, end in split_sentences(passage.text)[:1]:
        if passage.text[start:end].strip("# ") == title:
            heading = span(start, end)
    for line in lines_of(passage.text, title):
        place = span(line.start, line.end)
        said_above = heading and not line.is_row and _share_words(line.about, title)
        if line.about_start >= 0 and not said_above:
            about = span(line.about_start, line.about_start + len(line.about))
            yield Note(line.text, place, line.about, about)
        else:
            yield Note(line.text, place, title, heading)


def note_of_community(sentence: Sentence) -> Note:
    """A sentence that tells of a community."""
    return Note(sentence.text, Span(sentence.document, sentence.start, sentence.end), "")


def _share_words(one: str, other: str) -> bool:
    return not set(words_of(one)).isdisjoint(words_of(other))
