"""What was spent is on the disk before the data are read, composed, and never too little."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.cli.main import main
from workbench.core.errors import (
    ConflictError,
    InputError,
    LimitError,
    NotFoundError,
    StorageError,
)
from workbench.privacy import Budgets
from workbench.privacy.dp.accounting import epsilon_by_pld
from workbench.privacy.dp.calibration import find_noise_multiplier
from workbench.privacy.dp.claims import Claim, Verdict
from workbench.privacy.dp.deltas import warn_of_delta
from workbench.privacy.dp.mechanisms import GaussianSteps, PureSteps
from workbench.privacy.dp.operations import set_budget, show_budgets, show_spends
from workbench.privacy.dp.training import ClippingName
from workbench.store import Ledger

DATA = "ab" * 32
RUN = GaussianSteps(4.0, 0.2, 40)


def test_spends_compose_and_the_rest_is_what_is_left() -> None:
    budgets = Budgets()
    budgets.set(DATA, epsilon=3.0, delta=1e-5)
    for _ in range(2):
        budgets.end(budgets.spend(DATA, RUN, purpose="a run"))
    shown = budgets.show(DATA)
    both = epsilon_by_pld([RUN, RUN], delta=1e-5)
    alone = epsilon_by_pld([RUN], delta=1e-5)
    assert shown.spent == both < 2 * alone
    assert shown.left == pytest.approx(3.0 - both) and (shown.spends, shown.open_spends) == (2, 0)


def test_what_would_go_over_is_refused_and_what_would_fit_fits() -> None:
    budgets = Budgets()
    budgets.set(DATA, epsilon=1.5, delta=1e-5)
    budgets.spend(DATA, RUN, purpose="a run")
    with pytest.raises(LimitError, match="is left, and with this run") as refused:
        budgets.spend(DATA, GaussianSteps(2.0, 0.2, 40), purpose="too much")
    assert len(budgets.spends(DATA)) == 1
    assert f"of it is spent, {budgets.show(DATA).left:.4g} is left" in refused.value.message
    assert refused.value.hint is not None
    epsilon = float(refused.value.hint.split()[1])
    fits = find_noise_multiplier(epsilon=epsilon, delta=1e-5, sampling_rate=0.2, steps=40)
    budgets.check(DATA, GaussianSteps(fits, 0.2, 40))  # what the hint says goes through
    noise = float(refused.value.hint.partition("multiplier of ")[2].split()[0]) * 1.001
    budgets.spend(DATA, GaussianSteps(noise, 0.2, 40), purpose="what would fit")
    assert budgets.show(DATA).spent <= 1.5
    with pytest.raises(LimitError):
        budgets.spend(DATA, RUN, purpose="no more")


def test_without_a_budget_spends_are_written_all_the_same() -> None:
    budgets = Budgets()
    with pytest.raises(NotFoundError, match="nothing was set"):
        budgets.show(DATA)
    budgets.spend(DATA, RUN, purpose="a run")
    shown = budgets.show(DATA)
    assert shown.epsilon is None and shown.left is None and shown.spent > 0


def test_a_budget_below_what_was_spent_lets_nothing_more_through() -> None:
    budgets = Budgets()
    budgets.spend(DATA, RUN, purpose="a run")
    state = budgets.set(DATA, epsilon=0.1, delta=1e-5)
    assert state.epsilon == 0.1 and state.left == 0.0 and state.spent > 0.1
    (was_set,) = Ledger().entries(action="privacy.budget_set", subject=DATA)
    assert was_set.data["budget"] == 0.1 and was_set.data["spent"] == state.spent
    for more in (GaussianSteps(1e4, 0.01, 1), PureSteps(1e-4)):
        with pytest.raises(LimitError, match="which is more: nothing is left") as refused:
            budgets.spend(DATA, more, purpose="more")
        assert str(refused.value.hint).startswith("workbench privacy budget set")
    assert len(budgets.spends(DATA)) == 1
    budgets.set(DATA, epsilon=3.0, delta=1e-5)  # and back: the ledger has both
    budgets.spend(DATA, PureSteps(0.1), purpose="more")


def test_the_command_says_that_nothing_more_may_be_learnt(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Budgets().spend(DATA, RUN, purpose="a run")
    with pytest.raises(SystemExit) as ended:
        main(["privacy", "budget", "set", DATA, "--epsilon", "0.1"])
    assert ended.value.code == 0 and "nothing more may be learnt" in capsys.readouterr().err


def test_the_hint_of_a_refused_run_is_of_the_budgets_delta() -> None:
    """At another delta the same epsilon is another noise, and at 0.5 nearly none."""
    from workbench.privacy.dp.operations import train

    set_budget("digits", epsilon=6.0)
    train(epsilon=5.0, steps=4, canaries=0, seed=0)
    with pytest.raises(LimitError, match=r"the run's own is: 0\.5") as refused:
        train(epsilon=3.5, delta=0.5, steps=4, canaries=0, seed=0)
    hint = str(refused.value.hint).split()
    (shown,) = show_budgets("digits")
    assert shown.left is not None and float(hint[1]) > shown.left
    assert "adds no more" in str(refused.value.hint)
    assert hint[:6:2] == ["--epsilon", "--delta", "--steps"] and hint[3:6:2] == ["1e-05", "4"]
    train(epsilon=float(hint[1]), delta=float(hint[3]), steps=int(hint[5]), canaries=0, seed=0)


def test_a_delta_far_too_large_is_told(caplog: pytest.LogCaptureFixture) -> None:
    warn_of_delta.cache_clear()
    set_budget("digits", epsilon=1.0, delta=0.02)
    assert "a delta of 0.02 allows everything" in caplog.text
    caplog.clear()
    set_budget("digits", epsilon=1.0, delta=0.01)
    assert not caplog.text


def test_a_run_that_goes_on_is_spent_once_and_only_as_it_was() -> None:
    budgets = Budgets()
    first = budgets.spend(DATA, RUN, purpose="a run", run="r1")
    assert budgets.spend(DATA, RUN, purpose="a run", run="r1") == first
    assert budgets.spend(DATA, RUN, purpose="a run").id != first.id
    with pytest.raises(ConflictError, match="something else"):
        budgets.spend(DATA, GaussianSteps(1.0, 0.2, 40), purpose="a run", run="r1")


def test_units_are_not_mixed() -> None:
    budgets = Budgets()
    budgets.set(DATA, epsilon=3.0, delta=1e-5, unit="user")
    with pytest.raises(ConflictError, match="by user"):
        budgets.spend(DATA, RUN, purpose="by example")
    budgets.spend(DATA, RUN, purpose="by user", unit="user")
    assert budgets.show(DATA).unit == "user"


def test_a_spend_cannot_be_taken_back() -> None:
    budgets = Budgets()
    spend = budgets.spend(DATA, RUN, purpose="a run")
    for sql in ("DELETE FROM privacy_spends", "UPDATE privacy_spends SET mechanism = '{}'"):
        with (
            pytest.raises((sqlite3.IntegrityError, StorageError), match="never taken back"),
            budgets.database.transaction() as connection,
        ):
            connection.execute(sql)
    assert budgets.spends(DATA) == [spend]


def test_spends_are_in_the_ledger() -> None:
    Budgets().set(DATA, epsilon=3.0, delta=1e-5)
    Budgets().spend(DATA, RUN, purpose="a run of a test")
    (spent,) = Ledger().entries(action="privacy.budget_spend", subject=DATA)
    (was_set,) = Ledger().entries(action="privacy.budget_set", subject=DATA)
    assert spent.data["purpose"] == "a run of a test" and spent.data["noise_multiplier"] == 4.0
    assert was_set.data["budget"] == 3.0
    assert Ledger().verify().ok


KILLED = """
import os, signal
from workbench.privacy import Budgets
from workbench.privacy.dp.mechanisms import GaussianSteps
def run():
    {before}
    os.kill(os.getpid(), signal.SIGKILL)  # as if in the middle of training
    {after}
