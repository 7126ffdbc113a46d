"""Whose names are nobody's: an animal's, a storm's, a street's, a shop's, a disease's."""

from __future__ import annotations

import re

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.words import (
    read_called_after,
    read_lexicon,
    read_surroundings,
)

_NEXT = re.compile(r"[ \n]([^\W\d_][\w'’]*)")
_PET = re.compile(
    r"(?i)\b(?:dog|cat|puppy|kitten|horse|pony|mare|rabbit|hamster|parrot|budgie|tortoise|guinea pig|labrador|spaniel|terrier|"
    r"retriever|poodle|greyhound|collie|pet)(?: is| was)?(?: called| named|'s name is|:|,)? (?-i:(?P<pet>[A-Z][a-z]+)(?![\w-]| [A-Z]))"
)
_STORM = re.compile(r"\b(?:Storm|Hurricane|Cyclone|Typhoon) $")
_EPONYM = re.compile(
    r"['’]s? (?:disease|syndrome|palsy|oesophagus|esophagus|cyst|lymphoma|thyroiditis|phenomenon|chorea|dementia|sarcoma|tumou?r|"
    r"ulcer|fracture|sign|test|score|scale|law|theorem|principle|wort|contracture|neuroma|hernia|node|paradox|razor|cube)\b"
)
_STREETS = frozenset(("road", "avenue", "crescent", "terrace", "boulevard", "gardens"))
_ALSO_SURNAMES = frozenset(("lane", "street", "close", "square", "court"))
_SHOP = re.compile(r"['’]s ([A-Z][a-z]+) ([A-Z][a-z]+)(?![\w-]| [A-Z])")


def is_nobody(text: str, each: Found, pets: frozenset[str]) -> bool:
    """Whether a name is an animal's, a storm's, a street's or a shop's."""
    said = text[each.start : each.end]
    if said in pets or said.startswith(("Storm ", "Hurricane ")):
        return True
    if _EPONYM.match(text, each.end) and _is_eponym(said.lower()):
        return True
    if _STORM.search(text, max(0, each.start - 12), each.start):
        return True
    words = said.lower().split()
    behind = _NEXT.match(text, each.end)
    last = behind[1].lower() if behind and text[each.end] == " " and behind[1][0].isupper() else ""
    given = words[0] in read_lexicon().given
    if last in _STREETS or (len(words) > 1 and words[-1] in _STREETS):
        return True
    if len(words) == 2 and words[-1] in _ALSO_SURNAMES and not given:
        return True
    shop = _SHOP.match(text, each.end)
    firms = read_surroundings()["organisation"] | {"box"}
    return bool(shop and len(words) == 1 and shop[2].lower() in firms)


def _is_eponym(low: str) -> bool:
    """Whether things are called after a name, and no child is: Crohn, and not Maria."""
    return low in read_called_after()[1] and low not in read_lexicon().given


def pets_in(text: str) -> frozenset[str]:
    """The names that a text gives to animals."""
    return frozenset(hit["pet"] for hit in _PET.finditer(text))
