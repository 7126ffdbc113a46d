"""The return against its formula by hand, and what happens where it cannot be known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.monitoring.business.assumptions import Assumptions, Range
from workbench.monitoring.business.operations import assumptions_of
from workbench.monitoring.business.returns import measure_return
from workbench.monitoring.business.use import Use

Read = Callable[..., Use]
CERTAIN = Assumptions(
    minutes_saved=Range(6, 6, 6),
    rate_usd=Range(60, 60, 60),
    realised=Range(0.5, 0.5, 0.5),
    review_minutes=Range(1, 1, 1),
    running_usd=Range(0, 0, 0),
)


def rated(good: int, bad: int, more: int = 0) -> list[dict[str, Any]]:
    scores = [1.0] * good + [-1.0] * bad + [None] * more
    return [{"feedback_score": score} for score in scores]


def test_the_figures_are_the_formulas(use_of: Read) -> None:
    # 100 answers x (.8 x 6 - 1) minutes = 380 min = 6.333 h, x .5 x 60 USD = 190; cost 100 x .01.
    found = measure_return(use_of(rated(8, 2, 90)), assumptions=CERTAIN)
    assert found.net_usd.value == pytest.approx(189)
    assert found.value_usd.value == pytest.approx(190)
    assert found.return_share.value == pytest.approx(189)
    # 1 USD = 100/60 x .5 x 60 x (.8 m - 1)  ->  m = (1/50 + 1) / .8
    assert found.break_even_minutes == pytest.approx(1.02 / 0.8)
    assert found.cost_usd.low == found.cost_usd.high == pytest.approx(1)


def test_at_the_break_even_the_net_value_is_nothing(use_of: Read) -> None:
    use = use_of(rated(8, 2, 90))
    held = replace(CERTAIN, running_usd=Range(40, 40, 40))
    least = measure_return(use, assumptions=held).break_even_minutes
    assert least is not None
    even = replace(held, minutes_saved=Range(least, least, least))
    assert measure_return(use, assumptions=even).net_usd.value == pytest.approx(0, abs=1e-9)


def test_the_tornado_turns_one_at_a_time_the_widest_first(use_of: Read) -> None:
    held = replace(CERTAIN, minutes_saved=Range(6, 3, 9), rate_usd=Range(60, 54, 66))
    found = measure_return(use_of(rated(8, 2, 90)), assumptions=held)
    turns = {turn.name: turn for turn in found.tornado}
    assert turns["minutes_saved"].net_at_low_usd == pytest.approx(100 * 1.4 / 60 * 30 - 1)
    assert turns["minutes_saved"].net_at_high_usd == pytest.approx(100 * 6.2 / 60 * 30 - 1)
    assert turns["rate_usd"].net_at_low_usd == pytest.approx(190 * 0.9 - 1)
    assert turns["review_minutes"].swing_usd == 0
    swings = [turn.swing_usd for turn in found.tornado]
    assert swings == sorted(swings, reverse=True)
    assert found.tornado[0].name == "minutes_saved"


def test_few_ratings_widen_the_interval_and_the_same_seed_gives_the_same(use_of: Read) -> None:
    few = measure_return(use_of(rated(8, 2, 90)), assumptions=CERTAIN)
    many = measure_return(use_of(rated(80, 20)), assumptions=CERTAIN)
    assert few.net_usd.value == pytest.approx(many.net_usd.value)
    wide, narrow = ((each.net_usd.high - each.net_usd.low) for each in (few, many))
    assert wide > 2.5 * narrow  # the root of ten, about
    assert measure_return(use_of(rated(8, 2, 90)), assumptions=CERTAIN) == few


def test_what_cannot_be_known_is_said(use_of: Read) -> None:
    with pytest.raises(DataError, match="nothing was answered"):
        measure_return(use_of([{"status": 500}]))
    with pytest.raises(DataError, match="none of 3 answers was rated"):
        measure_return(use_of(rated(0, 0, 3)))
    nothing_good = measure_return(use_of(rated(0, 5)), assumptions=CERTAIN)
    assert nothing_good.break_even_minutes is None
    assert nothing_good.net_usd.value < 0


def test_a_loss_is_a_loss(use_of: Read) -> None:
    held = replace(CERTAIN, running_usd=Range(5000, 5000, 5000))
    found = measure_return(use_of(rated(8, 2)), assumptions=held)
    assert found.chance_of_gain == 0
    assert found.return_share.value < 0


def test_assumptions_are_read_and_refused_by_name() -> None:
    held = assumptions_of(["minutes_saved=2,4,8", "rate_usd=55"])
    assert held.minutes_saved == Range(4, 2, 8)
    assert held.rate_usd == Range(55, 55, 55)
    assert held.realised == Assumptions().realised
    with pytest.raises(NotFoundError, match="minutes_saved"):
        assumptions_of(["minutes_save=2"])
    for text in ("rate_usd=", "rate_usd=a", "rate_usd=1,2", "rate_usd=5,4,6", "rate_usd=nan"):
        with pytest.raises(InputError):
            assumptions_of([text])
    for text in ("realised=0.5,0.8,1.2", "rate_usd=-1,2,3"):
        with pytest.raises(InputError):
            assumptions_of([text])
    with pytest.raises(InputError, match="twice"):
        assumptions_of(["rate_usd=1", "rate_usd=2"])
