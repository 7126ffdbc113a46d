"""Quality day by day, and what has shifted since a reference, corrected for all measures."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from workbench.core.errors import InputError
from workbench.evaluation.bootstrap import bootstrap_difference
from workbench.evaluation.category_sketch import reference_names, sketch_categories
from workbench.evaluation.multiple_testing import adjust_p_values
from workbench.evaluation.number_sketch import reference_edges, sketch_numbers
from workbench.evaluation.refusals import is_refusal as refuses
from workbench.monitoring.drift.comparing import compare_columns
from workbench.store.answered_calls import AnsweredCall

from .result import DayQuality, QualityShift

_ERROR = 400
LEAST_ROWS = 20
Measured = Callable[[AnsweredCall], float | None]


def is_error(call: AnsweredCall) -> float:
    """1 where the call failed, by whoever's fault."""
    return float(call.status >= _ERROR)


def is_refusal(call: AnsweredCall) -> float | None:
    """1 where the answer refuses; None where its words were not kept."""
    if call.answer is None or call.status >= _ERROR:
        return None
    return float(refuses(call.answer))


def score(call: AnsweredCall) -> float | None:
    """What its user thought of it, -1 to 1."""
    return call.score


def is_judged(call: AnsweredCall) -> float:
    """1 where its user said something."""
    return float(call.score is not None)


MEASURES: dict[str, Measured] = {
    "errors": is_error,
    "refusals": is_refusal,
    "score": score,
    "judged": is_judged,
}


def describe_days(calls: Sequence[AnsweredCall]) -> tuple[DayQuality, ...]:
    """Each day that has calls, the earliest first."""
    days: dict[str, list[AnsweredCall]] = {}
    for call in calls:
        day = dt.datetime.fromtimestamp(call.time_s, dt.UTC).date().isoformat()
        days.setdefault(day, []).append(call)
    return tuple(_describe(day, days[day]) for day in sorted(days))


def find_shifts(
    before: Sequence[AnsweredCall],
    now: Sequence[AnsweredCall],
    *,
    level: float = 0.05,
    seed: int = 0,
) -> tuple[QualityShift, ...]:
    """Test each measure that both periods have rows of; the surest shift comes first.

    Errors, refusals and the share that is judged are compared by Fisher's exact test, scores by
    ranks, the lengths of answers and the languages by their index of population stability.

    Args:
        before: Calls of the reference.
        now: Calls since.
        level: With which chance any of the measures is called shifted though none is.
        seed: Of the intervals.

    Raises:
        InputError: A period has fewer than 20 calls.
    """
    if min(len(before), len(now)) < LEAST_ROWS:
        raise InputError(
            f"{len(before)} calls before and {len(now)} now",
            hint=f"{LEAST_ROWS} of each at least",
        )
    found = [_compare_values(name, get, before, now, seed) for name, get in MEASURES.items()]
    found += [_compare_lengths(before, now), _compare_languages(before, now)]
    kept = [each for each in found if each is not None]
    adjusted = adjust_p_values([each.p_value for each in kept])
    judged = [
        replace(each, adjusted_p_value=p, shifted=p <= level)
        for each, p in zip(kept, adjusted, strict=True)
    ]
    return tuple(sorted(judged, key=lambda each: each.adjusted_p_value))


def _compare_values(
    name: str, get: Measured, before: Sequence[AnsweredCall], now: Sequence[AnsweredCall], seed: int
) -> QualityShift | None:
    import numpy as np
    from scipy.stats import fisher_exact, mannwhitneyu

    sides = [np.array([v for v in map(get, side) if v is not None]) for side in (before, now)]
    if min(map(len, sides)) < LEAST_ROWS:
        return None
    if name == "score":
        test, p_value = "ranks", float(mannwhitneyu(*sides).pvalue)
    else:
        hits = [[int(side.sum()), int(len(side) - side.sum())] for side in sides]
        test, p_value = "fisher", float(fisher_exact(hits).pvalue)
    gap = bootstrap_difference(np.mean, sides[1], sides[0], paired=False, draws=500, seed=seed)
    means = [float(side.mean()) for side in sides]
    rows = [len(side) for side in sides]
    return QualityShift(
        name, test, means[0], means[1], gap.low, gap.high, None, p_value, p_value, False,
        rows[0], rows[1],
    )  # fmt: skip


def _compare_lengths(
    before: Sequence[AnsweredCall], now: Sequence[AnsweredCall]
) -> QualityShift | None:
    import numpy as np

    sides = [
        np.array([call.completion_tokens for call in side if call.status < _ERROR], dtype=float)
        for side in (before, now)
    ]
    if min(map(len, sides)) < LEAST_ROWS:
        return None
    edges = reference_edges(sides[0])
    found = compare_columns("answer tokens", *(sketch_numbers(side, edges) for side in sides))
    means = [float(side.mean()) for side in sides]
    return _indexed("answer tokens", found, means, [len(side) for side in sides])


def _compare_languages(
    before: Sequence[AnsweredCall], now: Sequence[AnsweredCall]
) -> QualityShift | None:
    sides = [[call.language for call in side if call.language] for side in (before, now)]
    if min(map(len, sides)) < LEAST_ROWS:
        return None
    names = reference_names(sides[0])
    found = compare_columns("languages", *(sketch_categories(side, names) for side in sides))
    return _indexed("languages", found, [None, None], [len(side) for side in sides])


def _indexed(name: str, found: Any, means: list[Any], rows: list[int]) -> QualityShift:
    return QualityShift(
        name, "psi", means[0], means[1], None, None, found.psi, found.p_value, found.p_value, False,
        rows[0], rows[1],
    )  # fmt: skip


def _describe(day: str, calls: Sequence[AnsweredCall]) -> DayQuality:
    answered = [call for call in calls if call.status < _ERROR]
    spoken = Counter(call.language for call in calls if call.language)
    known = sum(spoken.values())
    return DayQuality(
        day,
        len(calls),
        _mean([is_error(call) for call in calls]) or 0.0,
        _mean([is_refusal(call) for call in calls]),
        _mean([call.score for call in calls]),
        _mean([is_judged(call) for call in calls]) or 0.0,
        _mean([float(call.completion_tokens) for call in answered]),
        {name: count / known for name, count in spoken.most_common(5)},
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
