"""The sentences of a passage, each with what its pronoun stands for, and rows with their heads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.knowledge.sentences import split_sentences
from workbench.knowledge.words import FUNCTION_WORDS

_PRONOUN = re.compile(
    r"^\W*(?:(?:He|She|They|His|Her|Its|Their)\b|It\b(?! (?:is|was) \w+ that\b)|"
    r"(?:In|By|As of|Since|After|From|On|At) [^,.;]{1,30},? (?:he|she|it|they)\b|"
    r"(?:The|This) [a-z]+ (?:is|was|are|were|has|had|have|lies|stands|covers)\b)"
)
_OWN = re.compile(r"^\W*(?:His|Her|Its|Their)\b")
_PART = r"[^\W\d_a-z][\w'’-]*"
_NAME = re.compile(rf"{_PART}(?:\s+(?:(?:of(?:\s+the)?|de|von|van|da|der)\s+)*{_PART})*")
_GOES_ON = re.compile(r"\s+(?:the|an?|his|her|its)\b")  # *Like the Iliad* begins with no name
_ARTICLE = re.compile(r"^(?:The|A|An)\s+")
# *Ida has been its mayor since 2004.*
_ITS = re.compile(r"\b(?:is|was|been|became|as)\s+(?:its|their)\s+((?:[a-z]+\s?){1,4})")
_LOOKED_BACK = 300  # characters
_BAR = " | "
_LABEL = re.compile(r"^[^.!?]{1,30}: ")


@dataclass(frozen=True)
class Line:
    """A sentence, characters ``start`` to ``end`` of its passage.

    ``about`` are the words that say what it is about, where it has a pronoun or is a row of a
    table, and ``about_start`` where these stand; -1 if that is the passage's title.
    """

    text: str
    start: int
    end: int
    about: str = ""
    about_start: int = -1

    @property
    def is_of_its_own(self) -> bool:
        """Whether it tells of something that what it is about has: *Her pupil found it.*"""
        return bool(_OWN.match(self.text))

    @property
    def is_row(self) -> bool:
        """Whether it is a row of a table, with the heads of the columns."""
        return _BAR in self.text


def lines_of(text: str, title: str) -> Iterator[Line]:
    """The sentences of a passage but for its title; the heads of a table go with its rows.

    A pronoun stands for the name that the nearest sentence before it begins with, in the same
    passage; where none does, for the title.
    """
    named: tuple[str, int] = ("", -1)
    heads: Line | None = None
    rows = 0
    for start, end in split_sentences(text):
        said = text[start:end]
        line = Line(said, start, end)
        if start == 0 and said.strip("# ") == title:
            continue
        if heads is not None:
            if heads.text.count(_BAR) == said.count(_BAR):
                rows += 1
                yield Line(said, start, end, heads.text, heads.start)
                continue
            if not rows:
                yield heads  # a bar alone makes no table
        heads, rows = (line, 0) if line.is_row else (None, 0)
        if heads is not None:
            continue
        if _PRONOUN.match(said):
            yield Line(said, start, end, *(named if named[0] else (title, -1)))
            continue
        whose = _whose(text, said, start)
        yield line if whose is None else Line(said, start, end, *whose)
        name = _begins_with(said)
        if name:
            named = name, start + said.index(name)
    if heads is not None and not rows:
        yield heads


def needs_name(sentence: str) -> bool:
    """Whether a sentence begins with a pronoun, or is a row: another says what it is about."""
    return _BAR in sentence or bool(_PRONOUN.match(sentence)) or bool(_ITS.search(sentence))


def stands_alone(sentence: str) -> bool:
    """Whether it is running text that says itself what it is about: no row, heading or pronoun."""
    runs = sentence[:1].isupper() and sentence[-1:] in ".!?…" and "[[" not in sentence
    whole = sentence.count("(") == sentence.count(")") and not _LABEL.match(sentence)
    return runs and whole and not needs_name(sentence) and bool(_begins_with(sentence))


def _whose(text: str, said: str, start: int) -> tuple[str, int] | None:
    """Whose mayor *its mayor* is, and where that stands: the sentences before say *mayor of*."""
    its = _ITS.search(said)
    if its is None:
        return None
    words, first = its[1].split(), max(0, start - _LOOKED_BACK)
    for many in range(len(words), 0, -1):
        of = re.compile(rf"\b{' '.join(words[:many])} of (?:the )?(?P<name>{_NAME.pattern})")
        found = list(of.finditer(text, first, start))
        if found:
            return found[-1]["name"], found[-1].start("name")
    return None


def _begins_with(sentence: str) -> str:
    """The name that a sentence begins with, if it does."""
    without = _ARTICLE.sub("", sentence)
    match = _NAME.match(without)
    if (
        match is None
        or _GOES_ON.match(without, match.end())
        or match[0].split()[0].casefold() in FUNCTION_WORDS - {"who"}
    ):
        return ""
    return match[0]
