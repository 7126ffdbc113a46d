"""Moments as users name them: a date, a time, or how long ago."""

from __future__ import annotations

import datetime as dt
import re
import time

from .errors import InputError

_AGO = re.compile(r"(\d{1,6})\s*([mhdw])")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}


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
    if ago := _AGO.fullmatch(given):
        return now_s - int(ago[1]) * _SECONDS[ago[2]]
    try:
        found = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(
            f"{text!r} is no date or time",
            hint="2026-11-25, 2026-11-25T10:00, 24h, 7d, today or month",
        ) from None
    return found.replace(tzinfo=found.tzinfo or dt.UTC).timestamp()
