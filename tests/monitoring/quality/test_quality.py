"""Quality over time: shifts found and luck not, samples by consent, two models at any look."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core import operations, settings
from workbench.core.errors import InputError, NotFoundError
from workbench.evaluation.refusals import is_refusal
from workbench.monitoring.quality.arms import read_arms
from workbench.monitoring.quality.following import describe_days, find_shifts
from workbench.monitoring.quality.judging import draw_sample, judge_days
from workbench.store.answered_calls import AnsweredCall, answered_calls
from workbench.store.database import open_database
from workbench.store.feedback import add_feedback
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow, UsageText

START_S = dt.datetime(2026, 10, 1, tzinfo=dt.UTC).timestamp()
DAY_S = 86_400.0


def made(count: int, seed: int, *, worse: bool = False, day: int = 0) -> list[AnsweredCall]:
    """Made calls; where they are worse more fail, refuse and displease, and answers are shorter."""
    draw = np.random.default_rng(seed)
    calls = []
    for at in range(count):
        refused = draw.random() < (0.15 if worse else 0.02)
        answer = "I'm sorry, but I can't help with that." if refused else "Here it is."
        score = float(draw.choice((-1, 1), p=(0.5, 0.5) if worse else (0.2, 0.8)))
        calls.append(
            AnsweredCall(
                f"req_{seed}_{at}", START_S + day * DAY_S + at, str(draw.choice(("a", "b"))),
                500 if draw.random() < (0.08 if worse else 0.02) else 200,
                int(draw.gamma(2, 40 if worse else 80)),
                str(draw.choice(("en", "de"), p=(0.6, 0.4) if worse else (0.9, 0.1))),
                score if draw.random() < 0.4 else None, bool(draw.random() < 0.5), answer,
            )
        )  # fmt: skip
    return calls


def test_each_measure_that_shifted_is_told_and_luck_is_not() -> None:
    shifts = {each.measure: each for each in find_shifts(made(900, 0), made(700, 1, worse=True))}
    told = {name for name, each in shifts.items() if each.shifted}
    assert told == {"errors", "refusals", "score", "answer tokens", "languages"}
    assert shifts["score"].high is not None
    assert shifts["score"].high < 0
    assert not any(each.shifted for each in find_shifts(made(900, 0), made(700, 2)))


def test_the_level_holds_over_all_measures() -> None:
    alarms = [
        any(each.shifted for each in find_shifts(made(300, seed), made(200, seed + 500)))
        for seed in range(30)
    ]
    assert np.mean(alarms) <= 0.17  # 0.05 and three standard errors


def test_measures_without_rows_are_left_out_and_few_calls_refused() -> None:
    silent = [replace(call, score=None, answer=None, language=None) for call in made(200, 3)]
    names = {each.measure for each in find_shifts(silent, silent)}
    assert names == {"errors", "judged", "answer tokens"}
    with pytest.raises(InputError, match="19 calls before"):
        find_shifts(silent[:19], silent)
    day = describe_days(silent)[0]
    assert (day.score, day.refusals, day.languages) == (None, None, {})


def test_a_sample_is_the_same_again_and_holds_only_what_may_be_read() -> None:
    calls = made(400, 4) + made(300, 5, day=1)
    drawn = draw_sample(calls, per_day=15)
    assert [len(each) for each in drawn.values()] == [15, 15]
    assert all(call.consent for each in drawn.values() for call in each)
    assert drawn == draw_sample(list(reversed(calls)), per_day=15)
    days = judge_days(calls, lambda text: 0.0 if is_refusal(text) else 1.0, per_day=100)
    assert [day.day for day in days] == ["2026-10-01", "2026-10-02"]
    assert all(day.mean is not None and day.mean.estimate > 0.9 for day in days)
    with pytest.raises(InputError, match="gave 2"):
        judge_days(calls, lambda text: 2.0)
    with pytest.raises(InputError, match="0 judgements"):
        draw_sample(calls, per_day=0)


def arms(count: int, gap: float, seed: int) -> list[AnsweredCall]:
    draw = np.random.default_rng(seed)
    calls = []
    for call in made(count, seed):
        good = draw.random() < 0.5 + gap * (call.model == "b")
        calls.append(replace(call, score=1.0 if good else -1.0))
    return calls


def test_a_better_candidate_is_told_and_an_equal_one_is_not() -> None:
    options: dict[str, Any] = {"candidate": "b", "champion": "a", "share": 0.5}
    found = read_arms(arms(1500, 0.2, 6), **options)
    assert found.better
    assert not found.worse
    assert found.test.low <= 0.4 <= found.test.high
    assert not any(read_arms(arms(300, 0.0, seed), **options).better for seed in range(12))
    assert read_arms(arms(1500, -0.2, 6), **options).worse
    with pytest.raises(NotFoundError, match="no call of c"):
        read_arms(arms(50, 0, 7), candidate="c", champion="a", share=0.5)
    with pytest.raises(InputError, match="share"):
        read_arms(arms(50, 0, 7), candidate="b", champion="a", share=1.0)


def test_the_operation_reads_what_was_settled(tmp_path: Path) -> None:
    with settings.override(home=tmp_path, usage_prompt_text=True):
        log = UsageLog(open_database())
        for day, worse in ((0, False), (1, True)):
            for call in made(150, day, worse=worse, day=day):
                row = UsageRow(
                    request_id=call.request_id, key_id="k", user="u", model_asked=call.model,
                    model_served=call.model, status=call.status, language=call.language,
                    completion_tokens=call.completion_tokens, time_s=call.time_s,
                )  # fmt: skip
                text = UsageText("[]", call.answer or "")
                log.settle(row, text=text).result(timeout=30)
                if call.score is not None:
                    add_feedback(call.request_id, call.score, key_id="k", consent=call.consent)
        log.close()
        assert len(answered_calls()) == 300
        found = operations.find("monitoring.quality").run(
            {"reference": "2026-10-01..2026-10-02", "current": "usage:2026-10-02..2026-10-03",
             "candidate": "b", "champion": "a"}
        )  # fmt: skip
        assert "refusals" in found.shifted
        assert len(found.days) == 2
        assert found.arms.calls > 20
        with pytest.raises(InputError, match="one model alone"):
            operations.find("monitoring.quality").run(
                {"reference": "2026-10-01..2026-10-02", "current": "2026-10-02..2026-10-03",
                 "candidate": "b"}
            )  # fmt: skip


@pytest.mark.parametrize("current", ["2026-10-01..2026-10-02", "2026-09-30..2026-10-03"])
def test_periods_that_have_days_in_common_are_refused(home: Path, current: str) -> None:
    with pytest.raises(InputError, match="have days in common"):
        operations.find("monitoring.quality").run(
            {"reference": "2026-10-01..2026-10-02", "current": current}
        )
