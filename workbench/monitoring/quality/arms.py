"""Two models between which calls are drawn by lot: what may be concluded now, at any look."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.errors import InputError, NotFoundError
from workbench.evaluation.sequential import follow_difference
from workbench.store.answered_calls import AnsweredCall

from .following import MEASURES
from .result import ArmReadout

_LOWER_IS_BETTER = ("errors", "refusals")


def read_arms(
    calls: Sequence[AnsweredCall],
    *,
    candidate: str,
    champion: str,
    share: float,
    measure: str = "score",
    level: float = 0.05,
) -> ArmReadout:
    """Compare two models on a measure of their calls, in the order in which they came.

    Args:
        calls: Of any models; those of the two are taken.
        candidate: Of the one.
        champion: Of the other.
        share: The probability with which a call was sent to the candidate, by lot.
        measure: ``score``, ``errors`` or ``refusals``.
        level: With which chance it is ever concluded that they differ though they do not.

    Raises:
        NotFoundError: No call of a model has the measure, or there is no such measure.
        InputError: The share is not between 0 and 1.
    """
    if measure not in ("score", *_LOWER_IS_BETTER):
        raise NotFoundError.among("measure", measure, ["score", *_LOWER_IS_BETTER])
    if not 0 < share < 1:
        raise InputError(f"the candidate's share is {share}", hint="between 0 and 1, both left out")
    pairs = [(MEASURES[measure](call), call.model) for call in calls]
    taken = [(v, m == candidate) for v, m in pairs if v is not None and m in (candidate, champion)]
    for name, wanted in ((candidate, True), (champion, False)):
        if not any(arm == wanted for _, arm in taken):
            raise NotFoundError(
                f"no call of {name} has a {measure}", hint="workbench serving usage --by model"
            )
    low = -1.0 if measure == "score" else 0.0
    test = follow_difference(
        [value for value, _ in taken], [arm for _, arm in taken],
        share=share, low=low, high=1.0, confidence=1 - level,
    )  # fmt: skip
    # Two one-sided questions share the level.
    up, down = test.is_above(level / 2), test.is_below(level / 2)
    better, worse = (down, up) if measure in _LOWER_IS_BETTER else (up, down)
    return ArmReadout(candidate, measure, share, level, len(taken), test, better, worse)
