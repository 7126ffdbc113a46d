"""Two persons in one: Ana Silva & Rui, LOVE/RUSTY on a ticket; and a name with its initials behind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import (
    PARTICLES,
    is_english,
    read_lexicon,
    read_surroundings,
)

from .capitals import name_evidence, words_of

_SMALL = (
    r"(?:(?:de|da|do|dos|della|di|van|von|der|den|el|al|bin|binti|la|le|dela|ní|ó|nic|i) ){0,2}"
)
_CAPITAL = r"[^\W\d_a-zß-ÿ][^\W\d_]+(?:['’ʻ-][^\W\d_]+)*"
_ONE = rf"{_CAPITAL}(?: {_SMALL}(?:{_CAPITAL}|[^\W\d_a-zß-ÿ]\.)){{0,3}}"
_PAIR = re.compile(
    rf"(?:^|(?<=[\n|;,\t(:•\"])|(?<=[\n|;,\t(:•\"] )|(?<=[a-z] ))"
    rf"(?P<left>{_ONE}) & (?P<right>{_ONE})(?=[ \t]*(?:$|[\n|;,\t):.!?\"(])| [a-z])"
)
_FAMILY = re.compile(
    rf"\b[Tt]he (?P<who>{_CAPITAL}(?: {_CAPITAL})?) (?:girls?|boys?|famil(?:y|ies)|lads?|kids?|twins|brothers|sisters|couple|"
    rf"household|children|baby|wedding|funeral)\b"
)
_TICKET = re.compile(
    r"(?<![\w/.-])(?P<who>[^\W\d_a-zß-ÿ]{3,}(?:[ '’-][^\W\d_a-zß-ÿ]{2,}){0,2}/[^\W\d_a-zß-ÿ]{3,}(?: [^\W\d_a-zß-ÿ]{3,})?)(?![\w/.])"
)
# The same behind a label or before a title, however it is written.
_PASSENGER = re.compile(
    rf"(?:\b(?i:passengers?|pax|traveller|traveler|guest|name):? +(?P<who>{_CAPITAL}(?:[ '’-]{_CAPITAL}){{0,2}}/{_CAPITAL}(?: {_CAPITAL})?)(?![\w/.])|"
    rf"(?<![\w/.-])(?P<titled>{_CAPITAL}(?:[ '’-]{_CAPITAL}){{0,2}}/{_CAPITAL}(?: {_CAPITAL})?)(?= ?(?i:mr|mrs|ms|miss|mstr|dr)\b))"
)
# The family name first, and initials: Eze, I. or de la Fontaine, B.
_TURNED = re.compile(
    rf"(?:^|(?<=[\n\"“|;\t(=>•-])|(?<=[:|;•>-] )|(?<=\. ))"
    rf"(?P<who>{_SMALL}{_CAPITAL}(?:[ -]{_CAPITAL}){{0,2}}, (?:[^\W\d_a-zß-ÿ]\.[ -]?){{1,3}})(?=[\s\"”|;,()<]|$)"
)


# Both whole: Agyeman, Prosper at a row's beginning or as a cell.
_TURNED_WHOLE = re.compile(
    rf"(?:^|(?<=[\n\"“|;\t=])|(?<=[|;:•>-] )|(?<= {{2}})|(?<=\b(?:to|of|by) )|(?<=\b(?:from|with) ))"
    rf"(?P<family>{_SMALL}{_CAPITAL}(?:[ -]{_CAPITAL})?), (?P<given>{_CAPITAL}(?:[ -]{_CAPITAL}){{0,2}})"
    rf"(?=[ \t]*(?:$|[\n\"”|;\t:)(.]|->|=>| {{2}}| - ))"
)


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Couples of which one has a name of the lists, tickets' names, and turned names."""
    for hit in _PAIR.finditer(text):
        if _are_persons(hit["left"], hit["right"]):
            for side in ("left", "right"):
                yield Found(*hit.span(side), "PERSON", 0.7, "couples", "a couple")
    lexicon = read_lexicon()
    for hit in _FAMILY.finditer(text):
        if not all(
            _is_everyday(word) for word in hit["who"].lower().split()
        ) and not lexicon.is_place(hit["who"]):
            yield Found(*hit.span("who"), "PERSON", 0.65, "couples", "a family")
    for hit in _TICKET.finditer(text):
        said = words_of(hit["who"].replace("/", " "))
        if said and any(name_evidence(lexicon, word) == 2 for word in said):
            yield Found(*hit.span("who"), "PERSON", 0.7, "couples", "as on a ticket")
    for hit in _PASSENGER.finditer(text):
        side = "who" if hit["who"] else "titled"
        yield Found(*hit.span(side), "PERSON", 0.75, "couples", "as on a ticket")
    for hit in _TURNED_WHOLE.finditer(text):
        if _is_turned(hit["family"], hit["given"]):
            yield Found(
                hit.start("family"),
                hit.end("given"),
                "PERSON",
                0.7,
                "couples",
                "a name turned round",
            )
    for hit in _TURNED.finditer(text):
        family = hit["who"].partition(",")[0]
        words = [word for word in family.lower().split() if word not in PARTICLES]
        around = read_surroundings()
        if words and not set(words) & (around["organisation"] | lexicon.no_names):
            yield Found(
                hit.start("who"), hit.start("who") + len(hit["who"].rstrip(" -")), "PERSON", 0.75,
                "couples", "a name turned round",
            )  # fmt: skip


def _is_everyday(low: str) -> bool:
    lexicon = read_lexicon()
    return is_english(low) and low not in lexicon.own and low not in lexicon.ambiguous


def _is_turned(family: str, given: str) -> bool:
    """Whether what stands behind the comma is a given name, and no place or thing on either side."""
    lexicon, around = read_lexicon(), read_surroundings()
    if lexicon.is_place(given) or family in lexicon.countries:
        return False
    words = {word for word in f"{family} {given}".lower().split() if word not in PARTICLES}
    if words & (around["organisation"] | around["role"] | around["other_label"] | lexicon.no_names):
        return False
    sides = [
        max(name_evidence(lexicon, word) for word in words_of(side)) for side in (family, given)
    ]
    return max(sides) == 2 or min(sides) > 0


def _are_persons(left: str, right: str) -> bool:
    """Whether a given name of the lists stands first on a side, and no firm's word at the end."""
    around, lexicon = read_surroundings(), read_lexicon()
    things = around["organisation"] | around["thing"] | lexicon.no_names
    lasts = {side.split()[-1].lower() for side in (left, right)}
    if lasts & things:
        return False
    if any(all(_is_everyday(word) for word in side.lower().split()) for side in (left, right)):
        return False  # Cash & Carry
    firsts = [side.split()[0].lower() for side in (left, right)]
    given = [low in lexicon.given and low not in lexicon.ambiguous for low in firsts]
    # Two words alone may be a firm (Marks & Spencer): then both have to be given names.
    return all(given) if " " not in left + right else any(given)