run()
"""
SPEND = f"Budgets().spend({DATA!r}, GaussianSteps(4.0, 0.2, 40), purpose='a run')"


@pytest.mark.parametrize(("order", "spends"), [("before", 1), ("after", 0)])
def test_a_kill_leaves_too_much_spent_and_never_too_little(
    home: Path, order: str, spends: int
) -> None:
    """The variant that writes its spend down at the end is the one that forgets it."""
    lines = {"before": "pass", "after": "pass", order: SPEND}
    done = subprocess.run([sys.executable, "-c", KILLED.format(**lines)], env=dict(os.environ))
    assert done.returncode == -signal.SIGKILL
    found = Budgets().spends(DATA)
    assert len(found) == spends
    if spends:
        assert Budgets().show(DATA).open_spends == 1 and found[0].mechanism == RUN
        assert len(Ledger().entries(action="privacy.budget_spend")) == 1


def test_a_full_disk_spends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.privacy.dp import budget

    def fail(*args: object, **given: object) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(budget, "record", fail)
    with pytest.raises(StorageError):
        Budgets().spend(DATA, RUN, purpose="a run")
    assert Budgets().spends(DATA) == []


def test_by_name_file_or_sha256(tmp_path: Path) -> None:
    kept = tmp_path / "rows.csv"
    kept.write_text("a,b\n1,2\n")
    assert set_budget(str(kept), epsilon=1.0).epsilon == 1.0
    named = set_budget("digits", epsilon=2.0)
    assert named.dataset_sha256.startswith("0232a94d")
    assert [each.left for each in show_budgets("digits")] == [2.0]
    assert len(show_budgets()) == 2 and show_spends("digits") == []
    with pytest.raises(NotFoundError, match="digits"):
        show_budgets("digit")
    with pytest.raises(InputError, match="no sha256"):
        Budgets().spend("xyz", RUN, purpose="")


def test_training_is_refused_before_a_step_when_the_budget_is_spent() -> None:
    from workbench.privacy.dp.operations import train

    set_budget("digits", epsilon=1.5)
    first = train(epsilon=1.0, steps=4, canaries=0, seed=0)
    (shown,) = show_budgets("digits")
    assert shown.spent == pytest.approx(first.epsilon_pld) and shown.open_spends == 0
    with pytest.raises(LimitError, match="privacy budget"):
        train(epsilon=1.4, steps=4, canaries=0, seed=1)
    assert len(show_spends("digits")) == 1


LIE = Claim(epsilon=0.5, delta=1e-5, charged=12.0, noise_scale=0.1)


def test_a_claim_and_its_verdict_are_kept_and_in_the_ledger() -> None:
    budgets = Budgets()
    spend = budgets.spend(DATA, RUN, purpose="a run", claim=LIE)
    assert budgets.spends(DATA) == [spend] and spend.verdict is None
    judged = budgets.judge(spend, Verdict(11.8, 0.95, refuted=True))
    assert budgets.spends(DATA) == [judged]
    audited, spent = Ledger().entries(subject=DATA)
    assert spent.data["claim"] == {
        "epsilon": 0.5, "delta": 1e-5, "charged": 12.0, "noise_scale": 0.1,
    }  # fmt: skip
    assert audited.action == "privacy.attack" and audited.data["claim_refuted"] is True
    assert audited.data["proven_epsilon"] == 11.8 and audited.data["spend"] == spend.id
    with pytest.raises((sqlite3.IntegrityError, StorageError), match="never taken back"):
        budgets.judge(spend, Verdict(0.1, 0.95, refuted=False))
    with (
        pytest.raises((sqlite3.IntegrityError, StorageError), match="stays as it was"),
        budgets.database.transaction() as connection,
    ):
        connection.execute("UPDATE privacy_spends SET claim = NULL")
    assert budgets.spends(DATA) == [judged] and len(Ledger().entries(subject=DATA)) == 2


@pytest.mark.parametrize("clipping", ["fixed", "quantile"])
def test_a_budget_is_charged_for_the_noise_that_was_added(clipping: ClippingName) -> None:
    from workbench.privacy.dp.operations import train

    run = train(epsilon=1.0, steps=4, canaries=0, seed=0, noise_scale=0.25, clipping=clipping)
    (spend,) = show_spends("digits")
    claim, added = spend.claim, spend.mechanism
    assert claim is not None and isinstance(added, GaussianSteps)
    assert claim.epsilon == run.epsilon_pld <= 1.0 and claim.noise_scale == 0.25
    # The count of a quantile keeps its noise, so that the whole has a little more than a quarter.
    least = 0.25 * run.noise_multiplier
    assert added.noise_multiplier == pytest.approx(least, rel=0.05)
    assert added.noise_multiplier >= least * (1 - 1e-12)
    (shown,) = show_budgets("digits")
    assert shown.spent == claim.charged == epsilon_by_pld([added], delta=1e-5) > 4.0


def test_noise_that_is_scaled_down_is_refused_where_a_budget_would_not_allow_it() -> None:
    from workbench.privacy.dp.operations import train

    set_budget("digits", epsilon=5.0)
    with pytest.raises(LimitError, match="with this run it would be") as refused:
        train(epsilon=0.5, steps=4, canaries=0, seed=0, noise_scale=0.001)
    assert "--noise-scale 1" in str(refused.value.hint) and show_spends("digits") == []
    train(epsilon=0.5, steps=4, canaries=0, seed=0)
    train(epsilon=4.0, steps=4, canaries=0, seed=0, noise_scale=2.0)  # more noise costs less
    (shown,) = show_budgets("digits")
    assert 0.5 < shown.spent < 3.0
