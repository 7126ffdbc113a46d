"""Tokens and requests over the last minutes, as the settlements have them.

So a page that was just opened knows what was before it. A settlement comes at the end of an answer;
its tokens are spread over the seconds in which they were made.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from workbench.store.usage_rows import UsageRow
from workbench.studio.chart import Chart
from workbench.studio.serving_facts import RECENT_S

STEP_S = 10.0


def tokens_per_s(rows: Iterable[UsageRow], *, now_s: float) -> list[dict[str, Any]]:
    """For each step of the last minutes the tokens of answers made in it, a second.

    Answers from the cache were not made, and do not count.
    """
    made = [0.0] * int(RECENT_S / STEP_S)
    begin_s = _begin(now_s)
    for row in rows:
        if row.cache is not None or not row.completion_tokens:
            continue
        # What was waited for in the queue or for the prompt makes no token.
        took_s = max((row.duration_s or 0.0) - (row.time_to_first_token_s or 0.0), 1e-3)
        rate = row.completion_tokens / took_s
        for index in range(len(made)):
            start_s = begin_s + index * STEP_S
            overlap_s = min(start_s + STEP_S, row.time_s) - max(start_s, row.time_s - took_s)
            made[index] += rate * max(0.0, overlap_s)
    return [
        {"time": _moment(begin_s + index * STEP_S), "tokens_per_s": tokens / STEP_S}
        for index, tokens in enumerate(made)
    ]


def requests_per_step(rows: Iterable[UsageRow], *, now_s: float) -> list[dict[str, Any]]:
    """For each step of the last minutes the answers that ended in it, well and not."""
    steps = int(RECENT_S / STEP_S)
    counts = {"answered": [0] * steps, "failed": [0] * steps}
    begin_s = _begin(now_s)
    for row in rows:
        index = int((row.time_s - begin_s) // STEP_S)
        if 0 <= index < steps:
            counts["failed" if row.status >= 400 else "answered"][index] += 1
    return [
        {"time": _moment(begin_s + index * STEP_S), "requests": number, "outcome": outcome}
        for outcome, numbers in counts.items()
        for index, number in enumerate(numbers)
    ]


def rate_chart(rows: Iterable[UsageRow], *, now_s: float) -> Chart:
    """The line of tokens a second."""
    return Chart(
        "line", tuple(tokens_per_s(rows, now_s=now_s)), "time", "tokens_per_s",
        "Tokens a second", "", "tokens/s", height_px=210,
    )  # fmt: skip


def request_chart(rows: Iterable[UsageRow], *, now_s: float) -> Chart:
    """The line of requests, those that failed apart."""
    return Chart(
        "line", tuple(requests_per_step(rows, now_s=now_s)), "time", "requests",
        f"Requests in {STEP_S:.0f} seconds", "", "requests", series="outcome", height_px=210,
    )  # fmt: skip


def _begin(now_s: float) -> float:
    """Where the first step begins: steps stand still while time goes on."""
    return (now_s // STEP_S + 1) * STEP_S - RECENT_S


def _moment(time_s: float) -> dt.datetime:
    """In this machine's zone, but without naming it: plotly would draw UTC."""
    return dt.datetime.fromtimestamp(time_s)
