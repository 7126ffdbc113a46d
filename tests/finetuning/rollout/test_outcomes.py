"""Outcomes of a trial: what counts, whose it is, and from when on it stands."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.evaluation.sequential import SequentialTest
from workbench.finetuning.rollout.looking import decide
from workbench.finetuning.rollout.outcomes import read_calls, recent_errors, units_of
from workbench.finetuning.rollout.rules import CanaryRules, put_rules, read_rules
from workbench.models.routing.trials import DAY_S, Asker, Trial
from workbench.store.database import Database, open_database
from workbench.store.feedback import add_feedback
from workbench.store.usage_rows import INSERT, UsageRow, row_values

TRIAL = Trial("k3", "tiny:a", "champion", 1, 2, 0.5, "request", 0.0, 0.0)
DAILY = dataclasses.replace(TRIAL, sticky="user", period_s=DAY_S)


def settle(trial: Trial, number: int, *, at_s: float, user: str = "ann", status: int = 200) -> str:
    """A call of a trial that was settled; the arm that it had."""
    drawn = trial.draw(Asker(f"req_{number}", user, "key_1"), at_s)
    row = UsageRow(
        f"req_{number}",
        "key_1",
        user,
        "tiny:a@champion",
        f"tiny:a@{drawn.version}",
        route=drawn.route,
        status=status,
        time_s=at_s,
    )
    with open_database().transaction() as connection:
        connection.execute(INSERT, row_values(row))
    return drawn.route.split(":")[2]


def units(trial: Trial, now_s: float, within_s: float = 60.0) -> list[tuple[float, int, int]]:
    calls = read_calls(trial, open_database())
    found = units_of(calls, trial, judged_within_s=within_s, now_s=now_s)
    return [(each.outcome, each.requests, each.judged) for each in found]


def judge(number: int, score: float, at_s: float) -> None:
    add_feedback(f"req_{number}", score, key_id="key_1")
    with open_database().transaction() as connection:
        connection.execute(
            "UPDATE feedback SET time_s = ? WHERE request_id = ?", (at_s, f"req_{number}")
        )


def test_silence_errors_and_words_in_time() -> None:
    for number, status in enumerate((200, 500, 200, 200, 499, 429)):
        settle(TRIAL, number, at_s=100.0 + number, status=status)
    judge(2, 1.0, 110.0)
    judge(3, -0.5, 500.0)  # too late
    assert units(TRIAL, 300.0) == [
        (0, 1, 0),
        (-1, 1, 0),
        (1, 1, 1),
        (0, 1, 0),
        (0, 1, 0),
        (0, 1, 0),
    ]
    assert len(units(TRIAL, 162.5)) == 3, "what may still be judged does not count yet"


def test_what_counted_once_never_changes() -> None:
    for number in range(30):
        settle(TRIAL, number, at_s=10.0 * number)
    before = units(TRIAL, 200.0)
    for number in range(30):
        judge(number, 1.0, 250.0)
    after = units(TRIAL, 400.0)
    assert after[: len(before)] == before


def test_a_users_day_is_one_unit() -> None:
    for number in range(6):
        settle(DAILY, number, at_s=3600.0 * (1 + number), user="ann" if number % 2 else "bob")
    for number in range(6, 8):
        settle(DAILY, number, at_s=DAY_S + number, user="ann")
    judge(1, 1.0, 8000.0)
    assert units(DAILY, DAY_S + 50.0) == []
    assert sorted(units(DAILY, DAY_S + 61.0)) == [(0, 3, 0), (pytest.approx(1 / 3), 3, 1)]
    assert len(units(DAILY, 3 * DAY_S)) == 3


def test_calls_of_other_trials_are_left_out() -> None:
    other = dataclasses.replace(TRIAL, identity="k33")
    settle(other, 1, at_s=5.0)
    settle(TRIAL, 2, at_s=6.0)
    assert len(read_calls(TRIAL, open_database())) == 1


def test_a_share_that_grew_keeps_each_units_first_arm_and_share() -> None:
    small = dataclasses.replace(DAILY, share=0.1)
    large = dataclasses.replace(DAILY, share=0.9)
    moved = next(
        user
        for user in map(str, range(100))
        if small.draw(Asker("", user), 0.0).version == 1
        and large.draw(Asker("", user), 0.0).version == 2
    )
    settle(small, 1, at_s=10.0, user=moved)
    settle(large, 2, at_s=20.0, user=moved)
    (unit,) = units_of(
        read_calls(small, open_database()), small, judged_within_s=0.0, now_s=9 * DAY_S
    )
    assert (unit.is_candidate, unit.share, unit.requests) == (False, 0.1, 1)


def test_errors_of_the_last_requests() -> None:
    arms = [settle(TRIAL, number, at_s=float(number), status=500) for number in range(40)]
    calls = read_calls(TRIAL, open_database())
    assert recent_errors(calls, "candidate", 5) == (5, 5)
    assert recent_errors(calls, "candidate", 1000) == (arms.count("candidate"),) * 2


def found(above: float, below: float) -> SequentialTest:
    return SequentialTest(0.1, 0.0, 0.2, 0.95, 0.0, 10, above, below)


@pytest.mark.parametrize(
    ("test", "errors", "passed", "age_s", "decision"),
    [
        (None, (0, 0), True, 0.0, "go on"),
        (found(0.2, 1.0), (0, 50), True, 0.0, "go on"),
        (found(0.01, 1.0), (0, 50), True, 0.0, "promoted"),
        (found(0.01, 1.0), (0, 50), False, 0.0, "waits for the gate"),
        (found(1.0, 0.01), (0, 50), True, 0.0, "rolled back"),
        (found(0.01, 1.0), (11, 50), True, 0.0, "rolled back"),
        (found(0.2, 1.0), (4, 4), True, 0.0, "go on"),
        (found(0.2, 1.0), (0, 50), True, 31 * DAY_S, "given up"),
        (None, (5, 20), False, 0.0, "rolled back"),
    ],
)
def test_what_is_decided(
    test: SequentialTest | None, errors: tuple[int, int], passed: bool, age_s: float, decision: str
) -> None:
    got, reason = decide(
        test,
        candidate_errors=errors,
        champion_errors=(1, 50),
        passed=passed,
        age_s=age_s,
        rules=CanaryRules(),
    )
    assert got == decision
    assert reason


def test_an_error_rate_that_is_the_servers_own_blames_nobody() -> None:
    got, _ = decide(
        None,
        candidate_errors=(25, 50),
        champion_errors=(20, 50),
        passed=True,
        age_s=0,
        rules=CanaryRules(),
    )
    assert got == "go on"


def test_rules_are_kept_with_their_trial() -> None:
    database: Database = open_database()
    put_rules(TRIAL, CanaryRules(level=0.01), database)
    assert read_rules(TRIAL, database).level == 0.01
    assert read_rules(dataclasses.replace(TRIAL, identity="x"), database) == CanaryRules()
    for wrong in ({"level": 0.0}, {"most_s": 0.0}, {"least_errors": 0}, {"judged_within_s": -1.0}):
        with pytest.raises(InputError):
            CanaryRules(**wrong)


def test_no_difference_through_the_whole_way_is_seldom_promoted() -> None:
    """From lots and feedback to p-values, 100 times: users who differ, days that swing, one in
    five answers judged; and the candidate's users say twice as much, which is no merit.
    """
    from workbench.finetuning.rollout.looking import compare_units
    from workbench.finetuning.rollout.outcomes import UnitOutcome

    generator, promoted = np.random.default_rng(4), 0
    for number in range(100):
        trial = dataclasses.replace(TRIAL, identity=f"t{number}")
        made = []
        for at in range(300):
            arm = trial.draw(Asker(f"r{at}"), 0.0).version == 2
            spoke = generator.random() < (0.4 if arm else 0.2)
            score = 0.0 if not spoke else float(np.sign(generator.normal()))
            made.append(UnitOutcome(f"r{at}", float(at), arm, 0.5, score, 1, int(spoke)))
        test = compare_units(made, CanaryRules())
        assert test is not None
        promoted += test.is_above(0.05)
    assert promoted <= 9  # of 100 at 5%, more have a chance of 3%
