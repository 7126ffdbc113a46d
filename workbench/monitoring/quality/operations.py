"""What a user can ask: whether answers are as good as they were."""

from __future__ import annotations

from typing import Annotated, Literal

import annotated_types as limits

from workbench.core import settings
from workbench.core.errors import InputError
from workbench.core.operations import operation

from .result import QualityReport

_SELECTED = "scores come from those who gave one; the share that did is a measure of its own"
_UNKEPT = "refusals are not told: the words of answers were not kept (usage_prompt_text)"
_LEXICON = "refusals are told by how English ones begin; those in other words are missed"


@operation(
    "monitoring.quality", title="Say if answers are as good as they were", produces="quality"
)
def quality(
    *,
    reference: str,
    current: str,
    candidate: str | None = None,
    champion: str | None = None,
    share: Annotated[float, limits.Gt(0), limits.Lt(1)] = 0.5,
    measure: Literal["score", "errors", "refusals"] = "score",
    level: Annotated[float, limits.Gt(0), limits.Lt(1)] = 0.05,
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> QualityReport:
    """Follow errors, refusals, users' scores, lengths and languages of answers over two periods.

    With --candidate and --champion two models are compared on the current period by a test that may
    be looked at every day; calls must have been drawn between them by lot.

    Args:
        reference: A period of the usage log, such as 2026-10-01..2026-10-08 (UTC, the end left
            out).
        current: The period that is judged.
        candidate: The model that may take over.
        champion: The model that answers now.
        share: Of calls that the lot sent to the candidate.
        measure: By which the two are compared.
        level: With which chance a shift is told though there is none.
        seed: Of the intervals; the setting `seed` if none is given.

    Raises:
        InputError: The periods have days in common, or one of them has too few calls.
    """
    from workbench.monitoring.drift.reading import period_ends
    from workbench.store.answered_calls import answered_calls

    from .arms import read_arms
    from .following import describe_days, find_shifts

    if (candidate is None) != (champion is None):
        raise InputError("one model alone is no comparison", hint="--candidate and --champion")
    ends = []
    for period in (reference, current):
        since_s, until_s = period_ends(period.removeprefix("usage:"))
        ends.append((since_s, until_s))
    (first_s, last_s), (since_s, until_s) = ends
    if since_s < last_s and first_s < until_s:
        raise InputError(
            f"the periods {reference} and {current} have days in common: their calls would count "
            "on both sides",
            hint="a current period that begins where the reference ends, or later",
        )
    sides = [answered_calls(since_s=since_s, until_s=until_s) for since_s, until_s in ends]
    shifts = find_shifts(*sides, level=level, seed=settings.get("seed") if seed is None else seed)
    arms = None
    if candidate is not None and champion is not None:
        arms = read_arms(
            sides[1], candidate=candidate, champion=champion, share=share, measure=measure,
            level=level,
        )  # fmt: skip
    told = {shift.measure for shift in shifts}
    notes = [_LEXICON if "refusals" in told else _UNKEPT]
    if "score" in told:
        notes.insert(0, _SELECTED)
    days = describe_days([*sides[0], *sides[1]])
    return QualityReport(reference, current, level, days, shifts, arms, tuple(notes))
