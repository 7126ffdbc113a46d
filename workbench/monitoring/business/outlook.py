"""What will have been spent by the end of a quarter: what is settled, and paths of the days left.

Daily cost as a level that grows or falls, times the weekday's part, times what is left over:
log cost = a + b t + weekday + rest. Paths draw the fit from its error (from fits that leave out a
week each, so that days that hang together count as such) and the rests as fortnights from the
past. The sum of a path is what the interval is of: intervals of days do not add up to that of
their sum. On made series whose rests hang together by .5 a day the interval covers 87 to 89% where
it says 90; by .9 a day (level shifts that last for weeks) it covers 77%.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import DataError, InputError

from .shares import Estimate
from .use import Use

if TYPE_CHECKING:
    import numpy as np

_LEAST_DAYS = 28
_PATHS = 4000
_BLOCK_DAYS = 14
_MOST_ALIKE = 0.8


@dataclass(frozen=True)
class OutlookDay:
    """A day: what was spent, or what is foretold with its 90% interval."""

    day: str
    spent_usd: float | None
    foretold: Estimate | None


@dataclass(frozen=True)
class Outlook:
    """The quarter's cost: ``spent_usd`` so far, ``total`` at its end.

    ``growth`` is a week's, as a share.
    """

    quarter: str
    until: str
    spent_usd: float
    days_left: int
    total: Estimate
    growth: Estimate
    days: tuple[OutlookDay, ...]
    chance_over_budget: float | None
    notes: tuple[str, ...]


def foretell_cost(use: Use, *, budget_usd: float | None = None, seed: int = 0) -> Outlook:
    """The cost at the end of the quarter in which the use's last day lies.

    Args:
        use: At least 28 days, up to the last that is whole.
        budget_usd: For the chance of spending more than that in the quarter.
        seed: Of the paths.

    Raises:
        DataError: There are fewer days, or nothing was spent.
    """
    import numpy as np

    if budget_usd is not None and budget_usd <= 0:
        raise InputError(f"budget_usd is {budget_usd:g}; it must be above 0")
    spent = daily_cost(use)
    if len(spent) < _LEAST_DAYS or spent.sum() <= 0:
        raise DataError(
            f"a forecast wants {_LEAST_DAYS} days on which something was spent; "
            f"there are {len(spent)} days, {int((spent > 0).sum())} with cost",
        )
    last = use.until - dt.timedelta(days=1)
    begin, end = quarter_of(last)
    left = (end - use.until).days
    paths, slopes = draw_paths(spent, use.since, left, seed=seed)
    so_far = float(spent[max((begin - use.since).days, 0) :].sum())
    totals = so_far + paths.sum(axis=1)
    notes = ["that the weeks go on as those before did is an assumption; prices stay"]
    if use.since > begin:
        notes.append(
            f"the log begins on {use.since}: what was spent before in the quarter is not in it"
        )
    days = [
        OutlookDay((use.since + dt.timedelta(days=n)).isoformat(), float(usd), None)
        for n, usd in enumerate(spent)
    ]
    days += [
        OutlookDay(
            (use.until + dt.timedelta(days=n)).isoformat(), None, Estimate.of_draws(paths[:, n])
        )
        for n in range(left)
    ]
    return Outlook(
        quarter=f"{begin.year}-Q{(begin.month + 2) // 3}",
        until=end.isoformat(),
        spent_usd=so_far,
        days_left=left,
        total=Estimate.of_draws(totals) if left else Estimate(so_far, so_far, so_far),
        growth=Estimate.of_draws(np.expm1(7 * slopes)),
        days=tuple(days),
        chance_over_budget=None if budget_usd is None else float((totals > budget_usd).mean()),
        notes=tuple(notes),
    )


def daily_cost(use: Use) -> np.ndarray:
    """USD of each day of the span; a day without use is 0."""
    import numpy as np

    spent = np.zeros(use.days)
    for day, usd in use.cells.groupby("day")["cost_usd"].sum().items():
        spent[(day - use.since).days] = usd
    return spent


def quarter_of(day: dt.date) -> tuple[dt.date, dt.date]:
    """The first day of its quarter, and of the next.

    >>> [str(each) for each in quarter_of(dt.date(2026, 11, 27))]
    ['2026-10-01', '2027-01-01']
    """
    begin = dt.date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return begin, (begin + dt.timedelta(days=95)).replace(day=1)


def draw_paths(
    spent: np.ndarray, since: dt.date, left: int, *, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Paths (count, left) of the days that follow, and the slopes (count,) they were drawn with."""
    import numpy as np

    random = np.random.default_rng(seed)
    count = len(spent)
    floor = 0.01 * spent.mean()  # a day without cost has no logarithm
    logs = np.log(np.maximum(spent, floor))
    design = _design(np.arange(count), since, count)
    fitted = np.linalg.pinv(design) @ logs
    rest = logs - design @ fitted
    spread, freedom = _spread(design, logs, rest)
    drawn = random.multivariate_normal(np.zeros(8), spread, _PATHS, check_valid="ignore")
    # Student's t: how much weeks differ is itself known from few weeks.
    drawn = fitted + drawn / np.sqrt(random.chisquare(freedom, (_PATHS, 1)) / freedom)
    ahead = _design(np.arange(count, count + left), since, count)
    blocks = -(-left // _BLOCK_DAYS)
    starts = random.integers(0, count - _BLOCK_DAYS + 1, (_PATHS, max(blocks, 1), 1))
    rests = rest[(starts + np.arange(_BLOCK_DAYS)).reshape(_PATHS, -1)[:, :left]]
    return np.exp(drawn @ ahead.T + rests * _inflation(count)), drawn[:, 1]


def _spread(design: np.ndarray, logs: np.ndarray, rest: np.ndarray) -> tuple[np.ndarray, int]:
    """How far the fit may be off: the spread of fits that leave out a week each (the jackknife of
    clusters), more where a week's mean is like the one before's; with its degrees of freedom."""
    import numpy as np

    weeks = np.arange(len(logs)) // 7
    groups = int(weeks[-1]) + 1
    without = np.stack(
        [np.linalg.pinv(design[weeks != w]) @ logs[weeks != w] for w in range(groups)]
    )
    apart = without - without.mean(axis=0)
    means = np.array([rest[weeks == w].mean() for w in range(groups)])
    means -= means.mean()
    alike = float(means[1:] @ means[:-1] / max(means @ means, 1e-12))
    # A fit's rests look less alike than they are (Kendall 1954): by (1 + 3 r) / n.
    alike = min(max(alike + (1 + 3 * alike) / groups, 0.0), _MOST_ALIKE)
    longer = (1 + alike) / (1 - alike)
    return apart.T @ apart * (groups - 1) / groups * longer, max(groups - 2, 2)


def _inflation(count: int) -> float:
    """Rests of a fit are smaller than the errors that they stand for: 8 numbers were fitted."""
    return float((count / (count - 8)) ** 0.5)


def _design(places: Any, since: dt.date, count: int) -> np.ndarray:
    """Columns: level, days from the middle, six weekdays against Monday."""
    import numpy as np

    weekday = (places + since.weekday()) % 7
    columns = [np.ones(len(places)), places - count / 2]
    return np.stack([*columns, *((weekday == each) * 1.0 for each in range(1, 7))], axis=1)
