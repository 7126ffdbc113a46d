"""What kind of part of a postal address words are by themselves: a street, a unit, a code, a place."""

from __future__ import annotations

import functools
import re

from workbench.privacy.anonymisation.lists.using import by_the_lists
from workbench.privacy.anonymisation.words import (
    Lexicon,
    is_english,
    read_lexicon,
    read_surroundings,
)

from . import address_forms as forms
from .date_forms import months_pattern

# How much each kind of part says by itself; 2 is enough.
WORTH = {
    "street": 2.0, "state code": 2.0, "strong code": 2.0, "code place": 2.0, "box": 2.0, "house": 2.0, "unit": 1.0,
    "code words": 1.5, "country": 1.0, "place": 1.0, "named street": 1.0, "maybe street": 1.0, "numbered": 0.5, "code": 0.5, "number": 0.5,
    "capitals": 0.0,
}  # fmt: skip

STATE_CODE = re.compile(rf"(?:(?P<place>{forms.PLACE}),? )?{forms.STATE_CODE}")
CODE_PLACE = re.compile(rf"(?P<code>{forms.CODE}) (?P<place>{forms.PLACE}(?: \d{{1,2}}(?!\d))?)")
PLACE_CODE = re.compile(rf"(?P<place>{forms.PLACE}),?(?: -)? (?P<code>{forms.CODE})")
_STRONG = re.compile(forms.STRONG_CODE)
_SHORT_STREET = re.compile(r"(?:C/|Cl\.|Av\.|Avda\.|Pza\.|Str\.|Bd\.|ul\.|Jl\.|R\.)")
_HOUSE = re.compile(
    rf"{forms.WORD} (?:Cottage|Rectory|Vicarage|Croft|Farmhouse|Bungalow|Gatehouse)"
)
_REGION = re.compile(
    rf"(?P<place>{forms.PLACE}) (?:State|Province|County|Prefecture|Oblast|Governorate|Region|Voivodeship)"
)
_IRISH = re.compile(rf"Co\.? {forms.WORD}")  # a county: Co. Offaly
LONG_CODE = re.compile(r"(?:\d{5,6}|[A-Z]{1,2}-?\d{4,6})(?![\d-])")
_UNIT = re.compile(rf"{forms.UNIT}(?:,? {forms.UNIT})?")
_BOX = re.compile(r"(?i)p\.? ?o\.? ?b|r\.?r\.? ?#?\d")
NUMBER = re.compile(r"\d{1,4}[A-Za-z]?(?:[-/]\d{1,4}[A-Za-z]?)?(?: bis| ter)?")
NUMBERED = re.compile(
    rf"(?:[Nn]o\.? )?\d{{1,5}}[A-Za-z]? {forms.PLACE}|(?:{forms.WORD} ){{0,3}}{forms.WORD},? (?:[Nn]o\.? ?|nº ?|# ?)?\d{{1,4}}[A-Za-z]?(?:[/-]\d{{1,3}})?"
)
_CAPITALS = re.compile(forms.PLACE)
# Words of which the first has a capital, and a number behind them: a street of a form not known.
_LOOSE = re.compile(
    rf"(?=.{{3,40}}$){forms.WORD}(?: [^\W\d_][\w.'’-]*){{0,4}} \d{{1,4}}(?:[ /-]?[\w.]{{1,3}}){{0,3}}"
)
_ENDS_WITH_A_DATE = re.compile(
    rf"(?i)\b(?:{months_pattern()})\b\.? \d{{1,4}}$|\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2,4}}$"
)
_SHORT = re.compile(r"(?:\d{1,3}[\w-]{0,6}|[^\W\d_]+\.?)(?: [\w.ºª°/-]+){0,2}")


@by_the_lists(maxsize=16384)
def kind_of(said: str) -> str:
    """The kind of a part as a whole; empty where it is none."""
    said = re.sub(r"\s+", " ", said)
    lexicon = read_lexicon()
    first = said.split(" ", 1)[0].strip(".,").lower()
    if forms.streets().fullmatch(said) and not is_date_like(said):
        return "street"
    if _UNIT.fullmatch(said):
        return "box" if _BOX.match(said) else "unit"
    if _DISTRICT.search(said) and lexicon.is_place(_DISTRICT.sub("", said)):
        return "place"
    if lexicon.is_place(said) and (
        " " in said or said in lexicon.countries or not is_english(first) or said in lexicon.known
    ):
        return "country" if said in lexicon.countries else "place"
    if said.startswith("the ") and said[4:] in lexicon.countries:
        return "country"
    if _HOUSE.fullmatch(said):
        return "house"
    if _IRISH.fullmatch(said):
        return "place"
    region = _REGION.fullmatch(said)
    if region and lexicon.is_town(region["place"]):
        return "place"
    if STATE_CODE.fullmatch(said):
        return "state code"
    coded = _coded(said, lexicon)
    if coded:
        return coded
    if forms.named_streets().fullmatch(said):
        return "named street"
    if _MAYBE_STREET.fullmatch(said):
        return "maybe street"
    if _HOUSE_NAME.fullmatch(said):
        return "capitals"
    last = said.rsplit(" ", 1)[-1].lower()
    if first in _labels() or (last in lexicon.no_names and last not in _DIRECTIONS):
        return ""
    if NUMBERED.fullmatch(said) or _LOOSE.fullmatch(said):
        return "" if _ENDS_WITH_A_DATE.search(said) else "numbered"
    if NUMBER.fullmatch(said):
        return "number"
    if re.fullmatch(forms.CODE, said):
        return "strong code" if _STRONG.fullmatch(said) and not said[:2].isdigit() else "code"
    if len(said) < 40 and (_CAPITALS.fullmatch(said) or _SHORT.fullmatch(said)):
        return "capitals"
    return ""


