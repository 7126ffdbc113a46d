"""What a user can ask: ways to a fairer model, with what each costs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import annotated_types as limits

from workbench.core import settings
from workbench.core.operations import operation

from .result import Mitigation, TradeOff

MethodName = Literal[
    "thresholds",
    "threshold_optimizer",
    "reductions",
    "grid_search",
    "reweighing",
    "correlation_remover",
]
ConstraintName = Literal[
    "demographic_parity", "equalized_odds", "equal_opportunity", "false_positive_rate_parity"
]


@operation("fairness.mitigate", title="Make a fairer model", produces="mitigation")
def mitigate(
    *,
    dataset: str,
    sensitive: list[str] | None = None,
    method: MethodName = "thresholds",
    constraint: ConstraintName = "demographic_parity",
    model: str = "gradient_boosting",
    target: str | None = None,
    positive: str | None = None,
    exclude: list[str] | None = None,
    gap: Annotated[float, limits.Ge(0), limits.Lt(1)] | None = None,
    alpha: Annotated[float, limits.Ge(0), limits.Le(1)] = 1.0,
    deterministic: bool = True,
    min_rows: Annotated[int, limits.Ge(1)] = 100,
    draws: Annotated[int, limits.Ge(100)] = 4000,
    out: Path | None = None,
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> Mitigation:
    """Make a fairer model, and say what it cost and what it needs when it is used.

    The model is fitted as it would be without, then made fairer; both are judged on rows that
    neither has seen, and the difference has an interval.

    Args:
        dataset: A name of the catalogue, or a table of your own.
        sensitive: A column whose groups shall be equal, always needed; several make intersections.
        method: How: thresholds and threshold_optimizer change decisions, reductions and
            grid_search the fitting, reweighing and correlation_remover the rows.
        constraint: What shall be equal: acceptance (demographic_parity), true and false positives
            (equalized_odds), true positives (equal_opportunity), or false positives.
        model: A kind of model of tables.
        target: The column to predict; by default the catalogue's.
        positive: The class that counts as 1; by default the last of the two.
        exclude: A column that the model must not read.
        gap: How far the groups may lie apart on the rows that it is fitted to.
        alpha: Of the correlation remover, 0 to 1.
        deterministic: Reductions vote instead of drawing lots.
        min_rows: Smaller groups are not made equal.
        draws: Resamples of the intervals.
        out: A file (.json) for what makes the fairer model again; an audit takes it as its model.
        seed: Of the split, the fits and the lots; the setting `seed` if none is given.
    """
    from workbench.fairness.audit.precision import Precision
    from workbench.fairness.audit.predictions import write_predictions

    from .mitigate import mitigate as make
    from .mitigate import predict_test
    from .saving import save_mitigated
    from .study import begin_study

    number = settings.get("seed") if seed is None else seed
    study = begin_study(
        dataset, sensitive=sensitive or (), model=model, target=target, positive=positive,
        exclude=exclude or (), min_rows=min_rows, seed=number,
    )  # fmt: skip
    made = make(
        study, method=method, constraint=constraint, gap=gap, alpha=alpha,
        deterministic=deterministic, precision=Precision(draws=draws, seed=number),
    )  # fmt: skip
    return replace(
        made,
        predictions=write_predictions(predict_test(study, made.model)),
        saved=None if out is None else save_mitigated(made, out),
    )


@operation("fairness.trade_off", title="Show what fairness costs", produces="trade-off")
def trade_off(
    *,
    dataset: str,
    sensitive: list[str] | None = None,
    constraint: ConstraintName = "demographic_parity",
    methods: list[MethodName] | None = None,
    model: str = "gradient_boosting",
    target: str | None = None,
    positive: str | None = None,
    exclude: list[str] | None = None,
    gaps: list[float] | None = None,
    min_rows: Annotated[int, limits.Ge(1)] = 100,
    draws: Annotated[int, limits.Ge(100)] = 4000,
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> TradeOff:
    """Show accuracy against disparity for several ways to a fairer model, with intervals.

    Args:
        dataset: A name of the catalogue, or a table of your own.
        sensitive: A column whose groups shall be equal, always needed; several make intersections.
        constraint: What shall be equal.
        methods: A way to a fairer model; by default those that are quick to fit.
        model: A kind of model of tables.
        target: The column to predict; by default the catalogue's.
        positive: The class that counts as 1; by default the last of the two.
        exclude: A column that the model must not read.
        gaps: A distance that is allowed; by default 0, 0.05, 0.1 and 0.15.
        min_rows: Smaller groups are not made equal.
        draws: Resamples of the intervals.
        seed: Of the split, the fits and the lots; the setting `seed` if none is given.
    """
    from workbench.fairness.audit.precision import Precision

    from .study import begin_study
    from .trade_off import GAPS
    from .trade_off import trade_off as measure

    number = settings.get("seed") if seed is None else seed
    study = begin_study(
        dataset, sensitive=sensitive or (), model=model, target=target, positive=positive,
        exclude=exclude or (), min_rows=min_rows, seed=number,
    )  # fmt: skip
    return measure(
        study, constraint=constraint, methods=methods or (), gaps=gaps or GAPS,
        precision=Precision(draws=draws, seed=number),
    )  # fmt: skip
