"""What fairness costs: several methods and settings on the same rows, and the best of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError, WorkbenchError
from workbench.core.progress import track
from workbench.fairness.audit.group_audit import audit_groups
from workbench.fairness.audit.groups import EVERYONE
from workbench.fairness.audit.precision import Precision
from workbench.fairness.audit.result import Exclusion
from workbench.models.tabular.threads import threads_for

from .methods import CONSTRAINTS, DEMOGRAPHIC_PARITY, METHODS, Method, find_method
from .mitigate import fit_method
from .paired import ACCURACY
from .result import TradeOff, TradeOffPoint

if TYPE_CHECKING:
    import numpy as np

    from .study import Study

GAPS = (0.0, 0.05, 0.1, 0.15)
ALPHAS = (0.5, 1.0)
# The reductions fit tens of models; who wants them in the curve names them.
USUAL = ("thresholds", "threshold_optimizer", "reweighing", "correlation_remover")


def trade_off(
    study: Study,
    *,
    constraint: str = DEMOGRAPHIC_PARITY,
    methods: Sequence[str] = (),
    gaps: Sequence[float] = GAPS,
    precision: Precision | None = None,
) -> TradeOff:
    """Accuracy and disparity on the test rows of the base, and of each method with each setting.

    A method that cannot be fitted is listed with its reason, and the others go on.

    Args:
        study: See ``begin_study``.
        constraint: Whose disparity is measured.
        methods: Names of ``METHODS``; by default the quick ones that aim at the constraint.
        gaps: For methods that take one.
        precision: Of the intervals.

    Raises:
        NotFoundError, CapabilityError: Of a method that was named.
        InputError: No method aims at the constraint.
    """
    how = precision or Precision(seed=study.seed)
    if methods:
        chosen = [find_method(name, constraint) for name in methods]
    else:
        chosen = [METHODS[name] for name in USUAL if constraint in METHODS[name].constraints]
    if not chosen:
        raise InputError(f"no method was named for {constraint}")
    points = [_point(study, "none", "as it is", study.base_estimator(), None, constraint, how)]
    failed = []
    settings = [(each, *setting) for each in chosen for setting in _settings(each, gaps)]
    for method, gap, alpha in track(settings, "fitting fairer models"):
        check_cancelled()
        said = _said(method, gap, alpha)
        try:
            with threads_for(len(study.train)):
                made, _ = fit_method(study, method, constraint=constraint, gap=gap, alpha=alpha)
        except WorkbenchError as error:
            if not isinstance(error, InputError):
                raise
            failed.append(Exclusion(f"{method.name} {said}", len(study.train), error.message))
            continue
        points.append(_point(study, method.name, said, made, method, constraint, how))
    return TradeOff(
        dataset=study.parts.name,
        base=study.base.name,
        constraint=constraint,
        disparity=CONSTRAINTS[constraint],
        sensitive=study.sensitive,
        n=len(study.y_test),
        points=mark_best(points),
        failed=tuple(failed),
        confidence=how.confidence,
        seed=study.seed,
    )


def mark_best(points: Sequence[TradeOffPoint]) -> tuple[TradeOffPoint, ...]:
    """The points, with those marked that no other beats in one of both without losing the other."""

    def is_beaten(one: TradeOffPoint) -> bool:
        return any(
            other.accuracy >= one.accuracy
            and other.disparity <= one.disparity
            and (other.accuracy > one.accuracy or other.disparity < one.disparity)
            for other in points
        )

    return tuple(dataclasses.replace(each, is_best=not is_beaten(each)) for each in points)


def _settings(method: Method, gaps: Sequence[float]) -> list[tuple[float | None, float]]:
    if method.steered_by == "gap":
        # Reductions need room to err on the rows that they are fitted to.
        least = 0.01 if method.name == "reductions" else 0.0
        return [(max(least, gap), 1.0) for gap in gaps]
    if method.steered_by == "alpha":
        return [(None, alpha) for alpha in ALPHAS]
    return [(None, 1.0)]


def _said(method: Method, gap: float | None, alpha: float) -> str:
    if method.steered_by == "gap":
        return f"gap {gap or 0:g}"
    return f"alpha {alpha:g}" if method.steered_by == "alpha" else ""


def _point(
    study: Study,
    name: str,
    setting: str,
    estimator: object,
    method: Method | None,
    constraint: str,
    how: Precision,
) -> TradeOffPoint:
    wide = method is not None and method.reads_group
    numbers = study.test if wide else study.test[:, : study.width]
    with threads_for(len(numbers)):
        decided: np.ndarray = estimator.predict(numbers)  # type: ignore[attr-defined]
    codes, names = study.groups.codes(study.test), study.groups.names
    members = {"group": [names[code] for code in codes]}
    found = audit_groups(
        study.y_test, decided, sensitive=members, task="classification", precision=how
    )
    right, apart = found.figure(ACCURACY, EVERYONE), found.disparity(CONSTRAINTS[constraint])
    drawn = method is not None and method.is_randomised and method.name != "reductions"
    return TradeOffPoint(
        name,
        setting,
        right.value,
        right.low,
        right.high,
        apart.value,
        apart.low,
        apart.high,
        not drawn,
        wide,
    )
