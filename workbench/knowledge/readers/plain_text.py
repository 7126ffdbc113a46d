"""Plain text: paragraphs are what stands between empty lines."""

from __future__ import annotations

import re

from .decoding import decode
from .reading import Reading, Script

_EMPTY_LINES = re.compile(r"\n[^\S\n]*\n\s*")


def read_plain_text(content: bytes) -> Reading:
    """Paragraphs; their lines stay as they are broken."""
    text, encoding = decode(content)
    script = Script()
    for paragraph in _EMPTY_LINES.split(text.replace("\r\n", "\n").replace("\r", "\n")):
        script.add(paragraph)
    return script.finish(encoding=encoding)
