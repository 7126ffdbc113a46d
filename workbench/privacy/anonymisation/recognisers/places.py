"""Places where somebody lives, stays, comes from, was born or goes: a place alone is nobody's.

Whether a place is somebody's is told by a sum of small evidence (see ``place_evidence``), with
weights of a logistic regression (tools/fit_weights.py). Beside it any capitals are a place behind
words that leave nothing else.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.lists.using import by_the_lists, lists_in_use
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import is_english, read_lexicon, read_surroundings

from .address_forms import STATE
from .place_cues import SURE
from .place_evidence import Page, Place, kind_of_place, places_in, signs_of

_LEXICON = Path(__file__).parents[1] / "lexicon"
WEIGHTS = {True: _LEXICON / "place_weights.json", False: _LEXICON / "place_weights_alone.json"}
IN_FAVOUR = 0.65
LEAST_GUESS = 0.05
_PLACE = r"(?-i:[^\W\d_a-zß-ÿ][\w'’-]+(?:(?: (?:de|del|la|le|los|upon|am|of|do|da|el|al|an|der)){0,2} (?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b)[^\W\d_a-zß-ÿ][\w'’-]+){0,3})"
# Here any capitals are a place: the words before them leave nothing else.
_WHERE = re.compile(
    rf"\b(?:(?:live|lives|lived|living|residing|resides|based|born|grew up|raised|staying|settled|flat|house|apartment) in|"
    rf"(?:moved?|moving|relocat(?:ed|ing)|flying|fl[iy]es?|flew|emigrated|travell?(?:ing|ed)) (?:back )?(?:to|from)|"
    rf"came to|(?:originally|comes?|came|am|are|family|native) from|(?:flight|train|bus|ferry|coach|trip|ticket)(?: (?:no\.? )?[A-Z]{{0,3}} ?\d{{1,5}})?(?: (?:of|on) \d[\w/. -]{{5,18}}?)? to|(?:lad|lass|girl|boy|man|woman|bloke|guy|chap|cousin|neighbou?r|refugee|student|nurse|doctor) from|home (?:in|town of)|native of|a resident of|born (?:at|near))"
    rf"\s(?P<place>{_PLACE}(?:, {_PLACE})?)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Weighed:
    """A place with its signs; ``total`` is the sum of their weights, 0 where it is even."""

    place: Place
    signs: frozenset[str]
    total: float


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Cities, regions and countries that are somebody's."""
    for weighed in weighed_in(text, reading):
        place = weighed.place
        score, because = _score(weighed)
        if place.kind not in ("", "town") and SURE.search(
            text, max(0, place.start - 72), place.start
        ):
            score, because = max(score, 0.8), "a place where somebody is"
        if place.kind in ("city", "known", "country") and _is_of_somebody(text, place):
            score, because = max(score, 0.6), "behind a name and of"
        if score >= LEAST_GUESS:
            district = _DISTRICT.match(text, place.end) if place.kind else None
            end = district.end() if district else place.end
            yield Found(place.start, end, "LOCATION", score, "places", because)
    yield from _on_the_way(text)
    for hit in _WHERE.finditer(text):
        words = hit["place"].lower().split()
        things = read_surroundings()["organisation"] | read_surroundings()["thing"]
        if words[0] not in read_lexicon().no_names and words[-1] not in things:
            yield Found(*hit.span("place"), "LOCATION", 0.6, "places", "where somebody is")


_ROUTE = re.compile(
    rf"\b[Ff]rom (?P<one>{_PLACE})(?: to|, now(?: in)?|, (?:living|based|currently) in) (?P<two>{_PLACE})"
)
# Boise ID, Ballarat VIC; not those whose letters are a word.
_IN_STATE = re.compile(
    rf"(?<![\w'’-])(?P<city>[A-Z][^\W\d_]+(?: [A-Z][^\W\d_]+)?) (?!(?:OK|IN|ME|OR|HI|OH|MA|PA|AS|CO|DC|SA|ON)\b){STATE}(?![\w'’-])"
)
_STATE_BEHIND = re.compile(rf" {STATE}$")
_ON_THE_WAY = re.compile(
    rf"(?:^|[.!?] |\n|\b[A-Z][A-Za-z]*: |Day \d+\. )(?:Left|Tomorrow|Reached|Next stop|Arrived in|Arrive|Arrives|Woke up in|Back in|In),?:? (?P<place>{_PLACE})|(?:\bset (?:out|off) from|\b(?:arrive|arriving|depart|departing|dep\.|arr\.|check-?in)(?: at| in| from)?|(?m:^)(?:TO|FROM|DEP|ARR|DEST|ORIG)[: ] *) (?P<from>{_PLACE})"
)
_DUTCH = re.compile(r"(?<!\w)['’]s-[A-Z][a-z]+")
_DISTRICT = re.compile(
    rf" (?:(?:N|S|C|M|V|K|Ø|NV|SV|NØ|SØ)(?![\w.'’-]| [A-Z])|{STATE}(?![\w'’-])|"
    r"(?:(?<=\bDublin )|(?<=\bPraha )|(?<=\bPrague )|(?<=\bParis )|(?<=\bLyon )|(?<=\bBrno )|(?<=\bWien )|(?<=\bVienna )|(?<=\bKosice )|(?<=\bGlasgow ))\d{1,2}(?!\d|[:./-]\d| ?[ap]m\b))"
)


