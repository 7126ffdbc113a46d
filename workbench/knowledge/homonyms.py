"""Homonyms: one name under which documents speak of different things, kept apart by context.

A document is an anchor of a sense if its title says so, *Mercury (planet)* beside *Mercury
(element)* or plain *Mercury*, or if the user does. In every other document a name has one sense
(Gale, Church & Yarowsky 1992, One sense per discourse): the one whose anchors share clearly more of
the words around the name that no other sense's anchors have. Where none does, the name is neither.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .extraction.names import name_key
from .words import FUNCTION_WORDS

_TITLE = re.compile(r"\s*(\S.*?)\s*\(([^()]+)\)\s*")
_WORD = re.compile(r"[^\W\d_]{3,}")
_LEAST_WORDS, _LEAST_RATIO = 2, 2

Senses = Mapping[str, Mapping[int, str]]


class TitleName(NamedTuple):
    """The name that a title is of, and the sense that stands in brackets after it, if any."""

    key: str
    sense: str


def title_name(title: str) -> TitleName:
    """What a document's title is the name of."""
    found = _TITLE.fullmatch(title)
    if found is None:
        return TitleName(name_key(title), "")
    return TitleName(name_key(found[1]), name_key(found[2]))


def find_anchors(
    titles: Mapping[int, str], chosen: Iterable[tuple[int, str, str]]
) -> dict[str, dict[int, str]]:
    """For the key of each name with several senses its anchors: documents with their sense.

    Args:
        titles: Each document's title.
        chosen: Document, key of a name and sense, as users set them; they go before titles.
    """
    found: dict[str, dict[int, str]] = defaultdict(dict)
    for document, title in titles.items():
        key, sense = title_name(title)
        found[key][document] = sense
    for document, key, sense in chosen:
        found[key][document] = sense
    wanted = {key for _, key, _ in chosen}
    for key, anchors in found.items():
        if len(set(anchors.values())) > 1:
            wanted.add(key)
    return {key: found[key] for key in sorted(wanted)}


def assign_senses(
    anchors: Mapping[int, str], contexts: Mapping[int, Iterable[str]]
) -> dict[int, str]:
    """The sense of a name in each document, "" where it is the name itself.

    Args:
        anchors: Documents whose sense is known.
        contexts: For each document the passages in which the name stands; of anchors any of theirs.
    """
    senses = sorted(set(anchors.values()))
    found = dict(anchors)
    if len(senses) < 2:
        return found
    own = _telling_words(anchors, contexts)
    for document, texts in contexts.items():
        if document not in anchors:
            words = _words(texts)
            shared = sorted(((len(words & own[sense]), sense) for sense in senses), reverse=True)
            (most, best), (second, _) = shared[:2]
            if most >= _LEAST_WORDS and most >= _LEAST_RATIO * second:
                found[document] = best
    return found


def _telling_words(
    anchors: Mapping[int, str], contexts: Mapping[int, Iterable[str]]
) -> dict[str, set[str]]:
    """For each sense the words that its anchors have and no other sense's."""
    words: dict[str, set[str]] = defaultdict(set)
    for document, sense in anchors.items():
        words[sense] |= _words(contexts.get(document, ())) | _words([sense])
    return {
        sense: mine.difference(*(other for name, other in words.items() if name != sense))
        for sense, mine in words.items()
    }


def _words(texts: Iterable[str]) -> set[str]:
    words = {word for text in texts for word in _WORD.findall(text.casefold())}
    return words - FUNCTION_WORDS
