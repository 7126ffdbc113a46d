"""A sentence as its words: stems in order, names, and the pairs of a row of a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

from workbench.knowledge.words import FUNCTION_WORDS

from .lines import Line
from .names import words_of
from .words import stem

_WORD = re.compile(r"[^\W_]+")
_BAR = " | "
_ROW = re.compile(r"^[^:;]+: [^;]+(?:; [^:;]+: [^;]+)+$")


@dataclass(frozen=True)
class Said:
    """A sentence with its words, read once.

    Args:
        line: The sentence.
        passage: A number of the passage that it is of, for who reads several.
        title: What it stands under, if that may say what it is about.
    """

    line: Line
    passage: int = 0
    title: str = ""

    def under_title(self) -> Said:
        """The same with its title for what it is about, where nothing else says that."""
        if self.line.about or not self.title:
            return self
        return replace(self, line=replace(self.line, about=self.title))

    @cached_property
    def shown(self) -> list[str]:
        """Its words as they are written."""
        return _WORD.findall(self.line.text)

    @cached_property
    def low(self) -> list[str]:
        """Its words in small letters."""
        return [word.casefold() for word in self.shown]

    @cached_property
    def stems(self) -> list[str]:
        """Their stems, in order."""
        stems = (stem("".join(words_of(word))) for word in self.shown)
        found = zip(stems, self.low, strict=True)
        return ["find" if word == "found" else each for each, word in found]  # not founded

    @cached_property
    def about(self) -> frozenset[str]:
        """The stems of what it is about, beside what it says itself."""
        return frozenset(map(stem, words_of(self.line.about)))

    @cached_property
    def capitalised(self) -> list[str]:
        """The stems of its capitalised words, in order; the first only if it is no small word."""
        return [self.stems[at] for at in self._capitals]

    def capitalised_before(self, place: int) -> list[str]:
        """Those before a place."""
        return [self.stems[at] for at in self._capitals if at < place]

    @cached_property
    def _capitals(self) -> list[int]:
        return [
            at
            for at, word in enumerate(self.shown)
            if word[0].isupper() and (at or word.casefold() not in FUNCTION_WORDS)
        ]

    @cached_property
    def runs(self) -> list[tuple[str, ...]]:
        """Capitalised words that follow one another, as stems; of a row those of its values."""
        if self.cells:
            values = (value for _, value in self.cells)
            return [run for value in values for run in Said(Line(value, 0, len(value))).runs]
        found: list[list[int]] = []
        for at in self._capitals:
            if found and found[-1][-1] == at - 1:
                found[-1].append(at)
            else:
                found.append([at])
        return [tuple(self.stems[at] for at in run) for run in found]

    @cached_property
    def cells(self) -> list[tuple[frozenset[str], str]]:
        """Of a row of either form each value, with the stems of it and of its column's head."""
        if self.pairs:
            return list(zip(self.pairs, (value for _, value in self.columns), strict=True))
        return [
            (frozenset(map(stem, words_of(f"{head} {value}"))), value)
            for head, value in self.columns
        ]

    @cached_property
    def columns(self) -> list[tuple[str, str]]:
        """Of a row of either form each head of a column with its value, as they are written."""
        text, heads = self.line.text, self.line.about.split(_BAR)
        if self.pairs:
            parts = (part.partition(": ") for part in text.split(";"))
            return [(head.strip(), value.strip()) for head, _, value in parts]
        values = text.split(_BAR)
        if len(values) < 2 or len(values) != len(heads):
            return []
        return list(zip(heads, values, strict=True))

    @cached_property
    def pairs(self) -> list[frozenset[str]]:
        """The stems of each *column: value* of a row; none where it is no row."""
        if not _ROW.match(self.line.text):
            return []
        parts = self.line.text.split(";")
        return [
            frozenset(stem(word) for word in words_of(part.replace("_", " "))) for part in parts
        ]

    @cached_property
    def _telling(self) -> list[int]:
        """The places of words that a name has: not *of* and the like."""
        return [
            at
            for at, word in enumerate(self.shown)
            if word.isupper() or word.casefold() not in FUNCTION_WORDS
        ]

    def places(self, name: tuple[str, ...]) -> list[int]:
        """Where a name stands in whole, and not as the end of a longer one."""
        found = []
        for first in range(len(self._telling) - len(name) + 1):
            run = self._telling[first : first + len(name)]
            at = run[0]
            longer = at > 0 and at - 1 in self._capitals and len(name) == 1
            shown = self.shown[at][0]  # a name has a capital, where its script has any
            if tuple(self.stems[each] for each in run) == name and not (longer or shown.islower()):
                found.append(at)
        return found

    def names(self, name: tuple[str, ...]) -> bool:
        """Whether it has a name in whole."""
        return bool(self.places(name))

    def longest_form(self, name: tuple[str, ...]) -> tuple[str, ...]:
        """A name as it goes on where it stands first: *Rome*, or the *Rome Opera*; or only itself.

        What goes on follows it at once, with capitals: another name after a comma does not.
        """
        places = self.places(name)
        if not places:
            return name
        run = [each for each in self._telling if each >= places[0]]
        last = run[len(name) - 1]
        words = list(_WORD.finditer(self.line.text))
        while last + 1 in self._capitals and self._touch(words, last):
            name, last = (*name, self.stems[last + 1]), last + 1
        return name

    def _touch(self, words: list[re.Match[str]], at: int) -> bool:
        """Whether nothing but a blank or a hyphen stands between a word and the next."""
        between = self.line.text[words[at].end() : words[at + 1].start()]
        return between in (" ", "-", "\u00a0")

    def begins_with(self, name: tuple[str, ...]) -> bool:
        """Whether it tells of a name: begins with it, or with a pronoun for it."""
        return any(at <= 1 and at in self._capitals for at in self.places(name)) or (
            self.about.issuperset(name) and not self.line.is_of_its_own
        )
