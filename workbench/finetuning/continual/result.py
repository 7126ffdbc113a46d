"""What methods did on a stream: figures with their intervals over seeds, and every run."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core.viewers import Viewable
from workbench.finetuning.continual.running import SequenceRun


@dataclass(frozen=True)
class SeedFigure:
    """The mean over seeds with Student's interval; no interval with one seed."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class MethodResult:
    """One method over all seeds.

    ``matrix`` is the mean accuracy matrix: a row more than columns, the first before anything was
    learnt; None was not asked. ``besides`` has means before and after what was measured beside it.
    """

    method: str
    acc: SeedFigure
    bwt: SeedFigure
    forgetting: SeedFigure
    fwt: SeedFigure | None
    matrix: tuple[tuple[float | None, ...], ...]
    memory_examples: int
    seconds: float
    cpu_seconds: float
    besides: dict[str, tuple[float, float]]
    runs: tuple[SequenceRun, ...]


@dataclass(frozen=True)
class Continual(Viewable):
    """What methods did on one stream; ``acc``, ``bwt``, ``forgetting``, ``fwt`` are the first's."""

    benchmark: str
    method: str
    acc: float
    bwt: float
    forgetting: float
    fwt: float | None
    tasks: tuple[str, ...]
    seeds: tuple[int, ...]
    confidence: float
    source: str
    license: str
    seconds: float
    methods: tuple[MethodResult, ...]


def gather(runs: Sequence[SequenceRun], *, confidence: float) -> MethodResult:
    """The runs of one method, one a seed."""
    first = runs[0]

    def figure(name: str) -> SeedFigure:
        return over_seeds([getattr(run.matrix, name) for run in runs], confidence=confidence)

    forward = [run.matrix.fwt for run in runs]
    known = [each for each in forward if each is not None]
    return MethodResult(
        first.method,
        figure("acc"),
        figure("bwt"),
        figure("forgetting"),
        over_seeds(known, confidence=confidence) if len(known) == len(runs) else None,
        _mean_matrix(runs),
        first.memory_examples,
        sum(run.seconds for run in runs),
        sum(run.cpu_seconds for run in runs),
        {
            name: (
                statistics.fmean(run.besides[name][0] for run in runs),
                statistics.fmean(run.besides[name][1] for run in runs),
            )
            for name in first.besides
        },
        tuple(runs),
    )


def over_seeds(values: Sequence[float], *, confidence: float) -> SeedFigure:
    """The mean and its interval by Student's t: seeds are few and independent."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return SeedFigure(mean, None, None)
    from scipy.stats import t

    half = float(t.ppf((1 + confidence) / 2, len(values) - 1))
    half *= statistics.stdev(values) / math.sqrt(len(values))
    return SeedFigure(mean, mean - half, mean + half)


def _mean_matrix(runs: Sequence[SequenceRun]) -> tuple[tuple[float | None, ...], ...]:
    rows = []
    for row in zip(*(run.matrix.rows for run in runs), strict=True):
        cells = []
        for values in zip(*row, strict=True):
            known = [value for value in values if value is not None]
            cells.append(statistics.fmean(known) if len(known) == len(values) else None)
        rows.append(tuple(cells))
    return tuple(rows)
