"""What an answer costs, by team, model, task or day, and what a successful one does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from workbench.core.errors import InputError
from workbench.core.viewers import Viewable

from .shares import Estimate, share
from .use import SUMS, Use

By = Literal["team", "model", "task", "user", "day"]


@dataclass(frozen=True)
class CostLine:
    """One team's, model's, task's, user's or day's.

    ``success`` and ``success_cost_usd`` (a successful answer's cost) are None where nobody rated;
    ``answer_cost_usd`` is None where nothing was answered. Failed calls' cost is in both.
    """

    name: str
    requests: int
    answers: int
    tokens: int
    cost_usd: float
    cost_share: float
    answer_cost_usd: float | None
    rated: int
    success: Estimate | None
    success_cost_usd: Estimate | None


@dataclass(frozen=True)
class Costs(Viewable):
    """The lines of a month; ``notes`` say which rows were set aside."""

    lines: tuple[CostLine, ...]
    notes: tuple[str, ...]


def costs_by(use: Use, by: By) -> tuple[CostLine, ...]:
    """A line each, the dearest first; days in their order."""
    if by not in ("team", "model", "task", "user", "day"):
        raise InputError(f"costs by {by!r} are not known", hint="team, model, task, user or day")
    grouped = use.cells.groupby(by, sort=True)[list(SUMS)].sum().reset_index()
    total = use.cost_usd
    lines = [_line(str(row[by]), row, total) for row in grouped.to_dict("records")]
    return tuple(lines if by == "day" else sorted(lines, key=lambda line: -line.cost_usd))


def total_line(use: Use) -> CostLine:
    """All of it as one line."""
    return _line("all", dict(use.cells[list(SUMS)].sum()), use.cost_usd)


def top(lines: Iterable[CostLine], *, most: int = 12) -> tuple[CostLine, ...]:
    """The first lines, and the others as one."""
    listed = list(lines)
    if len(listed) <= most:
        return tuple(listed)
    rest = listed[most - 1 :]
    row = {
        "requests": sum(line.requests for line in rest),
        "answered": sum(line.answers for line in rest),
        "prompt_tokens": sum(line.tokens for line in rest),
        "completion_tokens": 0,
        "cost_usd": sum(line.cost_usd for line in rest),
        "rated": sum(line.rated for line in rest),
        "liked": sum(round(line.success.value * line.rated) for line in rest if line.success),
    }
    total = sum(line.cost_usd for line in listed)
    return (*listed[: most - 1], _line(f"{len(rest)} others", row, total))


def _line(name: str, row: dict[str, float], total_usd: float) -> CostLine:
    answers, rated, cost = int(row["answered"]), int(row["rated"]), float(row["cost_usd"])
    success = share(int(row["liked"]), rated)
    return CostLine(
        name=name,
        requests=int(row["requests"]),
        answers=answers,
        tokens=int(row["prompt_tokens"] + row["completion_tokens"]),
        cost_usd=cost,
        cost_share=cost / total_usd if total_usd > 0 else 0.0,
        answer_cost_usd=cost / answers if answers else None,
        rated=rated,
        success=success,
        success_cost_usd=_success_cost(cost, answers, success),
    )


def _success_cost(cost: float, answers: int, success: Estimate | None) -> Estimate | None:
    """Its interval is the success share's, turned over; with no lower bound above 0 it has none."""
    if success is None or answers == 0 or success.low <= 0:
        return None
    each = cost / answers
    return Estimate(each / success.value, each / success.high, each / success.low)
