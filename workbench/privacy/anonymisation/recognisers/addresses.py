"""Postal addresses of many countries, read part by part: what stands beside a street belongs to it.

Parts (see ``address_parts``) that follow each other are an address where together they say enough.
So a line that nothing tells ("Kileleshwa") is found between a unit and a town, and a firm that is
called after a street is not.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading

from .address_kinds import WORTH
from .address_parts import Part, Piece, parts_of_piece, pieces_of

_JOINS = frozenset([",", "\n", "·", "-", "–", "/", "|", "", "•"])
_ANCHORS = frozenset(
    [
        "street",
        "state code",
        "strong code",
        "code place",
        "country",
        "place",
        "named street",
        "maybe street",
        "box",
        "house",
        "code words",
    ]
)
_ENOUGH = 2.0
_WITH_A_HOUSE = frozenset(("street", "named street", "maybe street", "strong code", "state code"))
_LEAST_UNITS = 3  # Block 1, Street 12, House 80
_SAID = re.compile(
    r"(?:\baddress(?:es)?(?: is| was|:)?|\b(?:liv(?:e|es|ed|ing)|resid(?:e|es|ed|ing)|resident|stay(?:s|ed|ing)?|found|"
    r"home|house|flat|based|registered|delivered?|sent?|post(?:ed)?|moved?|letters?|patient|attended) (?:is |to |go to )?(?:at|into|in|of|to)|\battended|\b(?:both|of age|tenant|, |(?-i:[A-ZÀ-Þ][\w'’-]+) )of|\bHome\W+|"
    r"\b(?:ship|deliver|bill|sold|return) to:?|\b(?:home|supply|address|residence|lives|where|from|property|premises|site|buying|selling|letting|viewing):)\s*$",
    re.IGNORECASE,
)


# Postcodes that nothing else is written like: of the United Kingdom, and of Canada.
_POSTCODE = re.compile(
    r"(?<![\w/.-])(?:[A-PR-UWYZ][A-HK-Y]?\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}|[A-CEGHJ-NPR-TVXY]\d[A-Z] \d[A-Z]\d)(?![\w/-])"
)


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Chains of parts that say enough, and streets with a number wherever they stand."""
    taken: list[tuple[int, int]] = []
    for chain in _chains(text):
        worth, because = _weigh(text, chain)
        if worth >= _ENOUGH:
            taken.append((chain[0].start, chain[-1].end))
            yield Found(*taken[-1], "ADDRESS", 0.85, "addresses", because)
    for hit in _POSTCODE.finditer(text):
        if not any(start < hit.end() and hit.start() < end for start, end in taken):
            yield Found(*hit.span(), "ADDRESS", 0.8, "addresses", "a postcode")


def _weigh(text: str, chain: list[Part]) -> tuple[float, str]:
    kinds = [part.kind for part in chain]
    if len(kinds) == 1 and kinds[0] in ("place", "country"):
        return 0.0, ""  # whose it is, is the work of ``places``
    worth = sum(WORTH[kind] for kind in kinds)
    if any(set(pair) == {"named street", "number"} for pair in itertools.pairwise(kinds)):
        worth += 0.5  # Rua das Flores, 145
    if {"unit", "numbered"} <= set(kinds):
        worth += 1.0
    elif not _ANCHORS & set(kinds) and kinds.count("unit") < _LEAST_UNITS:
        return 0.0, ""
    if _SAID.search(text, max(0, chain[0].start - 40), chain[0].start):
        worth += 1.0
    return worth, ", ".join(dict.fromkeys(kind for kind in kinds if kind != "capitals"))


def _chains(text: str) -> Iterator[list[Part]]:
    """Parts in a row that may be one address."""
    chain: list[Part] = []
    last: Piece | None = None
    for piece in pieces_of(text):
        parts = parts_of_piece(text, piece)
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
    if _WITH_A_HOUSE & {part.kind for part in chain[begin:]}:
        named = [at for at in range(max(0, begin - 2), begin) if chain[at].named]
        begin = named[0] if named else begin
    end = known[-1] + 1
    strong = any(WORTH[part.kind] >= 1.0 for part in chain[begin:end])
    if (
        strong
        and end < len(chain)
        and chain[end - 1].kind
        in ("street", "unit", "box", "numbered", "named street", "maybe street")
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


def _goes_on(piece: Piece, chain: list[Part], parts: list[Part]) -> bool:
    """Whether an address may go on over the mark before a piece."""
    mark = piece.before.strip(" .\u00a0")
    loose = mark in ("", "|", "/", "-", "–")
    if mark in ("-", "–") and parts and parts[0].end - parts[0].start <= 3:
        loose = chain[-1].kind != "place"  # São Paulo - SP
    return mark in _JOINS and bool(parts) and not (loose and parts[0].kind == "capitals")
