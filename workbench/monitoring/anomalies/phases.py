"""Where in its seasons each step lies; a holiday counts as a Sunday."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError

if TYPE_CHECKING:
    from workbench.monitoring.forecasting.series import TimeSeries

DAY_S, WEEK_S = 86_400.0, 604_800.0
_SUNDAY = 6


@dataclass(frozen=True)
class Phases:
    """``short`` is the place in the shortest season ([steps], an hour of the day), ``group`` which
    of those it is in the longest one (a day of the week), ``cell`` the place in the longest one.
    ``pauses`` are holidays, ``(first, end)``, in a series that grows."""

    steps: int
    seasons: tuple[int, ...]
    short: Any
    group: Any
    cell: Any
    pauses: tuple[tuple[int, int], ...] = ()


def find_phases(
    series: TimeSeries, seasons: Sequence[int], holidays: Sequence[dt.date] = (), *,
    grows: bool = False,
) -> Phases:  # fmt: skip
    """Phases of a series' steps.

    Args:
        series: Its start and step say which day it is.
        seasons: One or two, in steps; the shorter one divides the longer one.
        holidays: Days (UTC) on which it goes as on a Sunday; they need a season of a week.
        grows: It is a sum of what comes in, like a disk: on a holiday it grows by less, and from
            then on it is by so much lower.

    Raises:
        InputError: There are holidays, and no season of a week.
    """
    import numpy as np

    at = np.arange(len(series.values))
    if not seasons:
        zeros = np.zeros(len(at), int)
        return Phases(len(at), (), zeros, zeros, zeros)
    longest = seasons[-1]
    place = at.copy()
    pauses: tuple[tuple[int, int], ...] = ()
    if holidays:
        if longest * series.step_s != WEEK_S:
            raise InputError(
                f"{series.name} has no season of a week: a holiday cannot go as a Sunday does",
                hint="give at least two and a half weeks, or leave the holidays out",
            )
        days = np.floor((series.start_s + at * series.step_s) / DAY_S).astype(np.int64)
        weekday = (days + 3) % 7  # the first day of 1970 was a Thursday
        named = [day.toordinal() - dt.date(1970, 1, 1).toordinal() for day in holidays]
        per_day = max(1, round(DAY_S / series.step_s))
        paused = np.isin(days, named)
        if grows:
            edges = np.flatnonzero(np.diff(np.concatenate([[0], paused.astype(int), [0]])))
            pauses = tuple(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
        else:
            place = place + np.where(paused, (_SUNDAY - weekday) * per_day, 0)
    short = place % seasons[0]
    groups = longest // seasons[0]
    group = place // seasons[0] % groups
    return Phases(len(at), tuple(seasons), short, group, place % longest, pauses)
