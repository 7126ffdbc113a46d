"""Moments and spans of time as users name them: a date, a time, how long, or how long ago."""

from __future__ import annotations

import datetime as dt
import re
import time

from .errors import InputError

UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_SPAN = re.compile(r"(\d{1,6})\s*([smhdw])")


def span_s(text: str) -> int | None:
    """The seconds of ``90s``, ``10m``, ``4h``, ``2d`` or ``1w``; None if it is no such span."""
    found = _SPAN.fullmatch(text.strip().lower())
    return int(found[1]) * UNITS_S[found[2]] if found else None


def moment_s(text: str, *, now_s: float | None = None) -> float:
    """The Unix time that a user named.

    Raises:
        InputError: It is no date, time or span.
    """
    now_s = time.time() if now_s is None else now_s
    now = dt.datetime.fromtimestamp(now_s, dt.UTC)
    words: dict[str, dt.datetime] = {
        "now": now,
        "today": now.replace(hour=0, minute=0, second=0, microsecond=0),
        "month": now.replace(day=1, hour=0, minute=0, second=0, microsecond=0),
    }
    given = text.strip().lower()
    if given in words:
        return words[given].timestamp()
    if (ago_s := span_s(given)) is not None:
        return now_s - ago_s
    try:
        found = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(
            f"{text!r} is no date or time",
            hint="2026-11-25, 2026-11-25T10:00, 24h, 7d, today or month",
        ) from None
    return found.replace(tzinfo=found.tzinfo or dt.UTC).timestamp()
