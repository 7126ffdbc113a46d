"""Return on investment: time saved times its rate, less what it costs, with what it hangs on.

    value = answers x (success x minutes saved - review minutes) / 60 x realised x rate
    return = (value - cost) / cost,   cost = settled usage + running cost

The interval comes from draws of every assumption and of the success share together; the tornado
turns one at a time from its low to its high end, the others as thought likeliest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.core.errors import DataError
from workbench.core.viewers import Viewable

from .assumptions import WORDS, Assumptions, Range
from .shares import Estimate, draw_share, share
from .use import Use

_DAYS_OF_MONTH = 365.25 / 12
_DRAWS = 20_000


@dataclass(frozen=True)
class Turn:
    """One bar of the tornado: the net value at both ends of an assumption."""

    name: str
    words: str
    unit: str
    low: float
    high: float
    net_at_low_usd: float
    net_at_high_usd: float

    @property
    def swing_usd(self) -> float:
        """How much the net value changes by it alone."""
        return abs(self.net_at_high_usd - self.net_at_low_usd)


@dataclass(frozen=True)
class Return(Viewable):
    """What the use of some days was worth, and what that hangs on.

    ``return_share`` is net value by cost: 0.5 is half as much again as was spent.
    ``break_even_minutes`` is the least time that a successful answer must save
    for the net value to be 0; None where no answer was a success.
    """

    since: str
    until: str
    answers: int
    rated: int
    success: Estimate
    usage_cost_usd: float
    cost_usd: Estimate
    value_usd: Estimate
    net_usd: Estimate
    return_share: Estimate
    chance_of_gain: float
    break_even_minutes: float | None
    tornado: tuple[Turn, ...]
    assumptions: Assumptions
    notes: tuple[str, ...]


def measure_return(use: Use, *, assumptions: Assumptions | None = None, seed: int = 0) -> Return:
    """The return of the use's days.

    Raises:
        DataError: Nothing was answered in these days, or nobody rated an answer.
    """
    import numpy as np

    held = assumptions or Assumptions()
    answers, rated, liked = (use.total(name) for name in ("answered", "rated", "liked"))
    if answers == 0:
        raise DataError(
            f"nothing was answered from {use.since} to {use.until}: there is no return to measure",
            hint="workbench serving usage --by month",
        )
    success = share(liked, rated)
    if success is None:
        raise DataError(
            f"none of {answers:,} answers was rated: how many were a success is not known",
            hint="clients rate by POST /v1/feedback; docs/how-to/usage.md",
        )
    months = use.days / _DAYS_OF_MONTH
    random = np.random.default_rng(seed)
    drawn: dict[str, Any] = {
        name: each.draw(random, _DRAWS) for name, each in held.ranges().items()
    }
    drawn["success"] = draw_share(liked, rated, random, _DRAWS)
    likely: dict[str, Any] = {name: each.value for name, each in held.ranges().items()}
    likely["success"] = success.value
    case = _Case(answers, use.cost_usd, months)
    nets, costs = case.net(drawn), case.cost(drawn)
    cost, net = case.cost(likely), case.net(likely)
    ends = held.ranges() | {"success": Range(success.value, success.low, success.high)}
    return Return(
        since=use.since.isoformat(),
        until=use.until.isoformat(),
        answers=answers,
        rated=rated,
        success=success,
        usage_cost_usd=use.cost_usd,
        cost_usd=Estimate.of_draws(costs, cost),
        value_usd=Estimate.of_draws(nets + costs, net + cost),
        net_usd=Estimate.of_draws(nets, net),
        return_share=Estimate.of_draws(nets / np.maximum(costs, 1e-9), net / max(cost, 1e-9)),
        chance_of_gain=float((nets > 0).mean()),
        break_even_minutes=case.break_even(likely),
        tornado=_tornado(case, likely, ends),
        assumptions=held,
        notes=(*use.notes, _who_rates(answers, rated)),
    )


@dataclass(frozen=True)
class _Case:
    answers: int
    usage_usd: float
    months: float

    def cost(self, held: dict[str, Any]) -> Any:
        return self.usage_usd + held["running_usd"] * self.months

    def net(self, held: dict[str, Any]) -> Any:
        minutes = held["success"] * held["minutes_saved"] - held["review_minutes"]
        worth = self.answers * minutes / 60 * held["realised"] * held["rate_usd"]
        return worth - self.cost(held)

    def break_even(self, held: dict[str, Any]) -> float | None:
        an_hour = self.answers / 60 * held["realised"] * held["rate_usd"]
        if held["success"] <= 0 or an_hour <= 0:
            return None
        return float((self.cost(held) / an_hour + held["review_minutes"]) / held["success"])


def _tornado(case: _Case, likely: dict[str, Any], ends: dict[str, Range]) -> tuple[Turn, ...]:
    """Each assumption turned alone, the one that moves the most first."""
    turns = [
        Turn(
            name,
            *WORDS[name],
            each.low,
            each.high,
            float(case.net(likely | {name: each.low})),
            float(case.net(likely | {name: each.high})),
        )
        for name, each in ends.items()
    ]
    return tuple(sorted(turns, key=lambda turn: -turn.swing_usd))


def _who_rates(answers: int, rated: int) -> str:
    return (
        f"success is known of {rated:,} answers of {answers:,} ({rated / answers:.1%}), those that "
        "somebody rated; that the others are like them is an assumption"
    )
