"""Figures of a table that tell little of any one row: counts, sums, means, quantiles, histograms.

A row is what may be added or taken away. Values are cut to bounds that the user states without
looking at the data, and set on a grid of whole numbers; noise is discrete Laplace, exactly drawn.
"""

from __future__ import annotations

import bisect
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from workbench.core.errors import InputError
from workbench.core.viewers import Viewable

from .discrete_noise import draw_laplace, system_random
from .mechanisms import PureSteps

# Between the bounds of a column: noise and rounding are whole steps of it.
_GRID = 2**20
_LEAST_EPSILON = Fraction(1, 10_000)


@dataclass(frozen=True)
class PrivateFigure(Viewable):
    """A figure with its noise. ``low`` and ``high`` hold the figure without noise in 19 of 20 draws
    (of the noise alone; for a quantile None: how far it is off depends on the data)."""

    name: str
    value: float
    epsilon: float
    low: float | None = None
    high: float | None = None

    @property
    def mechanism(self) -> PureSteps:
        """What it cost, for a budget."""
        return PureSteps(self.epsilon)


def private_count(
    rows: Sequence[Any], *, epsilon: float, source: random.Random | None = None
) -> PrivateFigure:
    """How many rows there are; a row moves it by 1."""
    spent = _fraction(epsilon)
    value = len(rows) + draw_laplace(1 / spent, source or system_random())
    off = _width(1 / spent)
    return PrivateFigure("count", float(value), epsilon, value - off, value + off)


def private_sum(
    values: Sequence[float],
    *,
    low: float,
    high: float,
    epsilon: float,
    source: random.Random | None = None,
) -> PrivateFigure:
    """The sum of values cut to ``low`` and ``high``, which must not come from the data.

    Raises:
        InputError: A value is no number, or the bounds are no interval.
    """
    spent, step = _fraction(epsilon), _step(low, high)
    cut = [round(each / step) for each in _cut(values, low, high)]
    most = max(abs(round(low / step)), abs(round(high / step)), 1)
    noise = draw_laplace(most / spent, source or system_random())
    value, off = (sum(cut) + noise) * step, _width(most / spent) * step
    return PrivateFigure("sum", value, epsilon, value - off, value + off)


def private_mean(
    values: Sequence[float],
    *,
    low: float,
    high: float,
    epsilon: float,
    source: random.Random | None = None,
) -> PrivateFigure:
    """The mean of values cut to bounds: half of epsilon on the sum about the middle, half on the
    count. With no row it is the middle.

    Its interval follows from those of both, each of which holds in 39 of 40 draws: no more is
    learnt from the data for it.

    Raises:
        InputError: See ``private_sum``.
    """
    middle, half = (low + high) / 2, epsilon / 2
    centred = [each - middle for each in _cut(values, low, high)]
    told = private_sum(centred, low=low - middle, high=high - middle, epsilon=half, source=source)
    count = private_count(values, epsilon=half, source=source)
    value = middle + told.value / max(1.0, count.value)
    spent, step = _fraction(half), _step(low, high)
    most = max(abs(round((low - middle) / step)), abs(round((high - middle) / step)), 1)
    off, off_count = _width(most / spent, 0.025) * step, _width(1 / spent, 0.025)
    ends = [
        middle + total / max(1.0, rows)
        for total in (told.value - off, told.value + off)
        for rows in (count.value - off_count, count.value + off_count)
    ]
    value, least, greatest = (
        min(max(each, low), high) for each in (value, min(ends) - step, max(ends) + step)
    )
    return PrivateFigure("mean", value, epsilon, least, greatest)


def private_histogram(
    values: Sequence[Any],
    *,
    bins: Sequence[Any],
    epsilon: float,
    source: random.Random | None = None,
) -> dict[Any, PrivateFigure]:
    """How many rows have each of the values ``bins``, which must not come from the data.

    A row is in one of them, so that all cost one epsilon together. Other values count nowhere.

    Raises:
        InputError: A bin is named twice, or there is none.
    """
    if not bins or len(set(bins)) != len(bins):
        raise InputError("bins must be values, each of them once", hint="--bins a,b")
    drawn, spent = source or system_random(), _fraction(epsilon)
    counts = dict.fromkeys(bins, 0)
    for each in values:
        if each in counts:
            counts[each] += 1
    off = _width(1 / spent)
    found = {name: count + draw_laplace(1 / spent, drawn) for name, count in counts.items()}
    return {
        name: PrivateFigure(f"count of {name}", float(value), epsilon, value - off, value + off)
        for name, value in found.items()
    }


