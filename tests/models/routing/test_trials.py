"""Trials: shares that are exact over many, sticky for each, and void once the label has moved."""

from __future__ import annotations

import dataclasses

import pytest
from scipy.stats import binomtest

from workbench.core.errors import ConflictError, InputError
from workbench.models.adapters import KIND, folder_of
from workbench.models.routing.standing import Placed, Standing, may_move
from workbench.models.routing.trials import (
    DAY_S,
    Asker,
    Trial,
    find_trial,
    list_trials,
    put_trial,
    read_route,
    remove_trial,
)
from workbench.store.database import open_database
from workbench.store.versions import Versions

TRIAL = Trial("k3", "tiny:a", "champion", 1, 2, 0.1, "request", 0.0, 0.0)
ANN = Asker("req_1", "ann", "key_1")


def drawn(trial: Trial, count: int) -> list[bool]:
    """Whether each of so many users got the candidate."""
    return [
        trial.draw(Asker("r", f"u{at}", "k"), 0.0).version == trial.candidate for at in range(count)
    ]


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
def test_shares_are_what_was_said(share: float) -> None:
    trial = dataclasses.replace(TRIAL, share=share, sticky="user")
    found = drawn(trial, 20_000)
    assert binomtest(sum(found), len(found), share).pvalue > 0.001


def test_a_larger_share_takes_nobody_back_and_another_trial_draws_anew() -> None:
    small = drawn(dataclasses.replace(TRIAL, sticky="user"), 2000)
    large = drawn(dataclasses.replace(TRIAL, sticky="user", share=0.4), 2000)
    assert all(after for before, after in zip(small, large, strict=True) if before)
    other = drawn(dataclasses.replace(TRIAL, sticky="user", identity="x9"), 2000)
    both = sum(a and b for a, b in zip(small, other, strict=True))
    assert binomtest(both, 2000, 0.01).pvalue > 0.001


def test_a_user_keeps_the_version_for_a_period() -> None:
    trial = dataclasses.replace(TRIAL, sticky="user", period_s=DAY_S, share=0.5)
    days = [trial.draw(ANN, day * DAY_S + 5).version for day in range(200)]
    same_day = [trial.draw(Asker(f"r{at}", "ann"), at * 800.0).version for at in range(100)]
    assert set(same_day) == {days[0]}
    assert 60 < days.count(2) < 140, "the lots of days are not drawn anew"
    forever = dataclasses.replace(trial, period_s=0.0)
    assert len({forever.draw(ANN, day * DAY_S).version for day in range(200)}) == 1


def test_what_a_route_tells() -> None:
    route = TRIAL.draw(ANN, 0.0).route
    lot = read_route(f"rule:tickets, {route}")
    assert lot is not None
    assert (lot.identity, lot.period) == ("k3", 0)
    assert read_route("rule:canary") is None
    assert read_route(None) is None


@pytest.mark.parametrize(
    "wrong",
    [{"share": 0.0}, {"share": 1.0}, {"sticky": "moon"}, {"candidate": 1}, {"period_s": -1.0}],
)
def test_what_cannot_be_tried_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        dataclasses.replace(TRIAL, **wrong)


def test_one_trial_a_label() -> None:
    database = open_database()
    put_trial(TRIAL, database, new=True)
    with pytest.raises(ConflictError):
        put_trial(dataclasses.replace(TRIAL, identity="other"), database, new=True)
    assert list_trials() == (TRIAL,)
    assert remove_trial(TRIAL, database)
    assert find_trial("tiny:a", "champion") is None
    put_trial(TRIAL, database, new=True)


@pytest.fixture
def versions() -> Versions:
    """Three versions of an adapter, as far as a name needs them."""
    kept = Versions()
    for _ in range(3):
        made = kept.create(KIND, "tiny:a", record={"any": 1})
        folder_of("tiny", "a", made.number).mkdir(parents=True)
    return kept


def test_a_name_stands_for_one_version_and_follows_its_label_at_once(versions: Versions) -> None:
    standing = Standing()
    assert standing.find("tiny:a", ANN) == Placed("tiny:a@3")
    assert standing.find("tiny:a@champion", ANN) is None
    for number in (1, 3, 2):
        versions.move_label(KIND, f"tiny:a@{number}", label="champion", actor="test")
        assert standing.find("tiny:a@champion", ANN) == Placed(f"tiny:a@{number}")
    versions.create(KIND, "tiny:a", record={"any": 2})
    assert standing.find("tiny:a", ANN) == Placed("tiny:a@3"), "a version without files"
    folder_of("tiny", "a", 4).mkdir()
    assert standing.find("tiny:a@latest", ANN) == Placed("tiny:a@4")
    folder_of("tiny", "a", 4).rmdir()
    assert standing.find("tiny:a@latest", ANN) == Placed("tiny:a@3")


def test_what_names_no_adapter_that_moves_is_left_alone(versions: Versions) -> None:
    names = ("tiny", "tiny:a@2", "ensemble/x", "tiny:", "tiny:a@", "hosted/tiny:a", "llama3:8b")
    assert [Standing().find(name, ANN) for name in names] == [None] * len(names)
    assert may_move("llama3:8b")  # it may come to be an adapter's name
    assert not may_move("tiny:a@2")


def test_a_trial_is_followed_while_its_label_stands_where_it_did(versions: Versions) -> None:
    standing, database = Standing(), open_database()
    versions.move_label(KIND, "tiny:a@1", label="champion", actor="test")
    put_trial(dataclasses.replace(TRIAL, share=0.5), database, new=True)
    placed = [standing.find("tiny:a@champion", Asker(f"r{at}")) for at in range(200)]
    models = [each.model for each in placed if each is not None]
    assert 60 < models.count("tiny:a@2") < 140
    assert models.count("tiny:a@1") + models.count("tiny:a@2") == 200
    for each in placed:
        lot = read_route(each.route if each else None)
        assert each is not None and lot is not None
        assert (lot.arm == "candidate") == (each.model == "tiny:a@2")
    # Files that are gone, a label that was moved by hand, and the end of the trial.
    folder_of("tiny", "a", 2).rename(folder_of("tiny", "a", 99))
    assert {standing.find("tiny:a@champion", Asker(f"r{at}")) for at in range(20)} == {
        Placed("tiny:a@1")
    }
    folder_of("tiny", "a", 99).rename(folder_of("tiny", "a", 2))
    versions.move_label(KIND, "tiny:a@3", label="champion", actor="test")
    assert {standing.find("tiny:a@champion", Asker(f"r{at}")) for at in range(20)} == {
        Placed("tiny:a@3")
    }
