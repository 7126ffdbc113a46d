"""The parts of postal addresses: a text is cut where addresses are, at commas, line ends and dots in
the middle, and each part is told by its form (``address_kinds``).

A part is a street, a unit, a code with its place, a place of the lists, or words with capitals of
which the neighbours decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.privacy.anonymisation.lists.using import by_the_lists
from workbench.privacy.anonymisation.words import read_lexicon

from . import address_forms as forms
from . import address_kinds as kinds
from .address_kinds import WORTH, is_date_like, is_house_name, kind_of

_PARTING = re.compile(
    r"[ \t]*(?:\.?,(?!(?<=\d,) (?:rue|place|avenue|boulevard|chemin|allée|quai|cours|impasse|route|square|passage|bd)\b)(?!(?<=\d,) \d{1,2}[ºª°])|;|\||·|•|\t|[()\"“”«»<>\[\]{}]|[ \u00a0]{2,}| [-–—/] |(?<![Nn]o): |:$|"
    r"(?:(?<=[^\W\d_]{4})(?<!prosp)(?<!Leof)(?<!(?<=[^\W\d_])str)(?<!Avda)(?<!Blvd)(?<!Piaz)(?<!Brgy)(?<!korp)|(?<=\d)|(?<=[A-Z]{2})|(?<=\d[A-Z]))\.(?=[\s)])(?! (?:tv|th|mf|sal|[IVX]+/\d|(?:em|étage|krs|kat|et|fl)\b))|\.$|[!?]|\n)[ \t]*"
)
_MOST_CHARS = 90
_WRAPPED_CHARS = 48  # a line that is longer goes on in the next one


@dataclass(frozen=True)
class Part:
    """A part of a text between two marks: ``text[start:end]``, and what it looks like.

    ``opens`` and ``closes`` say whether the part reaches to the mark before and behind it, so that an
    address may go on there. ``named`` words of no kind may be what a house is called.
    """

    start: int
    end: int
    kind: str
    opens: bool = True
    closes: bool = True
    named: bool = False


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
                WORTH.get(kind_of(text[start:end].strip()), 0.0) < 1.0
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
        or kinds.STATE_CODE.fullmatch(flat)
        or kinds.PLACE_CODE.fullmatch(flat)
    )
    sides = (left.strip(), right.strip())
    if hit and not any(map(forms.streets().fullmatch, sides)):
        return True
    code = kinds.CODE_PLACE.fullmatch(flat)
    return bool(code and lexicon.is_place(code["place"]))


def parts_of_piece(text: str, piece: Piece) -> list[Part]:
    """What a piece of a text looks like; the words of a sentence around it are left out."""
    raw = text[piece.start : piece.end]
    said = raw.replace("\n", " ").replace("\u00a0", " ")
    # Indents of a second line keep their places: one space stands for one character.
    if len(said) > _MOST_CHARS * 4:
        return _in_prose(said, piece)
    whole = said.strip()
    kind = kind_of(whole) if len(whole) <= _MOST_CHARS and "\n" not in whole else ""
    if kind == "numbered" and _ends_with_a_street(whole):
        return _in_prose(said, piece)  # Igor Lukáč of Štúrova 61
    if kind:
        start = piece.start + (len(said) - len(said.lstrip()))
        named = kind == "capitals" and is_house_name(text, start, whole)
        return [Part(start, start + len(whole), kind, named=named)]
    return _in_prose(said, piece)


def _ends_with_a_street(whole: str) -> bool:
    """Whether a street with its number stands behind words of something else."""
    last = [hit for hit in forms.streets().finditer(whole) if hit.end() == len(whole)]
    return bool(last) and last[-1].start() > 0


def _in_prose(said: str, piece: Piece) -> list[Part]:
    """Streets and codes within a sentence, and a place or unit at its beginning or end."""
    found: list[Part] = []
    flat = said.replace("\n", " ")
    if any(char.isdigit() for char in flat):
        for hit in forms.streets().finditer(flat):
            if is_date_like(hit.group()):
                continue
            found.append(_part(piece, flat, hit.start(), hit.end(), "street"))
        for hit in _BOX_IN_PROSE.finditer(flat):
            if not any(
                part.start < piece.start + hit.end() and piece.start + hit.start() < part.end
                for part in found
            ):
                found.append(_part(piece, flat, hit.start(), hit.end(), "box"))
    edges = _at_edges(flat, piece)
    found += [
        edge for edge in edges
        if not any(edge.start < part.end and part.start < edge.end for part in found)
    ]  # fmt: skip
    return sorted(found, key=lambda part: part.start)


def _part(piece: Piece, flat: str, start: int, end: int, kind: str) -> Part:
    return Part(
        piece.start + start, piece.start + end, kind,
        opens=not flat[:start].strip(), closes=not flat[end:].strip(),
    )  # fmt: skip


_BOX_IN_PROSE = re.compile(r"(?<!\w)(?:P\. ?O\. ?|PO )B(?:ox|OX|ag) \d{1,6}\b")
_LED = re.compile(
    r"\b(?:at|in|of|to|is|was|attended|address|from|lives?|living|now|residing|resident|domiciled|wohnhaft|woont|bor|demeurant|domicilié|"
    r"domiciliée|residente|domiciliado|domiciliada|morador|moradora|zamieszkał[ya]) $"
)
_LAST = re.compile(
    rf"(?:^|(?<=\s))(?P<said>(?:{forms.STATE_CODE}|{forms.UNIT}|{forms.PLACE}(?: {forms.CODE})?|{forms.CODE} {forms.PLACE}(?: \d{{1,2}})?|{kinds.NUMBERED.pattern}))$"
)
_FIRST = re.compile(
    rf"(?P<said>(?:{forms.STATE_CODE}|{forms.UNIT}|{forms.PLACE} {forms.STATE_CODE}|{forms.PLACE} {forms.CODE}|{forms.CODE} {forms.PLACE}(?: \d{{1,2}}(?!\d))?|{forms.STRONG_CODE}|{kinds.LONG_CODE.pattern}|{forms.PLACE}|{kinds.NUMBER.pattern}))(?=[\s.)?]|$)"
)


def _at_edges(flat: str, piece: Piece) -> list[Part]:
    """What stands at the end of a sentence, before its comma, or at the beginning of the next."""
    found: list[Part] = []
    first = _FIRST.match(flat)
    if first and first.end() < len(flat):
        kind = kind_of(first["said"])
        coded = (
            kind == "code"
            and piece.before.strip() == ","
            and kinds.LONG_CODE.fullmatch(first["said"])
        )
        if coded or (kind and kind not in ("capitals", "number", "numbered", "code")):
            found.append(_part(piece, flat, 0, first.end(), kind))
    at = 0
    while at < len(flat):  # the longest end that is of a kind
        hit = _LAST.search(flat, at)
        if not hit:
            break
        kind = kind_of(hit["said"])
        led = kind == "numbered" and _LED.search(flat, 0, hit.start("said"))
        if led or (kind and kind not in ("capitals", "number", "code", "numbered")):
            if not found or found[-1].end <= piece.start + hit.start():
                found.append(_part(piece, flat, hit.start("said"), hit.end(), kind))
            break
        at = hit.start("said") + 1
    return found
