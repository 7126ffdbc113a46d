"""Characters that a model cannot read: its vocabulary has no token for their first byte.

A vocabulary of bytes that leaves some out drops them without a word (SmolLM2 has none for 04, 06,
13, 14, 16, 1D and for F1 and F2, with which U+40000 to U+BFFFF begin; the other thirteen that it
lacks are in no text). Every engine drops them alike, so the caller is told here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

# For each byte that can begin a character, the characters that it begins.
_LEADS = (
    *((code, code) for code in range(1, 0x80)),
    *((lead << 6, (lead << 6) + 0x3F) for lead in range(0x02, 0x20)),
    (0x800, 0xFFF),
    *((lead << 12, (lead << 12) + 0xFFF) for lead in range(1, 13)),
    (0xD000, 0xD7FF),
    (0xE000, 0xEFFF),
    (0xF000, 0xFFFF),
    (0x10000, 0x3FFFF),
    (0x40000, 0x7FFFF),
    (0x80000, 0xBFFFF),
    (0xC0000, 0xFFFFF),
    (0x100000, 0x10FFFF),
)


def find_lost(
    tokenize: Callable[[str], list[int]], detokenize: Callable[[Sequence[int]], str]
) -> re.Pattern[str] | None:
    """A pattern of the characters that leave no token, or None if there are none.

    One character of each first byte goes to tokens and back.
    """
    probes = [chr((low + high) // 2) for low, high in _LEADS]
    # Between letters: a blank at either end, or two of them, may be the tokenizer's own.
    back = detokenize(tokenize("a" + "a".join(probes) + "a"))
    lost = [
        f"\\U{low:08x}-\\U{high:08x}"
        for (low, high), probe in zip(_LEADS, probes, strict=True)
        if probe not in back
    ]
    return re.compile(f"[{''.join(lost)}]") if lost else None


def name_characters(text: str, pattern: re.Pattern[str]) -> str:
    """The characters of a text that a pattern finds, as ``U+0004``, each once; "" if none."""
    found = sorted(set(pattern.findall(text)))
    named = [f"U+{ord(one):04X} {unicodedata.name(one, '')}".strip() for one in found[:8]]
    return ", ".join(named) + (", ..." if len(found) > 8 else "")