def private_quantile(
    values: Sequence[float],
    *,
    share: float,
    low: float,
    high: float,
    epsilon: float,
    cells: int = 1000,
    source: random.Random | None = None,
) -> PrivateFigure:
    """A quantile by the exponential mechanism over cells between the bounds.

    Smith (2011), "Privacy-preserving statistical estimation with optimal convergence rates",
    algorithm 2, on a grid. The cell is drawn by adding noise to each one's score and taking the
    highest (report noisy max); the score of a cell, how many rows lie off the wanted share, is
    moved by at most 1 by a row, whence the factor 2.

    Raises:
        InputError: ``share`` is not between 0 and 1; see also ``private_sum``.
    """
    if not 0 < share < 1:
        raise InputError(f"share is {share}, which must be between 0 and 1")
    _step(low, high)
    drawn, scale = source or system_random(), 2 / _fraction(epsilon)
    cut = sorted(_cut(values, low, high))
    places = [low + (high - low) * number / cells for number in range(cells + 1)]
    wanted = share * len(cut)
    scores = [-round(abs(bisect.bisect_right(cut, place) - wanted)) for place in places]
    noisy = [score + draw_laplace(scale, drawn) for score in scores]
    # Of equal ones the first in an order that is drawn without looking at the data: a draw among
    # the equal ones would tell how many there are, which a row may change.
    order = drawn.sample(range(len(places)), len(places))
    best = max(order, key=lambda number: noisy[number])
    return PrivateFigure(f"quantile {share:g}", places[best], epsilon)


def bound_users(
    values: Sequence[Any], users: Sequence[Any], *, most: int, source: random.Random | None = None
) -> list[Any]:
    """The values with at most ``most`` of each user, drawn from the user's own.

    A figure of them that is epsilon-private for a row is ``most`` times epsilon-private for a user
    with all their rows: whoever is added or taken away moves so many rows, and nobody else's.

    Raises:
        InputError: ``most`` is under 1.
    """
    if most < 1:
        raise InputError(f"rows_per_user is {most}, which must be 1 or more")
    drawn, kept = source or system_random(), dict[Any, list[Any]]()
    for value, user in zip(values, users, strict=True):
        kept.setdefault(user, []).append(value)
    return [
        value
        for own in kept.values()
        for value in (own if len(own) <= most else drawn.sample(own, most))
    ]


Figure = Literal["count", "sum", "mean", "quantile", "histogram"]
NUMERIC = ("sum", "mean", "quantile")


def tell_figure(
    values: Sequence[Any],
    figure: Figure,
    *,
    epsilon: float,
    low: float | None = None,
    high: float | None = None,
    share: float = 0.5,
    bins: Sequence[str] = (),
) -> list[PrivateFigure]:
    """One of the figures by its name; a histogram gives one a bin."""
    if figure == "count":
        return [private_count(values, epsilon=epsilon)]
    if figure == "histogram":
        words = [str(each) for each in values]
        return list(private_histogram(words, bins=list(bins), epsilon=epsilon).values())
    assert low is not None and high is not None, "check_figure() comes first"
    numbers = [float(each) for each in values]
    if figure == "sum":
        return [private_sum(numbers, low=low, high=high, epsilon=epsilon)]
    if figure == "mean":
        return [private_mean(numbers, low=low, high=high, epsilon=epsilon)]
    return [private_quantile(numbers, share=share, low=low, high=high, epsilon=epsilon)]


def split_commas(given: Sequence[str]) -> list[str]:
    """Values or columns that were named: one text with commas is several of them.

    Of several texts each is one, whatever commas it has.

    >>> split_commas(["Rome, Bari"]), split_commas(["Rossi, Ada", "Verdi, Bo"])
    (['Rome', 'Bari'], ['Rossi, Ada', 'Verdi, Bo'])
    """
    if len(given) != 1:
        return list(given)
    return [part.strip() for part in given[0].split(",") if part.strip()]


def check_figure(
    figure: Figure, *, epsilon: float, low: float | None, high: float | None, share: float,
    bins: Sequence[str],
) -> None:  # fmt: skip
    """Raise InputError for what would be refused, before anything is spent."""
    _fraction(epsilon)
    if figure == "histogram":
        private_histogram([], bins=list(bins), epsilon=epsilon)
    elif figure != "count":
        if low is None or high is None:
            raise InputError(
                f"a {figure} needs bounds that do not come from the data", hint="--low 0 --high 100"
            )
        _step(low, high)
        if not 0 < share < 1:
            raise InputError(f"share is {share}, which must be between 0 and 1")


def _fraction(epsilon: float) -> Fraction:
    """The epsilon as a fraction that is never above it."""
    if not (math.isfinite(epsilon) and epsilon > 0):
        raise InputError(f"epsilon is {epsilon}, which must be above 0", name="epsilon")
    found = Fraction(math.floor(epsilon * 10_000), 10_000)
    if found < _LEAST_EPSILON:
        raise InputError(f"epsilon is {epsilon:g}; the least is 0.0001", name="epsilon")
    return found


def _step(low: float, high: float) -> float:
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"the bounds {low} and {high} are no interval", hint="--low 0 --high 100")
    return (high - low) / _GRID


def _cut(values: Sequence[float], low: float, high: float) -> list[float]:
    for each in values:
        if not math.isfinite(each):
            raise InputError(f"a value is {each}, which is no number", hint="leave such rows out")
    return [min(max(each, low), high) for each in values]


def _width(scale: Fraction, beyond: float = 0.05) -> int:
    """How far discrete Laplace noise of this scale lies off at most, but for a share of draws."""
    ratio = math.exp(-1 / float(scale))
    # P(|X| > k) = 2 r^(k+1) / (1 + r)
    return max(0, math.ceil(math.log(beyond * (1 + ratio) / 2) / math.log(ratio)) - 1)
