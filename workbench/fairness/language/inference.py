"""From one value an item to figures by group, with intervals and tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError
from workbench.evaluation.bootstrap import bootstrap_interval
from workbench.evaluation.multiple_testing import CORRECTIONS, adjust_p_values
from workbench.evaluation.permutation import sign_flip_test

from .items import Excluded
from .measures import BOUNDS, STATISTICS, MeasuredValues
from .result import F, Inference, ProbeFigure

if TYPE_CHECKING:
    import numpy as np

ALL = "all"


def check_inference(inference: Inference) -> None:
    """Raise InputError for settings that make no sense, before an hour was spent on scores."""
    if not (0 < inference.confidence < 1 and 0 < inference.level < 1 and inference.draws >= 100):
        raise InputError(
            f"confidence {inference.confidence}, level {inference.level} and draws "
            f"{inference.draws} are not all allowed",
            hint="0 < confidence < 1, 0 < level < 1, draws >= 100",
        )
    if inference.correction not in CORRECTIONS or inference.least_n < 2:
        raise InputError(
            f"correction {inference.correction!r} and least_n {inference.least_n} are not both "
            "allowed",
            hint=f"correction: {', '.join(CORRECTIONS)}; least_n at least 2",
        )


def each_group(measured: MeasuredValues) -> Iterator[tuple[str, str, list[int]]]:
    """What the items are counted by, each group of it, and the places of its items."""
    yield ALL, ALL, list(range(len(measured.keys)))
    for by in dict.fromkeys(name for groups in measured.groups for name in groups):
        names = [groups.get(by) for groups in measured.groups]
        found = sorted({name for name in names if name is not None})
        if len(found) > 1:
            for group in found:
                yield by, group, [place for place, name in enumerate(names) if name == group]


def infer_figures(
    measured: Sequence[MeasuredValues], inference: Inference
) -> tuple[list[ProbeFigure], list[Excluded]]:
    """The figures of each measure over all items and by group; groups that are too small are
    left out."""
    figures: list[ProbeFigure] = []
    left_out: dict[tuple[str, str, int], list[str]] = {}
    for one in measured:
        for by, group, places in each_group(one):
            check_cancelled()
            if len(places) < inference.least_n:
                left_out.setdefault((by, group, len(places)), []).append(one.control)
                continue
            figures.append(_figure(one, by, group, one.values[places], inference))
    return adjust(figures, inference), _small(left_out, inference)


def _small(left_out: dict[tuple[str, str, int], list[str]], inference: Inference) -> list[Excluded]:
    """One line for each group that was too small, with the controls under which it was."""
    return [
        Excluded(
            "items" if by == ALL else f"{by} {group}",
            n,
            f"fewer than {inference.least_n} items ({', '.join(dict.fromkeys(controls))})",
        )
        for (by, group, n), controls in left_out.items()
    ]


def _figure(
    one: MeasuredValues, by: str, group: str, values: np.ndarray, inference: Inference
) -> ProbeFigure:
    value, low, high = estimate(values, one, inference)
    p = None
    if one.null is not None:
        p = sign_flip_test(values - one.null, seed=inference.seed)
    return ProbeFigure(
        one.measure, one.control, by, group, len(values), value, low, high, one.unit, one.null, p
    )


def estimate(
    values: np.ndarray, one: MeasuredValues, inference: Inference
) -> tuple[float, float, float]:
    """A statistic of values ``[n]`` or ``[n, parts]`` with its bootstrap interval.

    Where all items agree on a share every resample is the same, and the interval would be a
    point. There it is that of Clopper and Pearson (1934) for "none of n is otherwise".
    """
    import numpy as np

    statistic = STATISTICS[one.statistic]
    if one.unit in BOUNDS and values.ndim == 1 and (values == values[0]).all():
        value, (least, most) = float(values[0]), BOUNDS[one.unit]
        otherwise = 1 - ((1 - inference.confidence) / 2) ** (1 / len(values))
        return value, value - otherwise * (value - least), value + otherwise * (most - value)

    def of_parts(*parts: np.ndarray, axis: int) -> Any:
        return statistic(np.stack(parts, axis=-1), axis=axis - 1)

    interval = bootstrap_interval(
        statistic if values.ndim == 1 else of_parts,
        *([values] if values.ndim == 1 else values.T),
        confidence=inference.confidence,
        draws=inference.draws,
        seed=inference.seed,
    )
    return interval.estimate, interval.low, interval.high


def adjust(figures: Sequence[F], inference: Inference) -> list[F]:
    """The figures with their p-values adjusted; one measure, control and ``by`` are a family."""
    families: dict[tuple[str, str, str], list[int]] = {}
    for place, figure in enumerate(figures):
        if figure.p is not None:
            families.setdefault((figure.measure, figure.control, figure.by), []).append(place)
    adjusted = list(figures)
    for places in families.values():
        raw = [figures[place].p or 0.0 for place in places]
        for place, p in zip(
            places, adjust_p_values(raw, correction=inference.correction), strict=True
        ):
            adjusted[place] = replace(figures[place], p_adjusted=p, flagged=p <= inference.level)
    return adjusted
