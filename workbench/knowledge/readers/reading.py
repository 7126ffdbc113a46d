"""What a reader gives: normalised text, the blocks that it is made of, and where they stand."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["heading", "text", "code", "row", "record"]
# Characters that no reader shows and that would part what belongs together.
_UNSEEN = dict.fromkeys([*range(9), 11, *range(14, 32), *range(127, 160), 0xAD, 0xFEFF, 0x200B])
_SPACES = re.compile(r"[^\S\n]+")
_BETWEEN = "\n\n"


@dataclass(frozen=True)
class Block:
    """A part that is not torn apart without need: characters ``start`` to ``end`` of the text.

    ``place`` says where it stands in words of its format: section, page, row, cell, function.
    """

    start: int
    end: int
    kind: Kind
    place: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Box:
    """Where characters ``start`` to ``end`` stand on a page: points from its lower left corner."""

    start: int
    end: int
    page: int
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True)
class Reading:
    """A document as text. ``note`` says what of it could not be read, if anything."""

    text: str
    blocks: tuple[Block, ...]
    boxes: tuple[Box, ...] = ()
    encoding: str | None = None
    note: str = ""


class Script:
    """Text that grows block by block; spans are known as it grows."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self.notes: list[str] = []  # what of it could not be read
        self.length = 0

    def add(self, text: str, kind: Kind = "text", **place: Any) -> Block | None:
        """Add a block, normalised; None where nothing is left of it."""
        normal = normalise_code(text) if kind == "code" else normalise(text)
        if not normal:
            return None
        if self._parts:
            self._parts.append(_BETWEEN)
            self.length += len(_BETWEEN)
        self._parts.append(normal)
        block = Block(self.length, self.length + len(normal), kind, _told(place))
        self._blocks.append(block)
        self.length = block.end
        return block

    def finish(self, *, encoding: str | None = None, note: str = "") -> Reading:
        """The reading of all blocks."""
        said = "; ".join(filter(None, (note, *self.notes)))
        return Reading("".join(self._parts), tuple(self._blocks), encoding=encoding, note=said)


def _told(place: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in place.items() if value not in (None, "")}


def normalise(text: str) -> str:
    """Prose in one form: NFC, one space between words, no unseen characters, lines kept."""
    text = _plain(text)
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(lines).strip("\n")


def normalise_code(text: str) -> str:
    """Code in one form: NFC, indentation kept, no spaces at the ends of lines."""
    return "\n".join(line.rstrip() for line in _plain(text).split("\n")).strip("\n")


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text.replace("\f", "\n").replace("\u2028", "\n").translate(_UNSEEN)