# What houses are called: The Laurels, Bramble Barn, Ty Newydd.
_HOUSE_NAME = re.compile(
    rf"The {forms.WORD}(?: {forms.WORD})?|(?:{forms.WORD} ){{1,2}}(?:House|Barn|Lodge|Hall|Court|Manor|Farm|Mill|Villa|View|Rise|Croft|Grange|Mews|Lea|"
    rf"Bank|End|Wood|Heights|Gables|Oaks|Elms|Firs|Willows|Beeches|Limes|Paddocks?|Meadows?|Orchard|Bungalow|Stables|Granary|School|Chapel|Forge|"
    rf"Nook|Corner|Towers?|Mansions?|Buildings?|Apartments|Chambers|Residence|Point|Haus|Hof)|(?:Ty|Tŷ|Plas|Bryn|Pen|Teach|Tigh|Casa|Villa|Quinta|Finca|Haus|Maison|Mas) {forms.WORD}"
)
_LED = re.compile(
    r"(?i)(?:^|\n|\b(?:address|home|property|premises|site|buying|selling|at|of)[^\n:.]{0,16}(?::[ \t]*| ))[ \t]*\Z"
)
_MAYBE_STREET = re.compile(
    rf"(?:{forms.WORD} ){{1,2}}(?:Hill|Way|Green|Gardens|Grove|Row|Walk|Rise|Vale|Gate|Fields?|Meadows?|Paddocks?)|(?:Los|Las|El|La) {forms.WORD}(?: {forms.WORD})? \d{{1,3}}"
)


def is_house_name(text: str, start: int, said: str) -> bool:
    """Whether words of no kind may be a house's name before its street: by their form, or alone
    at a line's beginning or behind a label."""
    if _HOUSE_NAME.fullmatch(said):
        return True
    words = said.split()
    if len(words) > 2 or not _LED.search(text[max(0, start - 32) : start]):
        return False
    lexicon = read_lexicon()
    return not any(word.lower() in lexicon.given or word.lower() in _labels() for word in words)


_DIRECTIONS = frozenset(("north", "south", "east", "west", "central", "upper", "lower"))


def _coded(said: str, lexicon: Lexicon) -> str:
    for form in (CODE_PLACE, PLACE_CODE):
        hit = form.fullmatch(said)
        if not hit:
            continue
        place = hit["place"]
        if _STRONG.fullmatch(hit["code"]) and not hit["code"][:2].isdigit():
            return "strong code"
        if _known(lexicon, place) and (len(hit["code"]) > 3 or form is CODE_PLACE):
            return "code place"
        if (
            form is CODE_PLACE
            and len(hit["code"]) >= 4
            and place.split()[0].lower() not in _labels()
        ):
            return "code words"
    return ""


_DISTRICT = re.compile(r" (?:[A-Z]{1,2}|\d{1,2}|[IVX]{1,4})$")  # København N, Dublin 9, Paris XI


def _known(lexicon: Lexicon, place: str) -> bool:
    """Whether a place beside a code is one, however small, with a district's letter or without."""
    if lexicon.is_town(place) or lexicon.is_town(_DISTRICT.sub("", place)):
        return True
    return any(place.endswith(f" {end}") for end in ("City", "Town"))


@functools.cache
def _labels() -> frozenset[str]:
    around = read_surroundings()
    return around["other_label"] | around["name_label"] | around["event"] | read_lexicon().no_names


def is_date_like(said: str) -> bool:
    """Whether numbers beside one everyday word were taken for a Japanese address."""
    if _SHORT_STREET.match(said):  # C/ Mayor 168
        return False
    words = re.findall(r"[^\W\d_]{2,}", said)
    if len(words) != 1:
        return False
    low = words[0].lower()
    return low not in _QUARTERS and (low in _labels() or is_english(low))


_QUARTERS = frozenset(("sector", "phase", "block", "calle", "carrera", "diagonal", "transversal"))
