"""Names in running text: which known names stand in a question or a passage, the longest first."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MOST_WORDS = 8  # a longer name is a sentence
_WORD = re.compile(r"\w+")
_QUALIFIER = re.compile(r"\s*\([^()]*\)\s*$")


@dataclass(frozen=True)
class NamedSpan:
    """A known name in a list of words: from ``start`` up to ``end``, and what it may stand for."""

    start: int
    end: int
    entities: tuple[int, ...]


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in one form: compatibility forms and case set aside."""
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def without_qualifier(title: str) -> str:
    """A title without what tells it from its homonyms: ``Thriller (album)`` is ``Thriller``."""
    return _QUALIFIER.sub("", title) or title


class NameTable:
    """Which entities each name stands for.

    Args:
        names: Words of a name and the number of an entity that it stands for; a name may stand for
            several.
    """

    def __init__(self, names: Iterable[tuple[tuple[str, ...], int]]) -> None:
        entities: dict[tuple[str, ...], set[int]] = defaultdict(set)
        for words, entity in names:
            if words and len(words) <= MOST_WORDS:
                entities[words].add(entity)
        self._entities = {words: tuple(sorted(found)) for words, found in entities.items()}
        longest: dict[str, int] = defaultdict(int)
        for words in self._entities:
            longest[words[0]] = max(longest[words[0]], len(words))
        self._longest = dict(longest)

    def find(self, words: tuple[str, ...]) -> Iterator[NamedSpan]:
        """The names in a list of words, from left to right, none within another.

        Args:
            words: As ``words_of`` gives them.
        """
        at = 0
        while at < len(words):
            for length in range(min(self._longest.get(words[at], 0), len(words) - at), 0, -1):
                found = self._entities.get(words[at : at + length])
                if found is not None:
                    yield NamedSpan(at, at + length, found)
                    at += length
                    break
            else:
                at += 1

    def __len__(self) -> int:
        return len(self._entities)
