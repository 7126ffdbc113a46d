"""A series on a regular grid, and what had to be done to rows to make it one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np

HOUR_S, DAY_S = 3600.0, 86_400.0
MOST_GAPS = 0.2
LEAST_VALUES = 12


@dataclass(frozen=True)
class TimeSeries:
    """``values`` ([steps]) one a step of ``step_s`` from the Unix time ``start_s`` on.

    ``seasons`` are in steps, the shortest first (24 and 168 of hours); only those stand here of
    which there are two and a half. ``notes`` say what the rows were like. ``filled`` are the places
    of steps that had no row, whose values lie on a line.
    """

    name: str
    unit: str
    start_s: float
    step_s: float
    values: np.ndarray[Any, Any]
    seasons: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    filled: tuple[int, ...] = ()

    def time_s(self, place: int) -> float:
        """The Unix time of a step, which may lie behind the last."""
        return self.start_s + place * self.step_s


def make_regular(
    times_s: Sequence[float],
    values: Sequence[float],
    *,
    step_s: float,
    name: str = "series",
    unit: str = "",
    seasons: Sequence[int] | None = None,
) -> TimeSeries:
    """Put rows on a grid: what falls into one step is averaged, gaps are filled on a line.

    A row that stands twice, with the same time and value, counts once. A clock that jumped gives
    rows out of order; each is put where its time says. Values that are no finite numbers are left
    out. The notes count all of them.

    Args:
        times_s: Unix times, in the order in which the rows were written.
        values: One a time.
        step_s: The grid's.
        name: For the reader.
        unit: Of the values.
        seasons: In steps; of hours 24 and 168, of days 7, if none are given.

    Raises:
        InputError: There are fewer than 12 steps, or a fifth of them are missing.
    """
    import numpy as np

    times, numbers = np.asarray(times_s, float), np.asarray(values, float)
    if len(times) != len(numbers):
        raise InputError(f"{len(times)} times for {len(numbers)} values", hint="give one a value")
    notes = []
    good = np.isfinite(times) & np.isfinite(numbers)
    if not good.all():
        notes.append(f"{int((~good).sum())} rows are no numbers and were left out")
    times, numbers = times[good], numbers[good]
    once = np.sort(np.unique(np.stack([times, numbers]), axis=1, return_index=True)[1])
    if twice := len(times) - len(once):
        notes.append(f"{twice} row{'s' * (twice > 1)} stood there already and count once")
    times, numbers = times[once], numbers[once]
    back = int((np.diff(times) < 0).sum())
    if back:
        often = "once" if back == 1 else f"{back} times"
        notes.append(f"the clock went back {often}; rows stand where their time says")
    places, means = _averaged(times, numbers, step_s)
    steps = int(places[-1] - places[0] + 1) if len(places) else 0
    if steps < LEAST_VALUES or len(places) < LEAST_VALUES:
        raise InputError(
            f"{len(places)} steps of {name}; a forecast takes at least {LEAST_VALUES}",
            hint=more_steps(step_s),
        )
    missing = steps - len(places)
    _check_gaps(missing, steps, name)
    if missing:
        notes.append(f"{missing} of {steps} steps were missing and are filled on a line")
    every = np.arange(steps)
    whole = np.interp(every, places - places[0], means)
    filled = tuple(int(place) for place in np.setdiff1d(every, places - places[0]))
    usual = {HOUR_S: (24, 168), DAY_S: (7,)}.get(step_s, ()) if seasons is None else tuple(seasons)
    kept = tuple(each for each in sorted(usual) if steps >= 2.5 * each)
    if len(kept) < len(usual):
        left = ", ".join(str(each) for each in sorted(usual) if each not in kept)
        notes.append(f"too short for a season of {left} steps, which takes two and a half of them")
    start_s = float(places[0] * step_s)
    return TimeSeries(name, unit, start_s, step_s, whole, kept, tuple(notes), filled)


def _check_gaps(missing: int, steps: int, name: str) -> None:
    if missing > MOST_GAPS * steps:
        raise InputError(
            f"{missing} of {steps} steps of {name} are missing, more than a fifth",
            hint="forecast from after the gap: --since",
        )


def more_steps(step_s: float) -> str:
    """What to do where there are too few steps; an hour is the shortest that can be asked for."""
    return "wait until more is recorded" + (", or ask for hours: --step hour" * (step_s > HOUR_S))


def check_least(series: TimeSeries, least: float | None, values: Any = None) -> None:
    """That no value is less than one can be.

    Args:
        series: What is looked at.
        least: What values can't be less than; None where they may be anything.
        values: Those that were observed; all of the series if none are given.

    Raises:
        InputError: Some are; the message counts them.
    """
    import numpy as np

    if least is None:
        return
    seen = np.asarray(series.values if values is None else values, float)
    below = seen[seen < least]
    if len(below):
        raise InputError(
            f"{len(below)} value{'s' * (len(below) > 1)} of {series.name} "
            f"{'are' if len(below) > 1 else 'is'} below {least:g}, the least {below.min():.4g}",
            hint="mend what records them; from Python least=None takes values of any sign",
        )


def _averaged(times: Any, numbers: Any, step_s: float) -> tuple[Any, Any]:
    import numpy as np

    places, inverse = np.unique(np.floor(times / step_s).astype(np.int64), return_inverse=True)
    sums = np.bincount(inverse, weights=numbers, minlength=len(places))
    return places, sums / np.maximum(np.bincount(inverse, minlength=len(places)), 1)
