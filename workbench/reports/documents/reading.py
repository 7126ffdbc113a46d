"""The text of a PDF of ours as a reader would select it, by the rules of ISO 32000 that it uses.

For checks of what was written, not a PDF library: content streams, simple strings and the fonts'
ToUnicode maps.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_OBJECT = re.compile(rb"(\d+) 0 obj(.*?)endobj", re.S)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.S)
_TEXT = re.compile(rb"((?:-?[\d.]+ ){6})cm(?:(?! cm).)*?\nBT (.*?)\nET\n", re.S)
# A string may hold brackets as they are where they come in pairs.
_PLAIN = rb"(?:\\.|[^\\()])"
_NESTED = rb"\((?:" + _PLAIN + rb"|\(" + _PLAIN + rb"*\))*\)"
_SHOWN = re.compile(
    rb"/(\w+) ([\d.]+) Tf|\(((?:" + _PLAIN + rb"|" + _NESTED + rb")*)\)|<([0-9A-Fa-f]+)>", re.S
)
_PAIR = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.S)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_NO_LETTER = "\ufffd"


def page_texts(pdf: bytes) -> list[str]:
    """The text of each page, a line for each piece that is set for itself.

    A letter that cannot be selected, since its font does not say what it is, is U+FFFD.
    """
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    pages = [body for body in objects.values() if re.search(rb"/Type/Page\b", body)]
    return ["\n".join(_join(_pieces(page, objects))) for page in pages]


def _pieces(
    page: bytes, objects: dict[int, bytes]
) -> Iterator[tuple[tuple[float, ...], float, str]]:
    """What is shown between BT and ET: the matrix, the font's size, the text."""
    fonts = {
        name: _unicode_of(objects[int(number)], objects)
        for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", objects[_refer(page, b"Resources")])
    }
    for matrix, block in _TEXT.findall(_stream(objects[_refer(page, b"Contents")])):
        letters: dict[int, str] = {}
        text, size = "", 0.0
        for font, points, string, digits in _SHOWN.findall(block):
            if font:
                letters, size = fonts.get(font, {}), float(points)
                continue
            raw = bytes.fromhex(digits.decode()) if digits else _unescape(string)
            codes = [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]
            text += "".join(letters.get(code, _NO_LETTER) for code in codes)
        yield tuple(map(float, matrix.split())), size, text


def _join(pieces: Iterator[tuple[tuple[float, ...], float, str]]) -> Iterator[str]:
    """Pieces that follow each other on a line as one: a chart sets its letters one by one."""
    line, end = "", tuple([0.0] * 6)
    for matrix, size, text in pieces:
        reach = 1.3 * size * max(abs(matrix[0]), abs(matrix[1]))
        steps = matrix[4] - end[4], matrix[5] - end[5]
        is_upright = abs(matrix[0]) > abs(matrix[1])
        along, across = steps if is_upright else (abs(steps[1]), steps[0])
        follows = len(text) == 1 and abs(across) < 0.05 and 0 < along < reach
        if follows and matrix[:4] == end[:4]:
            line += text
        else:
            if line:
                yield line
            line = text
        end = matrix
    if line:
        yield line


def _unicode_of(font: bytes, objects: dict[int, bytes]) -> dict[int, str]:
    pairs = _PAIR.findall(_stream(objects[_refer(font, b"ToUnicode")]))
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}


def _refer(body: bytes, name: bytes) -> int:
    found = re.search(rb"/" + name + rb" (\d+) 0 R", body)
    assert found is not None, name
    return int(found[1])


def _stream(body: bytes) -> bytes:
    found = _STREAM.search(body)
    assert found is not None
    return zlib.decompress(found[1]) if b"/FlateDecode" in body else found[1]


def _unescape(string: bytes) -> bytes:
    return _ESCAPE.sub(lambda found: _escaped(found[1]), string)


def _escaped(what: bytes) -> bytes:
    return bytes([int(what, 8)]) if what[:1].isdigit() else _LETTERS.get(what, what)
