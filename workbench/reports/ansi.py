"""Terminal colours in a cell's text, as classes that the page's style sheet names."""

from __future__ import annotations

import html
import re

_SEQUENCE = re.compile(r"\x1b\[([0-9;]*)([A-Za-z])|\x1b\][^\x07]*\x07|\x1b[@-Z\\-_]")
_COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_SWITCHES = {1: "bold", 2: "dim", 3: "italic", 4: "underline"}
_OFF = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",)}


def ansi_to_html(text: str) -> str:
    """Escape text for HTML; colours become ``<span class="ansi-red">``, other codes vanish."""
    parts: list[str] = []
    classes: list[str] = []
    at = 0
    for found in _SEQUENCE.finditer(text):
        parts.append(_span(text[at : found.start()], classes))
        at = found.end()
        if found.group(2) == "m":
            classes = _apply(classes, found.group(1))
    parts.append(_span(text[at:], classes))
    return "".join(parts)


def strip_ansi(text: str) -> str:
    """Text without terminal codes."""
    return _SEQUENCE.sub("", text)


def _span(text: str, classes: list[str]) -> str:
    if not text:
        return ""
    escaped = html.escape(text, quote=False)
    if not classes:
        return escaped
    names = " ".join(f"ansi-{name}" for name in classes)
    return f'<span class="{names}">{escaped}</span>'


def _apply(classes: list[str], codes: str) -> list[str]:
    numbers = [int(code or 0) for code in codes.split(";")]
    kept = list(classes)
    while numbers:
        code = numbers.pop(0)
        if code == 0:
            kept = []
        elif code in _SWITCHES:
            kept = [*(each for each in kept if each != _SWITCHES[code]), _SWITCHES[code]]
        elif code in _OFF:
            kept = [each for each in kept if each not in _OFF[code]]
        elif 30 <= code <= 37 or 90 <= code <= 97 or code == 39:
            kept = [each for each in kept if each not in _COLOURS]
            kept += [_COLOURS[code % 10]] if code != 39 else []
        elif code in (38, 48):  # of 256 or of all: drawn in the text's own colour, readable
            del numbers[: 2 if numbers[:1] == [5] else 4]
    return kept
