"""Quiet hours: alerts fire in them all the same, and are told after."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from .spans import minute_of_day

Severity = Literal["info", "warning", "critical"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _zone(name: Any) -> str:
    try:
        ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone, such as Europe/Berlin or UTC") from None
    return str(name)


class QuietHours(BaseModel):
    """From one time of day until another, by the clock on the wall of a zone.

    An end before the beginning is of the next day. On the day on which clocks are set they are an
    hour shorter or longer, as the night is. ``days`` are those on which they begin.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    begin: Annotated[int, BeforeValidator(minute_of_day), Field(alias="from")]
    until: Annotated[int, BeforeValidator(minute_of_day)]
    zone: Annotated[str, BeforeValidator(_zone)]
    days: tuple[Day, ...] = DAYS
    severities: tuple[Severity, ...] = ("info", "warning")

    def hold(self, severity: Severity, now_s: float) -> bool:
        """Whether an alert of that severity is not told at a Unix time."""
        if severity not in self.severities:
            return False
        local = dt.datetime.fromtimestamp(now_s, ZoneInfo(self.zone))
        minute, day = local.hour * 60 + local.minute, local.weekday()
        if self.begin < self.until:
            return self.begin <= minute < self.until and DAYS[day] in self.days
        if minute >= self.begin:
            return DAYS[day] in self.days
        return minute < self.until and DAYS[day - 1] in self.days
