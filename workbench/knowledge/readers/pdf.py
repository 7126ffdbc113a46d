"""PDF through PDFium: lines with their boxes, paragraphs by the space between them.

Text comes in the order in which the file draws it. A page of pictures has none: that is noted.
"""

from __future__ import annotations

import ctypes
import dataclasses
import functools
import statistics
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from workbench.core.errors import DataError
from workbench.core.optional import require

from .reading import Box, Reading, Script, normalise

_PARAGRAPH_PITCH = 1.3  # of the usual distance of two lines, beyond which a paragraph begins
_WIDEST_PITCH = 1.8  # of the letters' size, where too few lines say what is usual
_SAME_SIZE = 0.15
_one_at_a_time = threading.Lock()  # PDFium is not made for threads
_HYPHENS = "-\u2010\u00ad"
_ENDS = frozenset(map(ord, "\r\n"))
_SOFT_HYPHENS = frozenset((0x2, 0xFFFE))  # PDFium's words for a hyphen at a line's end


@dataclass(frozen=True)
class _Line:
    """Characters of one line and the box around them, in points from the lower left corner.

    ``size`` is that of its first letter, ``base`` the height of the line that it stands on.
    """

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    base: float


def read_pdf(content: bytes) -> Reading:
    """The paragraphs of each page, with the box of each line.

    Raises:
        DataError: It is damaged, or needs a password.
    """
    pdfium = require("pypdfium2", extra="knowledge")
    with _one_at_a_time:
        return _read(pdfium, content)


def _read(pdfium: Any, content: bytes) -> Reading:
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        raise DataError(_why(str(error)), hint="open it in a viewer and save it anew") from None
    script, boxes, empty = Script(), [], []
    try:
        for number in range(len(document)):
            try:
                lines = list(_lines(pdfium, document, number))
            except pdfium.PdfiumError as error:
                raise DataError(f"page {number + 1} cannot be read: {error}") from None
            if not lines:
                empty.append(number + 1)
            for paragraph in _paragraphs(lines):
                boxes += _add(script, paragraph, page=number + 1)
        pages = len(document)
    finally:
        document.close()
    note = f"{len(empty)} of {pages} pages have no text, from page {empty[0]}" if empty else ""
    return dataclasses.replace(script.finish(note=note), boxes=tuple(boxes))


def _why(said: str) -> str:
    if "assword" in said:
        return "it needs a password"
    return "this is no PDF, or a damaged one"


@functools.cache
def pdfium_version() -> str:
    """Which PDFium reads it."""
    return f"pypdfium2 {require('pypdfium2', extra='knowledge').PYPDFIUM_INFO.version}"


def _lines(pdfium: Any, document: Any, number: int) -> Iterator[_Line]:
    page = document[number]
    textpage = page.get_textpage()
    try:
        said: list[str] = []
        first = 0
        count = textpage.count_chars()
        for at in range(count + 1):
            code = pdfium.raw.FPDFText_GetUnicode(textpage, at) if at < count else 10
            if code in _ENDS or code in _SOFT_HYPHENS:
                text = "".join(said) + ("-" if code in _SOFT_HYPHENS else "")
                if normalise(text):
                    box = _box(textpage, first, at - first)
                    yield _Line(normalise(text), *box, *_type(pdfium, textpage, first))
                said, first = [], at + 1
            else:
                said.append(chr(code) if code not in range(0xD800, 0xE000) else "\ufffd")
    finally:
        textpage.close()
        page.close()


def _box(textpage: Any, first: int, count: int) -> tuple[float, float, float, float]:
    """The box around characters of one line, to a hundredth of a point."""
    rects = [textpage.get_rect(at) for at in range(textpage.count_rects(first, count))]
    if not rects:
        return 0.0, 0.0, 0.0, 0.0
    left, bottom, right, top = zip(*rects, strict=True)
    return round(min(left), 2), round(min(bottom), 2), round(max(right), 2), round(max(top), 2)


def _type(pdfium: Any, textpage: Any, at: int) -> tuple[float, float]:
    """The size of a character and the height of the line that it stands on."""
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.raw.FPDFText_GetCharOrigin(textpage, at, ctypes.byref(x), ctypes.byref(y))
    return float(pdfium.raw.FPDFText_GetFontSize(textpage, at)), y.value


def _paragraphs(lines: Sequence[_Line]) -> Iterator[list[_Line]]:
    """Lines that follow each other closely and are of one size."""
    pitches = [last.base - line.base for last, line in pairwise(lines) if _alike(last, line)]
    usual = statistics.median(pitches) if pitches else 0.0
    together: list[_Line] = []
    for line in lines:
        if together:
            last = together[-1]
            pitch = last.base - line.base
            most = min(_PARAGRAPH_PITCH * usual, _WIDEST_PITCH * line.size) if usual > 0 else 0.0
            if not _alike(last, line) or not 0 <= pitch <= most:
                yield together
                together = []
        together.append(line)
    if together:
        yield together


def _alike(last: _Line, line: _Line) -> bool:
    """Whether the second could go on from the first: of its size, and not above it."""
    return abs(last.size - line.size) <= _SAME_SIZE * last.size and line.base <= last.base


def _add(script: Script, lines: Sequence[_Line], *, page: int) -> list[Box]:
    """Add a paragraph, its lines as one; the boxes of its lines."""
    said, starts = "", []
    for at, line in enumerate(lines):
        starts.append(len(said))
        more = at + 1 < len(lines)
        broken = more and len(line.text) > 1 and line.text[-1] in _HYPHENS
        if broken and lines[at + 1].text[:1].islower():
            said += line.text[:-1]
        else:
            said += line.text + (" " if more and not broken else "")
    block = script.add(said, page=page)
    if block is None:
        return []
    ends = [*starts[1:], block.end - block.start]
    return [
        Box(block.start + start, block.start + end, page, line.x0, line.y0, line.x1, line.y1)
        for start, end, line in zip(starts, ends, lines, strict=True)
        if end > start
    ]
