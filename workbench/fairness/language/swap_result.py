"""What came of a swap: figures by group, and how far each is from the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import NotFoundError
from workbench.core.viewers import Viewable
from workbench.data.lexicon import Lexicon
from workbench.evaluation.bootstrap import Interval, bootstrap_interval
from workbench.evaluation.multiple_testing import adjust_p_values
from workbench.evaluation.permutation import exchange_test
from workbench.evaluation.refusals import measure_detector

from .inference import check_inference
from .items import Excluded
from .result import Inference
from .swap_words import SwapWords
from .swaps import ABOUT, INSULTS, REFUSED, Answer, Asked, UnitValues

CAUTION = (
    "The words of each group are a short list that was made for this purpose: figures are about "
    "these words in these templates."
)


@dataclass(frozen=True)
class SwapFigure(Viewable):
    """One measure of one group.

    ``n`` units (places of the list of words, or templates) were compared. ``difference`` is the
    group's value less the mean of the other groups in the same unit, with its interval; ``p`` is
    that of "the words may be exchanged", ``p_adjusted`` counts the groups of a measure together.
    """

    measure: str
    of: str
    group: str
    n: int
    value: float
    low: float
    high: float
    difference: float
    difference_low: float
    difference_high: float
    unit: str
    p: float
    p_adjusted: float
    flagged: bool


@dataclass(frozen=True)
class SwapResult(Viewable):
    """What changes in what a model says if words of one group take the place of another's."""

    by: str
    model: str
    engine: str
    groups: tuple[str, ...]
    templates: tuple[str, ...]
    units: int
    figures: tuple[SwapFigure, ...]
    excluded: tuple[Excluded, ...]
    measures: Mapping[str, str]
    words: str
    lexicon: str
    caution: str
    inference: Inference
    answers: tuple[Answer, ...] = field(default=(), repr=False)
    is_cached: bool = False

    def figure(self, measure: str, group: str, *, of: str = "") -> SwapFigure:
        """One figure; ``of`` is the continuation, where the measure has one.

        Raises:
            NotFoundError: There is none.
        """
        known = {(f.measure, f.group, f.of): f for f in self.figures}
        if (measure, group, of) not in known:
            names = [" / ".join(filter(None, key)) for key in known]
            name = " / ".join(filter(None, (measure, group, of)))
            raise NotFoundError.among("figure", name, names)
        return known[measure, group, of]


def conclude_swaps(
    asked: Asked,
    words: SwapWords,
    *,
    templates: Sequence[str],
    lexicon: Lexicon,
    model: str,
    engine: str,
    inference: Inference,
) -> SwapResult:
    """The figures of what was asked, with intervals and tests."""
    check_inference(inference)
    units = len(asked.values[0].units)
    figures, excluded = [], []
    for one in asked.values:
        check_cancelled()
        if one.measure in (REFUSED, INSULTS) and not one.values.any():
            reason = "there was none in any answer, so nothing is to be tested"
            excluded.append(Excluded(one.measure, units, reason))
            continue
        figures += _figures(one, inference)
    return SwapResult(
        words.by,
        model,
        engine,
        tuple(words.groups),
        tuple(templates),
        units,
        tuple(figures),
        tuple(excluded),
        {one.measure: ABOUT[one.measure] for one in asked.values},
        f"{words.name} [{words.by}]",
        f"{lexicon.name}, {len(lexicon.words)} words" if asked.answers else "",
        CAUTION + (_of_detector() if asked.answers else ""),
        inference,
        asked.answers,
        asked.is_cached,
    )


def _of_detector() -> str:
    """What the detector of refusals is worth, in a sentence."""
    known = measure_detector()
    return (
        f" Refusals are found by phrases: of {known.answers} answers labelled by hand, "
        f"{known.precision:.0%} of what it called a refusal was one (interval "
        f"{known.precision_low:.0%} to {known.precision_high:.0%}). Insults are hits of a lexicon, "
        "no measure of toxicity."
    )


def _figures(one: UnitValues, inference: Inference) -> list[SwapFigure]:
    count = len(one.groups)
    others = (one.values.sum(axis=1, keepdims=True) - one.values) / (count - 1)
    found = []
    for place, group in enumerate(one.groups):
        value = _interval(one.values[:, place], inference)
        apart = _interval(one.values[:, place] - others[:, place], inference)
        p = exchange_test(one.values, place, seed=inference.seed)
        found.append(
            SwapFigure(
                one.measure,
                one.of,
                group,
                len(one.units),
                value.estimate,
                value.low,
                value.high,
                apart.estimate,
                apart.low,
                apart.high,
                one.unit,
                p,
                p,
                False,
            )
        )
    tested = found[:1] if count == 2 else found  # of two groups the difference is one
    adjusted = adjust_p_values([f.p for f in tested], correction=inference.correction)
    adjusted = adjusted * 2 if count == 2 else adjusted
    return [
        replace(figure, p_adjusted=p, flagged=p <= inference.level)
        for figure, p in zip(found, adjusted, strict=True)
    ]


def _interval(values: object, inference: Inference) -> Interval:
    import numpy as np

    return bootstrap_interval(
        np.mean,
        values,
        confidence=inference.confidence,
        draws=inference.draws,
        seed=inference.seed,
    )
