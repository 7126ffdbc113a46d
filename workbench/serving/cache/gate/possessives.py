"""``London's mayor`` as ``mayor of London``: one order for both ways of saying whose it is."""

from __future__ import annotations

from .closed_words import DROPPED, LINKS, MODALS, NEGATORS, PERSONS, QUANTIFIERS, TENSES
from .words import words as words_of

_BOUNDS = frozenset(
    (
        *LINKS,
        *MODALS,
        *NEGATORS,
        *PERSONS,
        *QUANTIFIERS,
        *TENSES,
        *(DROPPED - {"the", "a", "an"}),
        *("and", "or", "but", ",", ";", ":", "(", ")", "what", "which", "how", "why"),
    )
)
_OBJECTS_AFTER = words_of("objects_after")


_BEHIND = "of'"  # an "of" that was put here: what stands around it has one owner


def put_owner_behind(words: list[str]) -> list[str]:
    """A sentence's words with each owner behind what is his."""
    if "'s" not in words:
        return words
    while "'s" in words:
        place = start = words.index("'s")
        while start > 0 and not _is_bound(words[start - 1]) and words[start - 1] != "of":
            start -= 1
        end = place + 1
        while end < len(words) and (words[end] == "of" or not _is_bound(words[end])):
            end += 1
        owner, owned = words[start:place], words[place + 1 : end]
        if owner and owned:
            words = [*words[:start], *owned, _BEHIND, *owner, *words[end:]]
        else:
            words = [*words[:place], *words[place + 1 :]]
    return ["of" if word == _BEHIND else word for word in words]


def _is_bound(word: str) -> bool:
    return word in _BOUNDS or word in _OBJECTS_AFTER or word[0] == "@" or word == "'s"
