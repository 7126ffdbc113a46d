"""Tokens and requests over the last minutes, as the settlements have them.

So a page that was just opened knows what was before it. A settlement comes at the end of an answer;
its tokens are spread over the seconds in which they were made.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from workbench.store.usage_rows import UsageRow
from workbench.studio.curves import Below, Curve, draw_curves
from workbench.studio.serving_facts import RECENT_S

STEP_S = 10.0


def tokens_per_s(rows: Iterable[UsageRow], *, now_s: float) -> list[float]:
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
    return [tokens / STEP_S for tokens in made]


def requests_per_step(rows: Iterable[UsageRow], *, now_s: float) -> dict[str, list[float]]:
    """For each step of the last minutes the answers that ended in it, well and not."""
    steps = int(RECENT_S / STEP_S)
    counts = {"answered": [0.0] * steps, "failed": [0.0] * steps}
    begin_s = _begin(now_s)
    for row in rows:
        index = int((row.time_s - begin_s) // STEP_S)
        if 0 <= index < steps:
            counts["failed" if row.status >= 400 else "answered"][index] += 1
    return counts


def draw_rates(rows: Iterable[UsageRow], *, now_s: float) -> str:
    """Tokens a second and requests, one beside the other, over the same minutes."""
    rows = list(rows)
    tokens = {"tokens": tokens_per_s(rows, now_s=now_s)}
    ended = requests_per_step(rows, now_s=now_s)
    return (
        '<div class="wb-figures">'
        + _draw(tokens, title="Tokens a second", unit="tokens/s", now_s=now_s)
        + _draw(ended, title=f"Requests in {STEP_S:.0f} seconds", unit="requests", now_s=now_s)
        + "</div>"
    )


def _draw(lines: dict[str, list[float]], *, title: str, unit: str, now_s: float) -> str:
    begin_s = _begin(now_s)
    end_s = begin_s + RECENT_S
    curves = []
    for place, (name, values) in enumerate(lines.items()):
        # A step holds for as long as it lasts: what ended in it is not of one moment.
        corners = [
            (begin_s + (index + later) * STEP_S, value)
            for index, value in enumerate(values)
            for later in (0, 1)
        ]
        curves.append(Curve(name, tuple(corners), index=place))
    minutes = range(int(-(-begin_s // 60)), int(end_s // 60) + 1)
    marks = tuple((60.0 * at, f"{dt.datetime.fromtimestamp(60.0 * at):%H:%M}") for at in minutes)
    said = "; ".join(
        f"{name} at most {max(values):g}, now {values[-1]:g}" for name, values in lines.items()
    )
    return draw_curves(
        curves, title=title, unit=unit, height_px=120,
        below=Below(begin_s, end_s, marks, "over the last minutes"), said=f"{title}: {said}",
    )  # fmt: skip


def _begin(now_s: float) -> float:
    """Where the first step begins: steps stand still while time goes on."""
    return (now_s // STEP_S + 1) * STEP_S - RECENT_S
