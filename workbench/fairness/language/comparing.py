"""The same probe before and after: whether a difference is more than chance, item by item."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError
from workbench.evaluation.bootstrap import bootstrap_interval
from workbench.evaluation.permutation import sign_flip_test, swap_test

from .inference import ALL, adjust, check_inference, each_group
from .items import Excluded
from .measures import STATISTICS, MeasuredValues
from .result import ComparedFigure, Inference, ProbeComparison, ProbeResult

if TYPE_CHECKING:
    import numpy as np


def compare_probes(
    before: ProbeResult, after: ProbeResult, *, inference: Inference | None = None
) -> ProbeComparison:
    """Test the difference of two models that were probed with the same items.

    Items are paired. The interval is a paired bootstrap's, the p-value that of a permutation test
    in which each item's two values may change places. An item that a control leaves out for one
    of the two (other tokens, another length) is left out for both.

    Args:
        before: The first model's probe.
        after: The second's, with the same data set, limit and seed.
        inference: How uncertainty is told; as for ``before`` if none is given.

    Raises:
        InputError: The two were not asked the same, or nothing is left to compare.
    """
    inference = inference or before.inference
    check_inference(inference)
    _check_same(before, after)
    figures: list[ComparedFigure] = []
    excluded: dict[Excluded, None] = {}
    later = {(one.measure, one.control): one for one in after.values}
    for first in before.values:
        pair, dropped = _pair(first, later[first.measure, first.control])
        if dropped:
            reason = f"one of the two models has no value of it under {first.control}"
            excluded[Excluded("items", dropped, reason)] = None
        for by, group, places in each_group(pair[0]):
            check_cancelled()
            if len(places) < inference.least_n:
                what = "items" if by == ALL else f"{by} {group}"
                reason = f"fewer than {inference.least_n} items ({first.control})"
                excluded[Excluded(what, len(places), reason)] = None
                continue
            values = tuple(one.values[places] for one in pair)
            figures.append(_compare(first, by, group, values[0], values[1], inference))
    if not figures:
        raise InputError("there are too few items to compare", hint="probe with a higher limit")
    return ProbeComparison(
        before.dataset,
        _name(before),
        _name(after),
        min(before.items, after.items),
        tuple(adjust(figures, inference)),
        tuple(excluded),
        before.measures,
        before.controls,
        inference,
        before.caution,
        {
            "before": before.digests["model"],
            "after": after.digests["model"],
            "data": before.digests["data"],
            "texts": before.digests["texts"],
        },
    )


def _check_same(before: ProbeResult, after: ProbeResult) -> None:
    if not before.values or not after.values:
        raise InputError(
            "a result that was read back has no value of each item, so nothing can be paired",
            hint="probe again: known scores are not asked twice",
        )
    for what in ("data", "texts"):
        if before.digests[what] != after.digests[what]:
            raise InputError(
                f"the two probes were not asked the same: {before.dataset} ({before.items} "
                f"items, seed {before.seed}) and {after.dataset} ({after.items} items, seed "
                f"{after.seed})",
                hint="give both the same dataset, limit and seed",
            )


def _pair(
    first: MeasuredValues, second: MeasuredValues
) -> tuple[tuple[MeasuredValues, MeasuredValues], int]:
    """Both with the items that both have, and how many were dropped."""
    import dataclasses

    both = set(first.keys) & set(second.keys)

    def keep(one: MeasuredValues) -> MeasuredValues:
        places = [place for place, key in enumerate(one.keys) if key in both]
        return dataclasses.replace(
            one,
            keys=tuple(one.keys[place] for place in places),
            groups=tuple(one.groups[place] for place in places),
            values=one.values[places],
        )

    return (keep(first), keep(second)), len(set(first.keys) | set(second.keys)) - len(both)


def _compare(
    one: MeasuredValues,
    by: str,
    group: str,
    before: np.ndarray,
    after: np.ndarray,
    inference: Inference,
) -> ComparedFigure:
    statistic = STATISTICS[one.statistic]
    axis = -before.ndim
    told = [float(statistic(values, axis=axis)) for values in (before, after)]
    interval = bootstrap_interval(
        _difference_of(statistic, parts=before.ndim > 1),
        *_columns(after),
        *_columns(before),
        confidence=inference.confidence,
        draws=inference.draws,
        seed=inference.seed,
    )
    if before.ndim == 1:
        p = sign_flip_test(after - before, seed=inference.seed)
    else:
        p = swap_test(statistic, after, before, seed=inference.seed)
    return ComparedFigure(
        one.measure,
        one.control,
        by,
        group,
        len(before),
        told[0],
        told[1],
        interval.estimate,
        interval.low,
        interval.high,
        one.unit,
        p,
        p,
        False,
    )


def _columns(values: np.ndarray) -> Iterator[np.ndarray]:
    return iter([values] if values.ndim == 1 else values.T)


def _difference_of(statistic: Any, *, parts: bool) -> Any:
    """The statistic of the first half of the samples, less that of the second half."""
    import numpy as np

    def difference(*columns: np.ndarray, axis: int) -> Any:
        half = len(columns) // 2
        if not parts:
            return statistic(columns[0], axis=axis) - statistic(columns[1], axis=axis)
        stacked = [np.stack(some, axis=-1) for some in (columns[:half], columns[half:])]
        return statistic(stacked[0], axis=axis - 1) - statistic(stacked[1], axis=axis - 1)

    return difference


def _name(result: ProbeResult) -> str:
    return f"{result.model} on {result.engine}" if result.engine else result.model
