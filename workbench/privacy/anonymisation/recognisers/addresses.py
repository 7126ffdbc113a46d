"""Postal addresses of many countries, read part by part: what stands beside a street belongs to it.

A text is cut where addresses are: at commas, line ends, dots in the middle. Each part is told by its
form (a street, a unit, a code with its place, a place of the lists), and parts that follow each other
are an address where together they say enough. So a line that nothing tells ("Kileleshwa") is found
between a unit and a town, and a firm that is called after a street is not.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import (
    Lexicon,
    is_english,
    read_lexicon,
    read_surroundings,
)

from . import address_forms as forms

_PARTING = re.compile(
    r"[ \t]*(?:\.?,|;|\||·|•|\t|[()\"“”«»<>\[\]{}]|[ \u00a0]{2,}| [-–—/] |(?<![Nn]o): |:$|"
    r"(?:(?<=[^\W\d_]{4})(?<!prosp)(?<!Brgy)(?<!korp)|(?<=\d)|(?<=[A-Z]{2}))\.(?=\s)|\.$|[!?]|\n)[ \t]*"
)
_JOINS = frozenset([",", "\n", "·", "-", "–", "/", "|", "", "•"])
_CLOSED = ';.()"“”<>[]{}!?:'
_MOST_CHARS = 90
_WRAPPED_CHARS = 48  # a line that is longer goes on in the next one
# How much each kind of part says by itself; 2 is enough.
_WORTH = {
    "street": 2.0, "state code": 2.0, "strong code": 2.0, "code place": 2.0, "box": 2.0, "unit": 1.0,
    "country": 1.0, "place": 1.0, "named street": 1.0, "numbered": 0.5, "code": 0.5, "number": 0.5,
    "capitals": 0.0,
}  # fmt: skip
_ANCHORS = frozenset(
    ["street", "state code", "strong code", "code place", "country", "place", "named street", "box"]
)
_ENOUGH = 2.0
_SAID = re.compile(
    r"(?:\baddress(?:es)?(?: is| was|:)?|\b(?:liv(?:e|es|ed|ing)|resid(?:e|es|ed|ing)|resident|stay(?:s|ed|ing)?|found|"
    r"home|house|flat|based|registered|delivered?|sent?|post(?:ed)?|moved?|letters?|patient|attended) (?:is |to |go to )?(?:at|in|of|to)|\battended|\b(?:both|of age|tenant|, |(?-i:[A-ZÀ-Þ][\w'’-]+) )of|\bHome\W+|"
    r"\b(?:ship|deliver|bill|sold|return) to:?|\b(?:home|supply|address|residence|lives|where|from):)\s*$",
    re.IGNORECASE,
)


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
class _Piece:
    start: int
    end: int
    before: str
    behind: str


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Chains of parts that say enough, and streets with a number wherever they stand."""
    for chain in _chains(text):
        worth, because = _weigh(text, chain)
        if worth >= _ENOUGH:
            yield Found(chain[0].start, chain[-1].end, "ADDRESS", 0.85, "addresses", because)


def _weigh(text: str, chain: list[Part]) -> tuple[float, str]:
    kinds = [part.kind for part in chain]
    worth = sum(_WORTH[kind] for kind in kinds)
    if {"unit", "numbered"} <= set(kinds):
        worth += 1.0
    elif not _ANCHORS & set(kinds):
        return 0.0, ""
    if _SAID.search(text, max(0, chain[0].start - 40), chain[0].start):
        worth += 1.0
    return worth, ", ".join(dict.fromkeys(kind for kind in kinds if kind != "capitals"))


def _chains(text: str) -> Iterator[list[Part]]:
    """Parts in a row that may be one address."""
    chain: list[Part] = []
    last: _Piece | None = None
    for piece in _pieces(text):
        parts = _parts(text, piece)
        if chain and (last is None or not _goes_on(piece, chain, parts)):
            yield from _ready(chain)
            chain = []
        for part in parts:
            if chain and not (chain[-1].closes and part.opens):
                yield from _ready(chain)
                chain = []
            chain.append(part)
        if not parts:
            yield from _ready(chain)
            chain = []
        last = piece
    yield from _ready(chain)


