"""The first extractor: capitalised names, short forms in parentheses, and a few patterns.

Deterministic, quick and plain; it finds what stands there in so many words. Rules on parsed
sentences find more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .protocol import Alias, Assertion, Extraction, Mention, Passage
from .schwartz_hearst import find_short_forms

_CAP = r"(?:[^\W\d_a-zß-öø-ÿ][\w’'&.-]{0,40}[\w]|[A-Z])"
_JOIN = r"(?:of|de|da|del|di|du|van|von|der|den|la|le|al|el|bin|ibn|the|y)"
_NAME = rf"{_CAP}(?:[ \n](?:(?:{_JOIN}[ \n]){{0,2}}{_CAP}|\d{{1,4}}(?=\W|$))){{0,6}}"
_NAMES = re.compile(rf"(?<![\w’'-]){_NAME}")
# Words that begin sentences and are no names, alone or before one.
_OPENER_WORDS = (
    "A After Again All Also Although An And Another Any As At Because Before Both But By Each "
    "Early Even Every First For From Further Given Had Has Have He Hence Her Here His How "
    "However I If In Instead Into Is It Its Last Later Like Many Most Much My Near Next No "
    "Nor Not Now Of On Once One Only Or Other Our Over Second See She Since So Some Still "
    "Such Than That The Their Then There These They This Those Though Through Thus To Today "
    "Two Under Unlike Until Up Upon Was We Were What When Where Whether Which While Who Whose "
    "Why With Within Without Yet You Your"
)
_OPENERS = frozenset(_OPENER_WORDS.split())
_S = rf"(?P<s>{_NAME})(?:[ \n]\([^()]{{1,40}}\))?"
_O = rf"(?P<o>{_NAME})"
_THE = r"(?:the[ \n])?"
_ROLES = (
    "president|prime minister|chancellor|king|queen|emperor|director|chair|chairman|chief "
    "executive|mayor|governor|minister|ambassador|editor|head|founder|author|capital"
)
_TIME = (
    r"(?:,?[ \n](?:from|between)[ \n](?P<from>\d{4})[ \n](?:to|until|and)[ \n](?P<to>\d{4})"
    r"|,?[ \n](?:since|from)[ \n](?P<since>\d{4})|,?[ \n]until[ \n](?P<until>\d{4})"
    r"|,?[ \n]in[ \n](?P<in>\d{4}))?"
)
# Each with the relation it states; `{role}` is the word that was found.
_RULES: tuple[tuple[str, str, float], ...] = (
    ("born_in", rf"{_S}[ \n](?:was|is)[ \n]born[ \n]in[ \n]{_THE}{_O}", 0.9),
    ("died_in", rf"{_S}[ \n]died[ \n]in[ \n]{_THE}{_O}", 0.85),
    ("located_in", rf"{_S}[ \n](?:is|was|lies)[ \n](?:located[ \n])?in[ \n]{_THE}{_O}", 0.8),
    (
        "located_in",
        rf"{_S}[ \n](?:is|was)[ \n](?:a|an|the)[ \n](?:[a-z-]+[ \n]){{0,3}}"
        rf"(?:city|town|village|river|lake|mountain|island|county|district|region|municipality)"
        rf"[ \n]in[ \n]{_THE}{_O}",
        0.9,
    ),
    ("part_of", rf"{_S}[ \n](?:is|was)[ \n](?:a[ \n])?part[ \n]of[ \n]{_THE}{_O}", 0.9),
    ("founded_by", rf"{_S}[ \n](?:was|is)[ \n]founded[ \n]by[ \n]{_THE}{_O}{_TIME}", 0.9),
    ("married_to", rf"{_S}[ \n]married[ \n]{_O}", 0.8),
    ("wrote", rf"{_S}[ \n]wrote[ \n]{_THE}{_O}", 0.7),
    (
        "{role}_of",
        rf"{_S}(?:,[ \n]|[ \n](?:is|was|became|served[ \n]as)[ \n])(?:the[ \n]|a[ \n])?"
        rf"(?:[a-z-]+[ \n]){{0,2}}?(?P<role>{_ROLES})(?:[ \n]and[ \n][a-z ]{{3,20}})?[ \n]of[ \n]"
        rf"{_THE}{_O}{_TIME}",
        0.85,
    ),
)
_COMPILED = tuple(
    (relation, re.compile(rf"(?<![\w’'-]){pattern}"), confidence)
    for relation, pattern, confidence in _RULES
)


class PatternExtractor:
    """Names by their capitals and a few relations by the words between them."""

    name = "patterns"
    version = "1"
    names_from_list = False

    def extract(self, chunk: Passage) -> Extraction:
        """What stands there in so many words; code mentions nothing."""
        if chunk.kind == "code":
            return Extraction()
        text = chunk.text
        return Extraction(
            tuple(_mentions(text)),
            tuple(Alias(short, long, 0.95) for short, long in find_short_forms(text)),
            tuple(_assertions(text)),
        )


def _mentions(text: str) -> Iterator[Mention]:
    for found in _NAMES.finditer(text):
        start, end = _trimmed(text, found.start(), found.end())
        if end - start > 1:
            yield Mention(start, end, confidence=0.6)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """A name without the words that only begin its sentence, and without a possessive."""
    while True:
        word = re.match(r"[\w’'-]+", text[start:end])
        if word is None or word[0] not in _OPENERS:
            break
        start += word.end()
        while start < end and not text[start].isalnum():
            start += 1
        joined = re.match(rf"{_JOIN}[ \n]", text[start:end])
        start += joined.end() if joined else 0
    if text[start:end].endswith(("'s", "’s")):
        end -= 2
    return start, end


def _assertions(text: str) -> Iterator[Assertion]:
    for relation, pattern, confidence in _COMPILED:
        for found in pattern.finditer(text):
            subject = _trimmed(text, *found.span("s"))
            thing = _trimmed(text, *found.span("o"))
            if min(subject[1] - subject[0], thing[1] - thing[0]) < 2:
                continue
            groups = found.groupdict()
            said = relation.format(role=(groups.get("role") or "").replace(" ", "_"))
            once = groups.get("in")
            yield Assertion(
                subject,
                said,
                thing,
                (subject[0], found.end()),
                confidence,
                valid_from=groups.get("from") or groups.get("since") or once,
                valid_to=groups.get("to") or groups.get("until") or once,
            )