def _on_the_way(text: str) -> Iterator[Found]:
    """Places of the lists between which somebody goes, and the Dutch that begin with an apostrophe."""
    for hit in _ROUTE.finditer(text):
        known = [_STATE_BEHIND.sub("", hit[side]) for side in ("one", "two")]
        if all(map(kind_of_place, known)):
            for side in ("one", "two"):
                yield Found(*hit.span(side), "LOCATION", 0.6, "places", "from one to another")
    for hit in _ON_THE_WAY.finditer(text):
        side = "place" if hit["place"] else "from"
        if kind_of_place(hit[side]) not in ("", "town"):
            yield Found(*hit.span(side), "LOCATION", 0.6, "places", "on somebody's way")
    for hit in _IN_STATE.finditer(text):
        if kind_of_place(hit["city"]):
            yield Found(*hit.span(), "LOCATION", 0.6, "places", "a city and its state")
    for hit in _DUTCH.finditer(text):
        yield Found(*hit.span(), "LOCATION", 0.7, "places", "a Dutch town")


def candidates_of(text: str, reading: Reading) -> Iterator[Place]:
    """What may be a place: on a list, or by spaCy's label."""
    taken: list[Place] = []
    for place in places_in(text):
        if not _is_within_a_name(text, place) and not _is_a_department(text, place):
            taken.append(place)
            yield place
    for entity in reading.entities:
        said = text[entity.start : entity.end]
        if entity.label not in ("GPE", "LOC") or not said[:1].isupper() or "\n" in said:
            continue
        place = Place(entity.start, entity.end, "")
        if any(each.start < place.end and place.start < each.end for each in taken):
            continue
        if not _is_within_a_name(text, place) and not _is_a_department(text, place):
            yield place


def _is_a_department(text: str, place: Place) -> bool:
    """Whether words are a firm's part or a room: Reception, Estates, B5.95."""
    said = text[place.start : place.end]
    if place.kind in ("country", "known"):
        return False
    if any(char.isdigit() for char in said):
        return True
    around, low = read_surroundings(), said.lower()
    other = around["organisation"] | around["other_label"] | around["role"]
    return low in other or low in read_lexicon().no_names


def _is_within_a_name(text: str, place: Place) -> bool:
    """Whether a place is only a part of a firm's, a street's or a person's name."""
    around = read_surroundings()
    behind = re.match(r"[ -]([^\W\d_][\w'’-]*)| ?& ?", text[place.end : place.end + 24])
    if behind and not _QUARTER.match(text, place.end):
        word = behind[1] or ""
        if not word or word.lower() in around["organisation"] | around["thing"]:
            return True
        if word[0].isupper():
            return True
    before = text[max(0, place.start - 24) : place.start]
    return bool(
        _OF_A_BODY.search(before)
        or re.search(r"(?:[^\W\d_a-zß-ÿ][\w'’-]+[ -]|& |\b(?:Mr|Mrs|Ms|Dr|Prof)\.? )$", before)
    )


# Odense C, Aarhus N: a letter for a part of a town.
_QUARTER = re.compile(r" (?:[NSCMVKØ]|NV|SV|NØ|SØ)(?![\w.'’&-]| [A-Z&])")
_NAME_OF = re.compile(r"[^\W\d_a-zß-ÿ][\w'’.-]* (?P<last>[^\W\d_a-zß-ÿ][\w'’-]+),? of $")


def _is_of_somebody(text: str, place: Place) -> bool:
    """Whether a place stands behind somebody's name: Emyr Maddocks of Kettering."""
    hit = _NAME_OF.search(text[max(0, place.start - 48) : place.start])
    if not hit:
        return False
    low = hit["last"].lower()
    return not is_english(low) and low not in read_surroundings()["organisation"]


# University of Leeds, the courts of England: a body's name or a country's law.
_OF_A_BODY = re.compile(
    r"\b(?:[Uu]niversity|[Cc]ollege|Bank|Church|[Cc]ourts?|[Ll]aws?|Institute|Academy|Diocese|Bishop|Archbishop|Duke|Duchess|"
    r"Earl|Museum|Bay|Gulf|Battle|Treaty|Republic|Kingdom|Government|Parliament|Act) of (?:the )?$"
)


def _score(weighed: Weighed) -> tuple[float, str]:
    """How sure a place is somebody's, from 0 to 1, and the two signs that say most for it."""
    weights = read_weights(lists_in_use().there)
    seen = [sign for sign in weighed.signs if sign in weights]
    most = sorted(seen, key=lambda sign: (-weights[sign], sign))[:2]
    return 1.0 / (1.0 + math.exp(-weighed.total - IN_FAVOUR)), "; ".join(most)


@by_the_lists(maxsize=2)
def weighed_in(text: str, reading: Reading) -> tuple[Weighed, ...]:
    """The places of a text; ``judging`` asks for those that ``find`` has just weighed."""
    weights, page = read_weights(lists_in_use().there), Page.of(text, reading)
    found = []
    for place in candidates_of(text, reading):
        signs = frozenset(signs_of(place, page))
        found.append(Weighed(place, signs, math.fsum(weights.get(sign, 0.0) for sign in signs)))
    return tuple(found)


@functools.cache
def read_weights(with_lists: bool) -> dict[str, float]:
    """The weight of each sign, fitted with the lists of ``lists`` or without them."""
    read: dict[str, float] = json.loads(WEIGHTS[with_lists].read_text(encoding="utf-8"))
    return read
