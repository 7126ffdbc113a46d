"""How far one word says another one that is asked for, wider than `related_words`."""

from __future__ import annotations

from functools import lru_cache

from .related_words import begin_alike, say_alike, share_class
from .words import stem_set

# Beyond the list of `related_words`, which the other lines were fitted to.
_FURTHER_CLASSES = tuple(
    map(
        stem_set,
        (
            "flow run cut pass cross",
            "call known formerly former previously historically name named nickname",
            "parent subsidiary owned",
            "depose deposition overthrown takeover",
            "marry divorce",
            "name comes derives derived origin word",
            "attribute wrote written author",
            "link connect join",
            "belong member part family genus school student",
            "inhabitants population people residents",
            "medal medalist gold",
            "headquarters headquartered based",
            "currency euro dollar peso franc",
            "receive award awarded won recipient laureate win",
            "come rise source originate",
            "banish exile expel",
            "appear publish release issue write",
            "divide chapter consist part",
            "succeed successor follow replace next after",
            "teach taught teacher pupil student",
            "height above elevation altitude",
            "mother son daughter parents",
            "father son daughter parents",
            "identify equate equivalent counterpart",
            "stand locate situated lie",
            "study enrol attend educated graduate degree",
            "come flow rise source",
            "precede succeed predecessor successor",
            "write work author book novel",
            "separate between lie",
        ),
    )
)
SAID, ALIKE, RELATED, FURTHER = 1.0, 0.9, 0.7, 0.6
_SHORTEST, _LONG = 4, 5  # letters


@lru_cache(maxsize=1 << 16)
def far_said(asked: str, word: str) -> float:
    """How far a stem says another one."""
    if not asked:
        return 0.0
    if asked == word:
        return SAID
    if begin_alike(asked, word) and len(asked) >= _SHORTEST and not asked[0].isdigit():
        return ALIKE
    if word.startswith(asked) and len(asked) >= _LONG:
        return ALIKE
    if say_alike(asked, word):
        return RELATED
    if share_class(asked, word) or any(asked in each and word in each for each in _FURTHER_CLASSES):
        return FURTHER
    return 0.0


def most_said(asked: str, stems: frozenset[str]) -> float:
    """How far the nearest of some stems says another one."""
    if asked in stems:
        return SAID
    return max((far_said(asked, each) for each in stems), default=0.0)
