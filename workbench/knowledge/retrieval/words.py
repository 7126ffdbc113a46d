"""Words that carry meaning, in one form, and the sentences that they stand in.

Endings are cut as English has them; a word of another language keeps what it has.
"""

from __future__ import annotations

import functools
import re

from workbench.knowledge.words import FUNCTION_WORDS, word_set

from .names import words_of

_ENDINGS = ("ing", "ed", "es", "s", "ly", "e")
_SHORTEST_STEM = 3
NUMBER_WORDS = """
    two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty hundred thousand million billion
    dozen
    """
"""Those that the weights of the evidence were fitted to; *one* mostly counts nothing."""
_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]*(?=\s)|\n")


@functools.lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """A word without its English ending: ``rivers`` and ``river`` are one."""
    if word.endswith("ies") and len(word) > _SHORTEST_STEM + 1:
        return word[:-3] + "y"
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def stem_set(listed: str) -> frozenset[str]:
    """The stems of the words of a list in one string, parted by white space."""
    return frozenset(map(stem, word_set(listed)))


def content_words(text: str, *, kept: frozenset[str] = frozenset()) -> list[str]:
    """The words of a text that carry meaning, each once, in order.

    Args:
        text: In any case.
        kept: Small words that carry meaning here, such as the name *WHO*.
    """
    every = dict.fromkeys(words_of(text))
    return [word for word in every if word in kept or word not in FUNCTION_WORDS]


def content_stems(text: str, *, kept: frozenset[str] = frozenset()) -> list[str]:
    """The stems of the words that carry meaning, each once, in order."""
    return list(dict.fromkeys(stem(word) for word in content_words(text, kept=kept)))


def sentences_of(text: str) -> list[tuple[int, int]]:
    """The sentences of a passage: start and end of each in its text; lines end one, too.

    Words are counted in these, and the weights were fitted to them: *Dr.* ends one. What answers
    are made of is parted by ``knowledge.sentences``, which knows better.
    """
    found, start = [], 0
    for end in [*(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]:
        while start < end and text[start].isspace():
            start += 1
        if start < end:
            found.append((start, start + len(text[start:end].rstrip())))
        start = end
    return found


def stems_of(text: str) -> frozenset[str]:
    """The stems of all words of a text."""
    return frozenset(stem(word) for word in words_of(text))
