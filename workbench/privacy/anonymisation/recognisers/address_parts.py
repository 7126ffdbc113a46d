"""The parts of postal addresses: a text is cut where addresses are, at commas, line ends and dots in
the middle, and each part is told by its form.

A part is a street, a unit, a code with its place, a place of the lists, or words with capitals of
which the neighbours decide.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.privacy.anonymisation.lists.using import by_the_lists
from workbench.privacy.anonymisation.words import (
    Lexicon,
    is_english,
    read_lexicon,
    read_surroundings,
)

from . import address_forms as forms
from .date_forms import months_pattern

_PARTING = re.compile(
    r"[ \t]*(?:\.?,|;|\||·|•|\t|[()\"“”«»<>\[\]{}]|[ \u00a0]{2,}| [-–—/] |(?<![Nn]o): |:$|"
    r"(?:(?<=[^\W\d_]{4})(?<!prosp)(?<!Brgy)(?<!korp)|(?<=\d)|(?<=[A-Z]{2}))\.(?=\s)(?! (?:tv|th|mf|sal|[IVX]+/\d|(?:em|étage|krs|kat|et|fl)\b))|\.$|[!?]|\n)[ \t]*"
)
_MOST_CHARS = 90
_WRAPPED_CHARS = 48  # a line that is longer goes on in the next one
# How much each kind of part says by itself; 2 is enough.
WORTH = {
    "street": 2.0, "state code": 2.0, "strong code": 2.0, "code place": 2.0, "box": 2.0, "unit": 1.0,
    "country": 1.0, "place": 1.0, "named street": 1.0, "numbered": 0.5, "code": 0.5, "number": 0.5,
    "capitals": 0.0,
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A part of a text between two marks: ``text[start:end]``, and what it looks like.

    ``opens`` and ``closes`` say whether the part reaches to the mark before and behind it, so that an
    address may go on there.
    """

    start: int
    end: int
    kind: str
    opens: bool = True
    closes: bool = True


@dataclass(frozen=True)
class Piece:
    start: int
    end: int
    before: str
    behind: str


def pieces_of(text: str) -> Iterator[Piece]:
    """The text cut at its marks; a line that is broken within a name is put together again."""
    cuts = [
        (0, 0),
        *((hit.start(), hit.end()) for hit in _PARTING.finditer(text)),
        (len(text),) * 2,
    ]
    at = 0
    while at + 1 < len(cuts):
        start, end = cuts[at][1], cuts[at + 1][0]
        before = text[cuts[at][0] : cuts[at][1]]
        step = 1
        if at + 2 < len(cuts) and text[cuts[at + 1][0] : cuts[at + 1][1]] == "\n" and end > start:
            longer = cuts[at + 2][0]
            wrapped = end - text.rfind("\n", 0, end) > _WRAPPED_CHARS and (
                WORTH.get(_kind_of(text[start:end].strip()), 0.0) < 1.0
            )
            if wrapped or (longer - start <= _MOST_CHARS and _is_whole(text[start:longer])):
                end, step = longer, 2
        if end > start:
            behind = text[cuts[at + step][0] : cuts[at + step][1]]
            yield Piece(start, end, before, behind)
        elif "\n" in before and before.count("\n") > 1:
            yield Piece(start, start, before, "")
        at += step


@by_the_lists(maxsize=4096)
def _is_whole(said: str) -> bool:
    """Whether words on two lines are one part: a place of the lists, a street, a code and its place."""
    flat = re.sub(r"\s+", " ", said).strip()
    left, _, right = said.partition("\n")
    if not left.strip() or not right.strip():
        return False
    lexicon = read_lexicon()
    if lexicon.is_place(flat):
        return True
    hit = (
        forms.streets().fullmatch(flat)
        or _STATE_CODE.fullmatch(flat)
        or _PLACE_CODE.fullmatch(flat)
    )
    if hit and not forms.streets().fullmatch(left.strip()):
        return True
    code = _CODE_PLACE.fullmatch(flat)
    return bool(code and lexicon.is_place(code["place"]))


