"""Bytes as text: by their mark, by what they say of themselves, as UTF-8, or by a guess."""

from __future__ import annotations

import codecs
import functools
import re

from workbench.core.errors import DataError
from workbench.core.optional import require

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HTML = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.I)
_CODE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]{2,40})", re.M)
_HEAD_BYTES = 4096
_GUESS_BYTES = 128 << 10  # what a guess looks at; more of a large file tells no more
_WEST = "cp1252"
_WESTERN = frozenset(
    "àâäáãåæçéèêëíìîïñóòôöõøœúùûüÿßÀÂÄÁÃÅÆÇÉÈÊËÍÎÏÑÓÔÖÕØŒÚÛÜ«»“”„‘’–—…€§°·¿¡©®\xa0"
)
_LIKE_WESTERN = "Hungarian"  # its long umlauts are Western letters in the Western code page


def decode(content: bytes, *, declared: str | None = None) -> tuple[str, str]:
    """The text and its encoding.

    Args:
        content: A whole file.
        declared: What the file says of itself, if anything.

    Raises:
        DataError: It is no text in any encoding that is known.
    """
    for mark, marked in _MARKS:
        if content.startswith(mark):
            return _strictly(content, marked), marked
    for name in (declared, "utf-8"):
        text = None if name is None else _try(content, name)
        if name is not None and text is not None and "\0" not in text:
            return text, codecs.lookup(name).name
    return _guess(content)


def declared_in(content: bytes, *, kind: str) -> str | None:
    """The encoding that the head of a page (``html``) or of code (``code``) names."""
    pattern = _HTML if kind == "html" else _CODE
    head = content[:_HEAD_BYTES]
    if kind == "code":  # PEP 263: in the first two lines
        head = b"\n".join(head.split(b"\n")[:2])
    found = pattern.search(head)
    return found[1].decode("ascii") if found else None


@functools.cache
def guesser_version() -> str:
    """Which guesser it is: another may read the same bytes as other words."""
    return f"charset-normalizer {require('charset_normalizer', extra='knowledge').__version__}"


def _guess(content: bytes) -> tuple[str, str]:
    wide = _wide_encoding(content)
    if wide is not None:
        return _strictly(content, wide), wide
    normalizer = require("charset_normalizer", extra="knowledge")
    head = content[:_GUESS_BYTES]
    best = normalizer.from_bytes(head).best()
    if best is None:
        raise DataError(
            "its bytes are no text in any encoding that is known",
            hint="convert it to UTF-8",
        )
    text = _try(content, best.encoding)
    if text is None:
        raise DataError(
            f"it begins as {best.encoding} and does not go on so", hint="convert it to UTF-8"
        )
    if "\0" in text:
        raise DataError("it holds null bytes: this is no text", hint="leave it out")
    if best.encoding != _WEST and best.language != _LIKE_WESTERN:
        western = _try(content, _WEST)
        if western is not None and _looks_western(western):
            return western, _WEST
    return text, best.encoding


def _wide_encoding(content: bytes) -> str | None:
    """UTF-16 without a mark: of most pairs of bytes one is null, always the same one."""
    head = content[:_HEAD_BYTES]
    for name, ends in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        if len(head) >= 4 and ends.count(0) * 10 > len(ends) * 6 and _try(content, name):
            return name
    return None


def _looks_western(text: str) -> bool:
    """Whether the letters beyond ASCII are few, and those of Western languages.

    A short text has too few of them for a guess: its e grave may as well be another alphabet's.
    """
    letters = sum(each.isalpha() for each in text)
    beyond = [each for each in text if each > "\x7f"]
    return len(beyond) * 4 <= letters and all(each in _WESTERN for each in beyond)


def _try(content: bytes, name: str) -> str | None:
    try:
        return content.decode(name)
    except (UnicodeError, LookupError):
        return None


def _strictly(content: bytes, name: str) -> str:
    text = _try(content, name)
    if text is None:
        raise DataError(f"its mark says {name}, and its bytes are not", hint="convert it to UTF-8")
    return text