def _ready(chain: list[Part]) -> Iterator[list[Part]]:
    """The chain without the words of no kind before it, and not more than two of them behind it."""
    known = [at for at, part in enumerate(chain) if part.kind != "capitals"]
    if not known:
        return
    begin = known[0]
    end = known[-1] + 1
    strong = any(_WORTH[part.kind] >= 1.0 for part in chain[begin:end])
    if (
        strong
        and end < len(chain)
        and chain[end - 1].kind in ("street", "unit", "box", "numbered", "named street")
    ):
        end += 1
    gaps = 0
    for at in range(begin, end):  # three unknown parts in a row are a list of something else
        gaps = gaps + 1 if chain[at].kind == "capitals" else 0
        if gaps > 2:
            end = at - 2
            break
    if end > begin:
        yield chain[begin:end]


def _goes_on(piece: _Piece, chain: list[Part], parts: list[Part]) -> bool:
    """Whether an address may go on over the mark before a piece."""
    mark = piece.before.strip(" .\u00a0")
    loose = mark in ("", "|", "/", "-", "–")
    return mark in _JOINS and bool(parts) and not (loose and parts[0].kind == "capitals")


def _pieces(text: str) -> Iterator[_Piece]:
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
                _WORTH.get(_kind_of(text[start:end].strip()), 0.0) < 1.0
            )
            if wrapped or (longer - start <= _MOST_CHARS and _is_whole(text[start:longer])):
                end, step = longer, 2
        if end > start:
            behind = text[cuts[at + step][0] : cuts[at + step][1]]
            yield _Piece(start, end, before, behind)
        elif "\n" in before and before.count("\n") > 1:
            yield _Piece(start, start, before, "")
        at += step


@functools.lru_cache(maxsize=4096)
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
_CODE_PLACE = re.compile(rf"(?P<code>{forms.CODE}) (?P<place>{forms.PLACE})")
_PLACE_CODE = re.compile(rf"(?P<place>{forms.PLACE}),? (?P<code>{forms.CODE})")
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
_SHORT = re.compile(r"(?:\d{1,3}[\w-]{0,6}|[^\W\d_]+\.?)(?: [\w.ºª°/-]+){0,2}")


def _parts(text: str, piece: _Piece) -> list[Part]:
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


@functools.lru_cache(maxsize=16384)
def _kind_of(said: str) -> str:
    """The kind of a part as a whole; empty where it is none."""
    said = re.sub(r"\s+", " ", said)
    lexicon = read_lexicon()
    first = said.split(" ", 1)[0].strip(".,").lower()
    if forms.streets().fullmatch(said) and not _is_date_like(said):
        return "street"
    if _UNIT.fullmatch(said):
        return "box" if _BOX.match(said) else "unit"
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
        return "numbered"
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


def _known(lexicon: Lexicon, place: str) -> bool:
    return lexicon.is_place(place) or any(place.endswith(f" {end}") for end in ("City", "Town"))


@functools.cache
def _labels() -> frozenset[str]:
    around = read_surroundings()
    return around["other_label"] | around["name_label"] | around["event"] | read_lexicon().no_names


def _in_prose(said: str, piece: _Piece) -> list[Part]:
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


def _part(piece: _Piece, flat: str, start: int, end: int, kind: str) -> Part:
    return Part(
        piece.start + start, piece.start + end, kind,
        opens=not flat[:start].strip(), closes=not flat[end:].strip(),
    )  # fmt: skip


_LED = re.compile(r"\b(?:at|in|of|to|is|attended|address|from) $")
_LAST = re.compile(
    rf"(?:^|(?<=\s))(?P<said>(?:{forms.STATE_CODE}|{forms.UNIT}|{forms.PLACE}(?: {forms.CODE})?|{forms.CODE} {forms.PLACE}|{_NUMBERED.pattern}))$"
)
_FIRST = re.compile(
    rf"(?P<said>(?:{forms.STATE_CODE}|{forms.UNIT}|{forms.PLACE} {forms.STATE_CODE}|{forms.PLACE} {forms.CODE}|{forms.CODE} {forms.PLACE}|{forms.PLACE}|{_NUMBER.pattern}))(?=\s|$)"
)


def _at_edges(flat: str, piece: _Piece) -> list[Part]:
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
