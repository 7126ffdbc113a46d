"""A month's figures, computed once: the text, the tables and the charts of a report read these."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import DataError

from .adoption import Adoption, measure_adoption
from .advice import advise
from .advised import Advised
from .assumptions import Assumptions
from .costs import CostLine, costs_by, total_line
from .outlook import Outlook, foretell_cost
from .returns import Return, measure_return
from .use import Use, month_span, read_use
from .what_if import Move

_HISTORY_DAYS = 183


@dataclass(frozen=True)
class MonthFigures:
    """What a month's report says. What could not be computed is None, and ``missing`` says why."""

    period: str
    use: Use
    before: Use
    total: CostLine
    total_before: CostLine
    teams: tuple[CostLine, ...]
    models: tuple[CostLine, ...]
    tasks: tuple[CostLine, ...]
    returned: Return | None
    adoption: Adoption | None
    outlook: Outlook | None
    advised: Advised | None
    missing: tuple[str, ...]

    @property
    def move(self) -> Move | None:
        """The move that was considered, advised or not."""
        considered = None if self.advised is None else self.advised.considered
        return None if considered is None else considered.move

    @property
    def is_empty(self) -> bool:
        """Whether nobody asked anything in the month."""
        return self.total.requests == 0


def month_figures(
    period: str,
    source: Any = None,
    *,
    teams: Mapping[str, str] | None = None,
    assumptions: Assumptions | None = None,
    budget_usd: float | None = None,
    keys: Collection[str] = (),
    seed: int = 0,
) -> MonthFigures:
    """Compute a month (``2026-10``); trends look back half a year.

    Args:
        period: The month; one that is not over is taken as far as it went.
        source: As for ``read_use``.
        teams: The team of each user.
        assumptions: What the return rests on.
        budget_usd: Of the quarter.
        keys: Keys that are valid now.
        seed: Of all draws.
    """
    since, end = month_span(period)
    history = read_use(
        source, since=since - dt.timedelta(days=_HISTORY_DAYS), until=end, teams=teams
    )
    history = _as_far_as_it_went(history)
    went = history.until if history.until > since else end
    use = read_use(source, since=since, until=went, teams=teams)
    before = history.between((since - dt.timedelta(days=1)).replace(day=1), since)
    empty = use.total("requests") == 0
    missing = [f"everything: nothing was asked in {period}"] if empty else []

    def tried(what: str, make: Any) -> Any:
        try:
            return make()
        except DataError as error:
            missing.append(f"{what}: {error.message}")
            return None

    return MonthFigures(
        period=period,
        use=use,
        before=before,
        total=total_line(use),
        total_before=total_line(before),
        teams=costs_by(use, "team"),
        models=costs_by(use, "model"),
        tasks=costs_by(use, "task"),
        returned=None
        if empty
        else tried("return", lambda: measure_return(use, assumptions=assumptions, seed=seed)),
        adoption=None if empty else measure_adoption(history),
        outlook=None
        if empty
        else tried("outlook", lambda: foretell_cost(history, budget_usd=budget_usd, seed=seed)),
        advised=None if empty else advise(use, source, keys=keys, seed=seed),
        missing=tuple(missing),
    )


def _as_far_as_it_went(history: Use) -> Use:
    """Without the days before the log began, and without those after its last: they say nothing."""
    days = history.cells["day"]
    if len(days) == 0:
        return history
    return history.between(days.min(), min(days.max() + dt.timedelta(days=1), history.until))
