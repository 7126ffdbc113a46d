"""What speaks for and against a place being somebody's: where they live, come from, are or go.

A town's name may be a person's, a firm's, or the news'. Each sign has a name; ``places`` adds up the
weights of those that are seen, as ``names`` does. Signs say nothing of single places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from workbench.privacy.anonymisation.lists.using import by_the_lists
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import (
    Lexicon,
    is_english,
    read_lexicon,
    read_surroundings,
)

from .fields import cells_of
from .place_cues import ASKED, COMES, LABELLED, LIVES, MAYBE, MOVES

MOST_WORDS = 5
_WORD = re.compile(r"[^\W\d_](?:[\w.’'ʻ-]*\w)?")
_PRONOUN = re.compile(
    r"\b(?:i|i'm|i've|im|me|my|he|him|his|she|her|hers|they|them|their|we|us|our|you|your|who)\b",
    re.I,
)
# Words of trade, state, news and sport: a place beside them is nobody's.
_PUBLIC = re.compile(
    r"\b(?:offices?|branch(?:es)?|plants?|factor(?:y|ies)|stores?|shops?|sites?|headquarters|hq|regions?|servers?|markets?|"
    r"revenue|sales|shares|exports?|imports?|prices?|talks|war|treaty|battle|government|parliament|minister|president|"
    r"election|club|team|league|cup|derby|festival|conference|airport|station|terminal|university|college|school|museum|"
    r"hospital|cathedral|bridge|line|train|route|flight|platform|wine|cheese|sauce|tea|coffee|made|opened|founded|"
    r"convention|protocol|agreement|act|rules?|standard|weather|storm|depot|warehouse|port)\b",
    re.I,
)
_ROW = re.compile(r"[|\t;]| {3,}")
_CAPITALS_BEFORE = re.compile(r"[^\W\d_a-zß-ÿ][\w'’-]+[ -]$")
_NAME_BEFORE = re.compile(r"[^\W\d_a-zß-ÿ][\w'’.-]* [^\W\d_a-zß-ÿ][\w'’-]+\)?[,;]? ?[(–-]? ?$")
_PERSON_NEAR = re.compile(r"\b(?:mr|mrs|ms|miss|dr|mum|mom|dad|son|daughter|wife|husband|sister|brother|mother|father|"
    r"aunt|uncle|cousin|nephew|niece|family|parents|friend|partner|grandmother|grandfather|baby|kids?|children)\b", re.I)  # fmt: skip
_CONTACT = re.compile(
    r"@[\w-]+\.|\+\d{2}|\b\d{3,5}[ -]\d{3}|\b(?:19|20)\d{2}\b|\d{2}[./-]\d{2}[./-]\d{2}"
)


@dataclass(frozen=True)
class Place:
    """A place in a text: ``text[start:end]``. ``kind`` is country, known, city, town or "" (GPE)."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Page:
    """A text as evidence is sought in it."""

    text: str
    reading: Reading
    cells: tuple[tuple[int, int, str], ...] = field(default=())

    @classmethod
    def of(cls, text: str, reading: Reading) -> Page:
        """The page of a text."""
        return cls(text, reading, tuple(cells_of(text)))


@by_the_lists(maxsize=65536)
def kind_of_place(said: str) -> str:
    """On which list words are: country, known (this package's), city, town; empty on none."""
    lexicon = read_lexicon()
    if said in lexicon.countries:
        return "country"
    if said in lexicon.known:
        return "known"
    if lexicon.is_place(said):
        return "city"
    return "town" if said in lexicon.towns else ""


def places_in(text: str) -> Iterator[Place]:
    """Places of the lists, the longest that begin at each word; a line may end within one."""
    words = list(_WORD.finditer(text))
    at = 0
    while at < len(words):
        step = 1
        if words[at].group()[0].isupper():
            for count in range(min(MOST_WORDS, len(words) - at), 0, -1):
                start, end = words[at].start(), words[at + count - 1].end()
                said = text[start:end]
                if count > 1 and ("," in said or len(said) > 40):
                    continue
                kind = kind_of_place(re.sub(r"\s+", " ", said))
                if kind:
                    yield Place(start, end, kind)
                    step = count
                    break
        at += step


