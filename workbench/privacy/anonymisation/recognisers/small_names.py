"""Names without capitals, as in a chat: words that are names and nothing else, and what follows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import (
    PARTICLES,
    Lexicon,
    is_english,
    read_classes,
    read_lexicon,
)

from .capitals import Word, name_evidence, words_of

_SAID = re.compile(
    r"(?:\b(?:dear|hi|hello|hey|my name is|name is|named|i am|i'm|this is|spoke (?:to|with)|"
    r"speak (?:to|with)|married|"
    r"wife|husband|son|daughter|brother|sister|mother|father|friend|colleague|manager|boss|neighbou?r|supervisor|"
    r"(?:signed|written|reported|seen|prepared|approved|reviewed|submitted|referred|sent|"
    r"drafted|authored) by|"
    r"on behalf of|attention of|care of|c/o|patient|tenant|landlord|applicant|claimant|"
    r"guardian|witness|candidate),?\s+)$",
    re.IGNORECASE,
)


_TITLED = re.compile(
    r"\b(?P<title>mr|mrs|ms|miss|dr|aunt|auntie|aunty|uncle|nurse|prof)\.? (?P<who>(?-i:[a-zà-ÿā-ž][\w'’-]{2,}))",
    re.IGNORECASE,
)
_SURE_TITLES = frozenset(("mr", "mrs", "ms"))
_THANKED = re.compile(
    r"(?i:\b(?:thanks|thank you|thx|hi|hello|hey|dear|cheers|ta)),? (?P<who>[a-zà-ÿā-ž]{3,})(?=[.,!]|\s*\n|$)"
)


def _titled(text: str) -> Iterator[Found]:
    """What a title or thanks stand before, though it has no capital: mrs baker, thanks keisha."""
    lexicon = read_lexicon()
    for hit in _TITLED.finditer(text):
        low = hit["who"].lower()
        word = words_of(low)[0]
        sure = hit["title"].lower() in _SURE_TITLES and low not in lexicon.no_names
        if sure or (name_evidence(lexicon, word) and low not in lexicon.no_names):
            yield Found(*hit.span("who"), "PERSON", 0.8, "small_names", "a title stands before it")
    for hit in _THANKED.finditer(text):
        low = hit["who"]
        if (
            not is_english(low)
            and low not in lexicon.no_names
            and low not in read_classes("nobodies.txt")["thanked"]
        ):
            yield Found(*hit.span("who"), "PERSON", 0.65, "small_names", "somebody is thanked")


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Runs of small letters that begin with a name."""
    yield from _titled(text)
    words, lexicon = words_of(text), read_lexicon()
    at = 0
    while at < len(words):
        taken = _small_run(text, words[at : at + 5], reading, lexicon)
        if taken:
            yield Found(
                taken[0].start,
                taken[-1].end,
                "PERSON",
                0.65,
                "small_names",
                "a name in small letters",
            )
        at += max(1, len(taken))


def _small_run(text: str, words: list[Word], reading: Reading, lexicon: Lexicon) -> list[Word]:
    first = words[0]
    if first.capital or len(first.said) < 3:
        return []
    low, evidence = first.lower, name_evidence(lexicon, first)
    if text[first.end : first.end + 1] in (".", "@", "/", "_") or text[
        max(0, first.start - 1) : first.start
    ] in (".", "@", "/", "_"):
        return []
    if not evidence or low in PARTICLES or low in lexicon.no_names:
        return []
    taken = [first]
    for before, word in pairwise(words):
        if word.capital or text[before.end : word.start] not in (" ", "\n", "-"):
            break
        if (
            word.lower in lexicon.no_names
            or (is_english(word.lower) and not name_evidence(lexicon, word))
        ) and word.lower not in PARTICLES:
            break
        taken.append(word)
    while len(taken) > 1 and (taken[-1].lower in PARTICLES or _is_a_word(taken[-1].lower)):
        taken.pop()
    sure = evidence == 2 and not is_english(low)
    tagged = first.start in reading.proper
    pair = len(taken) > 1 and any(
        word.lower not in lexicon.ambiguous and not is_english(word.lower) for word in taken
    )
    said = bool(_SAID.search(text, max(0, first.start - 40), first.start))
    if pair or sure or (evidence == 2 and tagged) or (evidence == 1 and said and len(taken) > 1):
        return taken
    return []


def _is_a_word(low: str) -> bool:
    """Whether a word in small letters is English, and a name on no list of this package."""
    return is_english(low) and low not in read_lexicon().own
