"""Whether stated probabilities come true in each group alike."""

from __future__ import annotations

from workbench.core.cancellation import check_cancelled

from .groups import Groups
from .outcomes import Outcomes
from .result import CalibrationBin, GroupCalibration

_BINS = 10
_DRAWS = 1000


def calibrate_groups(
    outcomes: Outcomes, groups: Groups, confidence: float, seed: int
) -> tuple[GroupCalibration, ...]:
    """The calibration curve and error of each group; empty without scores.

    The curves have ten bins of equal width, the same for every group, so that they can be compared.
    """
    if outcomes.score is None:
        return ()
    from workbench.evaluation import expected_calibration_error, reliability_curve

    found = []
    for place, name in enumerate(groups.names):
        check_cancelled()
        inside = groups.codes == place
        p, y = outcomes.score[inside], outcomes.y[inside]
        error = expected_calibration_error(
            p, y, bins=_BINS, confidence=confidence, draws=_DRAWS, seed=seed
        )
        curve = reliability_curve(p, y, bins=_BINS, confidence=confidence)
        bins = tuple(
            CalibrationBin(
                name,
                each.low,
                each.high,
                each.rows,
                each.confidence,
                each.accuracy,
                each.interval.low,
                each.interval.high,
            )
            for each in curve
        )
        found.append(GroupCalibration(name, int(inside.sum()), error, bins))
    return tuple(found)