def signs_of(place: Place, page: Page) -> Iterator[str]:
    """The signs that are seen of a place."""
    said = page.text[place.start : place.end]
    yield "any"
    yield f"kind {place.kind or 'none'}"
    before = page.text[max(0, place.start - 110) : place.start]
    after = page.text[place.end : place.end + 48]
    words = set(_of_words(said, read_lexicon()))
    yield from words
    weak = "weak" if place.kind in ("town", "") or words & {"a name", "a word"} else "firm"
    spacy = page.reading.label_at(place.start, place.end) or "nothing"
    yield f"spaCy {spacy}"
    yield f"{weak} spaCy {spacy}"
    for sign in sorted({*_before(before), *_after(after)}):
        yield sign
        yield f"{weak} {sign}"
    yield from _of_clause(page.text, place)
    for start, end, kind in page.cells:
        if start <= place.start and place.end <= end:
            whole = "whole" if (start, end) == (place.start, place.end) else "in"
            yield f"{whole} cell {kind.partition(',')[0] or 'other'}"
            break


def _of_words(said: str, lexicon: Lexicon) -> Iterator[str]:
    low = said.lower()
    yield f"words {min(3, len(said.split()))}"
    if any(lexicon.is_name(word) for word in low.split()):
        yield "a name"
    if any(word in lexicon.rare or word in lexicon.common for word in low.split()):
        yield "a rare name"
    if " " not in said and is_english(low):
        yield "a word"
    if said.isupper():
        yield "acronym" if len(said) < 4 else "capitals"


def _before(before: str) -> Iterator[str]:
    for name, cue in (("lives", LIVES), ("moves", MOVES), ("comes", COMES), ("labelled", LABELLED),
                      ("maybe", MAYBE), ("lives", ASKED)):  # fmt: skip
        if cue.search(before):
            yield name
    line = before.rpartition("\n")[2]
    if not line.strip(" \t>\"'“*-•[#"):
        yield "begins line"
    last = re.search(r"([^\W\d_][\w'’-]*)[ \n]+(?:the )?$", before)
    around = read_surroundings()
    if last:
        low = last[1].lower()
        if low in around["place"] or low in ("for", "via", "through", "into", "back", "home"):
            yield f"behind {low}"
        elif low in around["organisation"] or low in around["thing"]:
            yield "behind a thing"
        elif last[1][0].isupper():
            yield "behind a capital"
        elif low in ("and", "or", "&"):
            yield "behind and"
        else:
            yield "behind a word"
    mark = before.rstrip(" ")[-1:]
    if not last and mark:
        yield f"mark {mark}" if mark in ",:;.(|\t\"'-–·/>" else "another mark"
    if _NAME_BEFORE.search(before):
        yield "behind a name"
    if re.search(r"\d[\w-]*,? $", before):
        yield "behind a number"


def _after(after: str) -> Iterator[str]:
    if not after.strip() or re.match(r"[ \t]*[.,;)\"']{0,2}[ \t]*(?:\n|$)", after):
        yield "ends line"
    mark = after[:1]
    if mark in ",.;:)|\"'’/-&":
        yield f"then {mark}" if mark else "then nothing"
    if re.match(r"['’]s\b", after):
        yield "possessive"
    word = re.match(r"[ -]([^\W\d_][\w'’-]*)", after)
    if word:
        low = word[1].lower()
        around = read_surroundings()
        if low in around["organisation"] or low in around["thing"] or _PUBLIC.fullmatch(low):
            yield "then a thing"
        elif word[1][0].isupper():
            yield "then a capital"
        elif low in ("and", "or"):
            yield "then and"
        else:
            yield "then a word"
    if re.match(r"[ ,]{1,2}\d", after):
        yield "then a number"


def _of_clause(text: str, place: Place) -> Iterator[str]:
    """Persons and public matters in the sentence or line around."""
    begin = max(
        text.rfind("\n", 0, place.start), text.rfind(". ", 0, place.start), place.start - 90
    )
    stop = min(
        at for at in (text.find("\n", place.end), text.find(". ", place.end), place.end + 90)
        if at >= 0
    )  # fmt: skip
    left, right = text[max(0, begin) : place.start], text[place.end : max(place.end, stop)]
    if _PRONOUN.search(left):
        yield "pronoun before"
    if _PRONOUN.search(right):
        yield "pronoun behind"
    if _PERSON_NEAR.search(left + " " + right):
        yield "kin near"
    if _PUBLIC.search(left):
        yield "public before"
    if _PUBLIC.search(right):
        yield "public behind"
    if _CONTACT.search(left):
        yield "contact before"
    if _CONTACT.search(right):
        yield "contact behind"
    if _ROW.search(left + right):
        yield "row"
    if _CAPITALS_BEFORE.search(left):
        yield "capital right before"
