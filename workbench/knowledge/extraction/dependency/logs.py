"""Which passages are lines of a log, of which a parser makes sentences that nobody wrote."""

from __future__ import annotations

import re

_SHARE = 0.8  # of a passage's lines, from which on it is a log
_FEWEST = 3  # lines
_CLOCK = r"\d{1,2}:\d\d:\d\d"
_LINE = re.compile(
    r"\W{0,2}(?:"
    rf"\d{{4}}[-/.]\d\d[-/.]\d\d[T ,]+{_CLOCK}|"  # 2026-03-01 08:03:01
    rf"\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{2,4}}[T ,]+{_CLOCK}|"
    rf"[A-Z][a-z]{{2}} {{1,2}}\d{{1,2}} {_CLOCK}|"  # Mar  1 08:03:01
    rf"{_CLOCK}[.,]?\d*\W|"
    r"(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\b[\]:\s]|"
    r"\d{1,3}(?:\.\d{1,3}){3} \S+ \S+ \[|"  # of a web server
    r"\d{10}(?:\.\d+)?\s)"
)


def is_log(text: str) -> bool:
    """Whether nearly all lines begin with a time of day, a level or an address.

    >>> is_log("\\n".join(f"2026-03-01 08:00:0{n} INFO ready" for n in range(3)))
    True
    >>> is_log("08:30 Breakfast.\\n09:00 The meeting.\\n10:00 A walk.")
    False
    """
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < _FEWEST:
        return False
    return sum(bool(_LINE.match(line)) for line in lines) >= _SHARE * len(lines)
