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
_ANIMAL = (
    r"(?:dog|cat|puppy|kitten|horse|pony|mare|gelding|foal|donkey|goat|cow|hen|goldfish|rabbit|hamster|gerbil|ferret|parrot|budgie|"
    r"canary|tortoise|guinea pig|labrador|spaniel|terrier|retriever|poodle|greyhound|whippet|lurcher|collie|beagle|dachshund|alsatian|"
    r"corgi|pug|cockapoo|labradoodle|tabby|tomcat|ginger tom|siamese|pet)"
)
_PET = re.compile(
    rf"(?i)\b{_ANIMAL}(?: is| was)?(?: called| named| known as|'s name is|:|,)? [\"“]?(?-i:(?P<pet>[A-Z][a-z]+)(?![\w-]| [A-Z]))"
)
# Poppy the cat, Daisy (Labrador), Rex, our old dog, and what only animals do. Who is told of one,
# or does what carers' notes say of people (fed, walked), is somebody: a person let go is the worse.
_WHOSE = r"(?i:the|our|my|his|her|their|a) (?:[a-z]+ ){0,2}"
_PET_BEHIND = re.compile(
    rf"(?P<pet>[A-Z][a-z]+)(?: {_WHOSE}(?i:{_ANIMAL})(?=[).,;:!?\n]| (?:and|comes|is|was|has|will|needs|ate|visits)\b|$)|, {_WHOSE}(?i:{_ANIMAL})(?=[),;\n])|"
    rf"(?:, | ?\((?:[a-z]+ ){{0,2}})(?!(?i:pet)\b)(?i:{_ANIMAL})(?=[).,;\n]))|"
    r"(?P<does>[A-Z][a-z]+) (?:barks|miaow\w*|meow\w*|purrs|(?:has|have) been (?:wormed|spayed|neutered|microchipped))\b"
)
# LOST: Bella, brown, white paw; beware of Bella.
_SOUGHT = re.compile(
    r"\b(?:LOST|MISSING|FOUND|Lost|Missing|Found)\b[:!]? (?P<pet>[A-Z][a-z]+)(?=[,.(]| \()|\b(?:[Bb]eware of|answers to(?: the name(?: of)?)?) (?P<dog>[A-Z][a-z]+)(?![\w-]| [A-Z])"
)
_COAT = re.compile(
    rf"(?i)\b(?:paws?|fur|tail|whiskers|collar|microchip\w*|chipped|tabby|{_ANIMAL})\b"
)
_TOLD = frozenset(
    ("tell", "tells", "told", "ask", "asks", "asked", "give", "gives", "gave", "show", "shows", "showed", "sold", "remind", "reminded", "let",
     "dear", "hi", "hello", "hey", "thanks", "sorry", "please", "to", "for", "with", "from", "by", "miss", "mr", "mrs", "ms", "dr")
)  # fmt: skip
_STORM = re.compile(r"\b(?:Storm|Hurricane|Cyclone|Typhoon) $")
_TITLE_BEFORE = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Lord|Lady|Sir)\.? $")
_EPONYM = re.compile(
    r"['’]s? (?:disease|syndrome|palsy|oesophagus|esophagus|cyst|lymphoma|thyroiditis|phenomenon|chorea|dementia|sarcoma|tumou?r|"
    r"ulcer|fracture|sign|test|score|scale|law|theorem|principle|wort|contracture|neuroma|hernia|node|paradox|razor|cube)\b"
)
_STREETS = frozenset(("road", "avenue", "crescent", "terrace", "boulevard", "gardens"))
_ALSO_SURNAMES = frozenset(("lane", "street", "close", "square", "court"))
_SHOP = re.compile(r"['’]s ([A-Z][a-z]+) ([A-Z][a-z]+)(?![\w-]| [A-Z])")


# Letters before a number of a tariff, a standard or a book: HS 9503.766, ISO 8601.
_STANDARDS = frozenset(("HS", "ISO", "IEC", "IEEE", "DIN", "ASTM", "RFC", "ISBN", "ISSN", "CPV"))
_NUMBERED = re.compile(r"[ -]?\d")


def is_nobody(text: str, each: Found, pets: frozenset[str]) -> bool:
    """Whether a name is an animal's, a storm's, a standard's, a street's or a shop's."""
    said = text[each.start : each.end]
    if said in pets or said.startswith(("Storm ", "Hurricane ")):
        return True
    if said in _STANDARDS and _NUMBERED.match(text, each.end):
        return True
    if _EPONYM.match(text, each.end) and _is_eponym(said.lower()):
        return True
    if said.startswith("Bot ") or text[max(0, each.start - 4) : each.start] in ("Bot ", "bot "):
        return True
    if _STORM.search(text, max(0, each.start - 12), each.start):
        return True
    words = said.lower().split()
    if _is_a_saint(words) and not _TITLE_BEFORE.search(text, 0, each.start):
        return True
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


def _is_a_saint(words: list[str]) -> bool:
    """Whether a name is a church's or a school's; with a third word it may be St John Rivers."""
    return len(words) < 3 and words[0] in ("st", "st.", "saint")


def pets_in(text: str) -> frozenset[str]:
    """The names that a text gives to animals."""
    behind = (hit for hit in _PET_BEHIND.finditer(text) if not _is_spoken_to(text, hit.start()))
    named = (hit["pet"] or hit["does"] for hit in behind)
    sought = [hit["dog"] for hit in _SOUGHT.finditer(text) if hit["dog"]]
    if _COAT.search(text):
        sought += [hit["pet"] for hit in _SOUGHT.finditer(text) if hit["pet"]]
    return frozenset((*(hit["pet"] for hit in _PET.finditer(text)), *named, *sought))


def _is_spoken_to(text: str, start: int) -> bool:
    """Whether the word before a name says that it is somebody's: I told Ann the cat is ill."""
    before = re.search(r"([^\W\d_]+)\.? $", text[max(0, start - 16) : start])
    return before is not None and before[1].lower() in _TOLD
