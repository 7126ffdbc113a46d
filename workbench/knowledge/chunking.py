"""Chunks: the passages of a document that are searched, cited and extracted from.

Whole paragraphs are put together up to a length; a heading begins a new chunk, functions and rows
stand alone. A chunk's text is the document's from ``start`` to ``end``, and what lies between two
chunks is white space: every word is in exactly one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .readers.reading import Block, Kind, Reading

VERSION = "1"
MOST_CHARACTERS = 1200
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’)\]]*(?=\s)|[。！？]|\n")
_LINE_END = re.compile(r"\n")
_ALONE: tuple[Kind, ...] = ("code", "row", "record")


@dataclass(frozen=True)
class Chunk:
    """Characters ``start`` to ``end`` of a document's normalised text."""

    start: int
    end: int
    kind: Kind
    place: dict[str, Any]


def cut(reading: Reading, *, most: int = MOST_CHARACTERS) -> list[Chunk]:
    """The chunks of a reading, in order.

    Args:
        reading: The document.
        most: The longest chunk, in characters.
    """
    found: list[Chunk] = []
    together: list[Block] = []

    def close() -> None:
        if together:
            found.append(_joined(together))
            together.clear()

    for block in reading.blocks:
        if block.kind in _ALONE or block.end - block.start > most:
            close()
            found.extend(_pieces(reading.text, block, most=most))
            continue
        if together and (_parts(together[-1], block) or block.end - together[0].start > most):
            close()
        together.append(block)
    close()
    return found


def _parts(before: Block, block: Block) -> bool:
    """Whether a chunk must not hold both: a new section or page begins."""
    if block.kind == "heading" and before.kind != "heading":
        return True
    return any(before.place.get(name) != block.place.get(name) for name in ("page", "cell")) or (
        before.kind != "heading" and before.place.get("section") != block.place.get("section")
    )


def _joined(blocks: list[Block]) -> Chunk:
    kind: Kind = "text" if any(block.kind == "text" for block in blocks) else blocks[0].kind
    return Chunk(blocks[0].start, blocks[-1].end, kind, blocks[-1].place)


def _pieces(text: str, block: Block, *, most: int) -> Iterator[Chunk]:
    """A block in pieces that fit, cut at ends of sentences or lines where there are any."""
    start = block.start
    ends = _LINE_END if block.kind == "code" else _SENTENCE_END
    while start < block.end:
        end = block.end
        if end - start > most:
            end = _last_end(text, start, start + most, ends)
        piece = text[start:end]
        kept = piece.rstrip()
        if kept:
            first = start + len(piece) - len(piece.lstrip()) if block.kind != "code" else start
            yield Chunk(first, start + len(kept), block.kind, block.place)
        start = end


def _last_end(text: str, start: int, limit: int, ends: re.Pattern[str]) -> int:
    """Where to cut: after the last sentence or line that fits, else at a space, else anywhere."""
    last = 0
    for found in ends.finditer(text, start + 1, limit):
        last = found.end()
    if last > start:
        return last
    space = text.rfind(" ", start + 1, limit)
    return space + 1 if space > start else limit
