"""Spans of time and times of day, as rule files say them."""

from __future__ import annotations

import datetime as dt
import re

from workbench.core import moments

_TIME = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")


def span_s(text: str) -> float:
    """The seconds of ``90s``, ``10m``, ``4h``, ``2d`` or ``1w``; ``never`` and ``0`` are 0.

    Raises:
        ValueError: It is none.
    """
    given = str(text).strip().lower()
    if given in ("0", "never"):
        return 0.0
    found = moments.span_s(given)
    if found is None:
        raise ValueError(f"{text!r} is no span of time, such as 90s, 10m, 4h or 2d")
    return float(found)


def said(seconds: float) -> str:
    """The shortest way to say a whole span: 600 is 10m."""
    for unit in ("w", "d", "h", "m"):
        whole_s = moments.UNITS_S[unit]
        if seconds >= whole_s and seconds % whole_s == 0:
            return f"{seconds / whole_s:.0f}{unit}"
    return f"{seconds:.0f}s"


def minute_of_day(text: str) -> int:
    """The minutes since midnight of ``07:00``; ``24:00`` is the day's end.

    Raises:
        ValueError: It is no time of day.
    """
    found = _TIME.fullmatch(str(text).strip())
    if found is None or (minute := int(found[1]) * 60 + int(found[2])) > 1440:
        raise ValueError(f"{text!r} is no time of day, such as 22:00")
    return minute


def clock_time(minute: int) -> str:
    """``07:00`` of the minutes since midnight."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def utc(time_s: float) -> dt.datetime:
    """A Unix time as a moment of UTC."""
    return dt.datetime.fromtimestamp(time_s, dt.UTC)
