"""Plain text: paragraphs are what stands between empty lines; a first line may be the title."""

from __future__ import annotations

import re

from .decoding import decode
from .reading import Reading, Script
from .sections import Sections

_EMPTY_LINES = re.compile(r"\n[^\S\n]*\n\s*")
_LONGEST_TITLE = 80  # characters
_MOST_WORDS = 10
_ENDS_A_SENTENCE = (".", "!", "?", ":", ";", ",", "…")


def read_plain_text(content: bytes) -> Reading:
    """Paragraphs; their lines stay as they are broken.

    A first line that is like a title is the heading that all stands under: short, with an empty
    line after it, and it ends no sentence.
    """
    text, encoding = decode(content)
    script, section = Script(), ""
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff\n")
    paragraphs = _EMPTY_LINES.split(text)
    if len(paragraphs) > 1 and paragraphs[1].strip() and is_title(paragraphs[0]):
        section = Sections().enter(1, paragraphs.pop(0))
        script.add(section, "heading", section=section)
    for paragraph in paragraphs:
        script.add(paragraph, section=section)
    return script.finish(encoding=encoding)


def is_title(paragraph: str) -> bool:
    """Whether a paragraph can be a title: one short line that begins as a name and ends nothing.

    >>> is_title("Vesper (cello)"), is_title("Vesper is a cello."), is_title("Dear Ida,")
    (True, False, False)
    """
    line = paragraph.strip()
    first = line[:1]
    return (
        "\n" not in line
        and len(line) <= _LONGEST_TITLE
        and len(line.split()) <= _MOST_WORDS
        and (first.isupper() or first.isdigit())
        and any(map(str.isalpha, line))
        and not line.endswith(_ENDS_A_SENTENCE)
        and not any(mark in line for mark in "|\t=<>{}")
        and ". " not in line
    )
