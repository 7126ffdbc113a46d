"""Judgements of a sample: so many answers a day, drawn by lot, and what a judge says of them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError
from workbench.core.viewers import Viewable
from workbench.evaluation.bootstrap import Interval, bootstrap_interval
from workbench.store.answered_calls import AnsweredCall

Judge = Callable[[str], float]


@dataclass(frozen=True)
class DayJudgement(Viewable):
    """What the judge made of a day: the mean with its interval, None where fewer than two were
    judged; of ``answers`` that could be read ``judged`` were drawn."""

    day: str
    judged: int
    answers: int
    mean: Interval | None


def draw_sample(
    calls: Sequence[AnsweredCall], *, per_day: int, seed: int = 0
) -> dict[str, list[AnsweredCall]]:
    """So many calls of each day, only such as may be read: their words were kept by consent.

    The lot goes by the request's id, so the same calls are drawn whenever one looks, and what comes
    later in a day does not throw out what was judged already by more than chance.

    Raises:
        InputError: ``per_day`` is below 1.
    """
    if per_day < 1:
        raise InputError(f"{per_day} judgements a day", hint="1 at least")

    def lot(call: AnsweredCall) -> bytes:
        return hashlib.sha256(f"{seed}:{call.request_id}".encode()).digest()

    days: dict[str, list[AnsweredCall]] = {}
    for call in calls:
        if call.answer is not None and call.consent:
            day = dt.datetime.fromtimestamp(call.time_s, dt.UTC).date().isoformat()
            days.setdefault(day, []).append(call)
    return {day: sorted(days[day], key=lot)[:per_day] for day in sorted(days)}


def judge_days(
    calls: Sequence[AnsweredCall], judge: Judge, *, per_day: int = 20, seed: int = 0
) -> tuple[DayJudgement, ...]:
    """Let a judge look at a sample of each day.

    Args:
        calls: Of any days.
        judge: Gives an answer's text a mark in [0, 1].
        per_day: How many it looks at.
        seed: Of the lot and the intervals.

    Raises:
        InputError: A mark is out of bounds.
    """
    import numpy as np

    readable: dict[str, int] = {}
    for day, all_of in draw_sample(calls, per_day=max(len(calls), 1), seed=seed).items():
        readable[day] = len(all_of)
    found = []
    for day, drawn in draw_sample(calls, per_day=per_day, seed=seed).items():
        marks = []
        for call in drawn:
            check_cancelled()
            mark = float(judge(call.answer or ""))
            if not 0 <= mark <= 1:
                raise InputError(f"the judge gave {mark}", hint="a mark lies in [0, 1]")
            marks.append(mark)
        mean = bootstrap_interval(np.mean, marks, seed=seed) if len(marks) > 1 else None
        found.append(DayJudgement(day, len(marks), readable[day], mean))
    return tuple(found)
