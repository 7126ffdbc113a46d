"""Advice against a log in which waste was planted, and against one without any."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from workbench.monitoring.business.advice import advise
from workbench.monitoring.business.advised import Advice
from workbench.monitoring.business.made_log import SUCCESS, MadeUsage, made_usage
from workbench.monitoring.business.use import Use, read_use

MONTH_OF_92_DAYS = 365.25 / 12 / 92


@pytest.fixture(scope="module")
def advice(made: MadeUsage, made_use: Use) -> tuple[Advice, ...]:
    return advise(made_use, made.table).advice


def of_kind(advice: tuple[Advice, ...], kind: str) -> list[Advice]:
    return [each for each in advice if each.kind == kind]


def test_repeats_are_found_at_what_they_cost(made: MadeUsage, advice: tuple[Advice, ...]) -> None:
    (found,) = of_kind(advice, "cache")
    planted = made.repeats_cost_usd * MONTH_OF_92_DAYS
    assert found.saving_usd.value == pytest.approx(planted, rel=0.01)
    assert found.saving_usd.low < planted


def test_failures_cost_what_they_cost(made: MadeUsage, advice: tuple[Advice, ...]) -> None:
    most = sum(each.saving_usd.high for each in of_kind(advice, "failures"))
    assert most == pytest.approx(made.failed_cost_usd * MONTH_OF_92_DAYS)


def test_the_keys_that_fell_silent_are_named(made: MadeUsage, advice: tuple[Advice, ...]) -> None:
    (found,) = of_kind(advice, "unused keys")
    assert all(key in found.subject for key in made.idle_keys)
    assert found.saving_usd.high == 0


def test_keys_that_never_asked_are_named(made: MadeUsage, made_use: Use) -> None:
    advice = advise(made_use, made.table, keys=["key-01", "key-new"]).advice
    (found,) = of_kind(advice, "unused keys")
    assert "key-new" in found.subject
    assert "key-01" not in found.subject


def test_the_long_prompts_are_those_that_were_planted(advice: tuple[Advice, ...]) -> None:
    (found,) = of_kind(advice, "shorter prompts")
    assert found.subject == "sales: summary"
    assert "2.0 times" in found.evidence or "1.9 times" in found.evidence


def test_a_cheaper_model_is_advised_only_where_it_is_as_good() -> None:
    """Never where the truth is worse than the margin; with many ratings, where it is no worse."""
    log = made_usage(requests_per_day=400, rated_share=0.6)
    use = read_use(log.table, since=dt.date(2026, 8, 1), until=dt.date(2026, 11, 1))
    advice = advise(use, log.table, margin=0.03).advice
    named = {each.subject.partition(":")[0] for each in of_kind(advice, "cheaper model")}
    worse = {t for t in SUCCESS["small"] if SUCCESS["small"][t] < SUCCESS["large"][t] - 0.03}
    assert worse == {"code", "summary"}
    assert not named & worse
    assert "extraction" in named


def test_a_log_without_waste_gets_no_advice(
    use_of: Callable[..., Use], log_of: Callable[..., Any]
) -> None:
    start = dt.datetime(2026, 10, 31, 1, tzinfo=dt.UTC)
    rows = [
        {"sketch": bytes([n]), "prompt_chars": 400, "time": start + dt.timedelta(minutes=n)}
        for n in range(200)
    ]
    nothing = advise(use_of(rows), log_of(rows))
    assert nothing.advice == ()
    said = " ".join(nothing.notes)
    for why in ("came again within a day", "failed had cost", "only 1 model", "no team's prompts"):
        assert why in said
    # The same prompt again two days later is no repeat that a day's cache would have.
    late = [*rows, rows[0] | {"time": start - dt.timedelta(days=2)}]
    assert advise(use_of(late), log_of(late)).advice == ()
    soon = [*rows, rows[0] | {"time": start + dt.timedelta(hours=5)}]
    (found,) = advise(use_of(soon), log_of(soon)).advice
    assert found.kind == "cache"
    cached = [*rows, rows[0] | {"time": start + dt.timedelta(hours=5), "cache": "exact"}]
    assert advise(use_of(cached), log_of(cached)).advice == ()