_STATE_CODE = re.compile(rf"(?:(?P<place>{forms.PLACE}),? )?{forms.STATE_CODE}")
_CODE_PLACE = re.compile(rf"(?P<code>{forms.CODE}) (?P<place>{forms.PLACE}(?: \d{{1,2}}(?!\d))?)")
_PLACE_CODE = re.compile(rf"(?P<place>{forms.PLACE}),?(?: -)? (?P<code>{forms.CODE})")
_STRONG = re.compile(forms.STRONG_CODE)
_UNIT = re.compile(rf"{forms.UNIT}(?:,? {forms.UNIT})?")
_BOX = re.compile(r"(?i)p\.? ?o\.? ?b|r\.?r\.? ?#?\d")
_NUMBER = re.compile(r"\d{1,4}[A-Za-z]?(?:[-/]\d{1,4}[A-Za-z]?)?(?: bis| ter)?")
_NUMBERED = re.compile(
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


def parts_of_piece(text: str, piece: Piece) -> list[Part]:
    """What a piece of a text looks like; the words of a sentence around it are left out."""
    raw = text[piece.start : piece.end]
    said = raw.replace("\n", " ").replace("\u00a0", " ")
    # Indents of a second line keep their places: one space stands for one character.
    if len(said) > _MOST_CHARS * 4:
        return _in_prose(said, piece)
    whole = said.strip()
    kind = _kind_of(whole) if len(whole) <= _MOST_CHARS and "\n" not in whole else ""
    if kind:
        start = piece.start + (len(said) - len(said.lstrip()))
        return [Part(start, start + len(whole), kind)]
    return _in_prose(said, piece)


@by_the_lists(maxsize=16384)
def _kind_of(said: str) -> str:
    """The kind of a part as a whole; empty where it is none."""
    said = re.sub(r"\s+", " ", said)
    lexicon = read_lexicon()
    first = said.split(" ", 1)[0].strip(".,").lower()
    if forms.streets().fullmatch(said) and not _is_date_like(said):
        return "street"
    if _UNIT.fullmatch(said):
        return "box" if _BOX.match(said) else "unit"
    if _DISTRICT.search(said) and lexicon.is_place(_DISTRICT.sub("", said)):
        return "place"
    if lexicon.is_place(said) and (
        " " in said or said in lexicon.countries or not is_english(first) or said in lexicon.known
    ):
        return "country" if said in lexicon.countries else "place"
    if _STATE_CODE.fullmatch(said):
        return "state code"
    coded = _coded(said, lexicon)
    if coded:
        return coded
    if forms.named_streets().fullmatch(said):
        return "named street"
    if first in _labels() or said.rsplit(" ", 1)[-1].lower() in lexicon.no_names:
        return ""
    if _NUMBERED.fullmatch(said) or _LOOSE.fullmatch(said):
        return "" if _ENDS_WITH_A_DATE.search(said) else "numbered"
    if _NUMBER.fullmatch(said):
        return "number"
    if re.fullmatch(forms.CODE, said):
        return "strong code" if _STRONG.fullmatch(said) and not said[:2].isdigit() else "code"
    if len(said) < 40 and (_CAPITALS.fullmatch(said) or _SHORT.fullmatch(said)):
        return "capitals"
    return ""


def _coded(said: str, lexicon: Lexicon) -> str:
    for form in (_CODE_PLACE, _PLACE_CODE):
        hit = form.fullmatch(said)
        if not hit:
            continue
        place = hit["place"]
        if _STRONG.fullmatch(hit["code"]) and not hit["code"][:2].isdigit():
            return "strong code"
        if _known(lexicon, place) and (len(hit["code"]) > 3 or form is _CODE_PLACE):
            return "code place"
        if (
            form is _CODE_PLACE
            and len(hit["code"]) >= 4
            and place.split()[0].lower() not in _labels()
        ):
            return "numbered"
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


def _in_prose(said: str, piece: Piece) -> list[Part]:
    """Streets and codes within a sentence, and a place or unit at its beginning or end."""
    found: list[Part] = []
    flat = said.replace("\n", " ")
    if any(char.isdigit() for char in flat):
        for hit in forms.streets().finditer(flat):
            if _is_date_like(hit.group()):
                continue
            found.append(_part(piece, flat, hit.start(), hit.end(), "street"))
    edges = _at_edges(flat, piece)
    found += [
        edge for edge in edges
        if not any(edge.start < part.end and part.start < edge.end for part in found)
    ]  # fmt: skip
    return sorted(found, key=lambda part: part.start)


def _is_date_like(said: str) -> bool:
    """Whether numbers beside one everyday word were taken for a Japanese address."""
    words = re.findall(r"[^\W\d_]{2,}", said)
    if len(words) != 1:
        return False
    low = words[0].lower()
    return low in _labels() or is_english(low)


def _part(piece: Piece, flat: str, start: int, end: int, kind: str) -> Part:
    return Part(
        piece.start + start, piece.start + end, kind,
        opens=not flat[:start].strip(), closes=not flat[end:].strip(),
    )  # fmt: skip


_LED = re.compile(r"\b(?:at|in|of|to|is|attended|address|from) $")
_LAST = re.compile(
    rf"(?:^|(?<=\s))(?P<said>(?:{forms.STATE_CODE}|{forms.UNIT}|{forms.PLACE}(?: {forms.CODE})?|{forms.CODE} {forms.PLACE}(?: \d{{1,2}})?|{_NUMBERED.pattern}))$"
)
_FIRST = re.compile(
    rf"(?P<said>(?:{forms.STATE_CODE}|{forms.UNIT}|{forms.PLACE} {forms.STATE_CODE}|{forms.PLACE} {forms.CODE}|{forms.CODE} {forms.PLACE}(?: \d{{1,2}}(?!\d))?|{forms.PLACE}|{_NUMBER.pattern}))(?=\s|$)"
)


def _at_edges(flat: str, piece: Piece) -> list[Part]:
    """What stands at the end of a sentence, before its comma, or at the beginning of the next."""
    found: list[Part] = []
    first = _FIRST.match(flat)
    if first and first.end() < len(flat):
        kind = _kind_of(first["said"])
        if kind and kind not in ("capitals", "number", "numbered", "code"):
            found.append(_part(piece, flat, 0, first.end(), kind))
    at = 0
    while at < len(flat):  # the longest end that is of a kind
        hit = _LAST.search(flat, at)
        if not hit:
            break
        kind = _kind_of(hit["said"])
        led = kind == "numbered" and _LED.search(flat, 0, hit.start("said"))
        if led or (kind and kind not in ("capitals", "number", "code", "numbered")):
            if not found or found[-1].end <= piece.start + hit.start():
                found.append(_part(piece, flat, hit.start("said"), hit.end(), kind))
            break
        at = hit.start("said") + 1
    return found
