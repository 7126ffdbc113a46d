"""Where sentences end in running text, for what is quoted and cited."""

from __future__ import annotations

import re

_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|[。！？]|\n+")
# What ends with a full stop and does not end a sentence: an initial, or one of these.
_OPEN = re.compile(
    r"(?:\b[A-Z]|\b(?:Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|Gen|Col|Capt|Lt|Rev|Hon|No|Nos|Vol|Fig|vs|cf|ca|c|"
    r"e\.g|i\.e|approx|Inc|Ltd|Co|Corp|Mt|Ft|al|Bros|U\.S|U\.K))\.$"
)
_IN_BRACKETS = re.compile(r"\([a-z]{1,6}\.$")  # *(ret. 2021)*, *(est. 1902)*
_LOWER = re.compile(r"\s*[a-zà-öø-ÿ]")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence. A line break ends one; an initial or *Dr.* does not."""
    found, start = [], 0
    for end in [*(match.end() for match in _END.finditer(text) if _ends(text, match)), len(text)]:
        while start < end and text[start].isspace():
            start += 1
        stop = end
        while stop > start and text[stop - 1].isspace():
            stop -= 1
        if stop > start:
            found.append((start, stop))
        start = end
    return found


def _ends(text: str, match: re.Match[str]) -> bool:
    if match[0] != ".":
        return True
    if _OPEN.search(text, max(0, match.start() - 12), match.end()):
        return False
    if _IN_BRACKETS.search(text, max(0, match.start() - 12), match.end()):
        return False
    return _LOWER.match(text, match.end()) is None
