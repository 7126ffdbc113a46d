"""Digits within an epsilon: the figures of the issue, small."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from workbench.cli.main import main
from workbench.cli.privacy_dp import show_train
from workbench.core.errors import CapabilityError, IntegrityError
from workbench.privacy import Budgets
from workbench.privacy.dp import digits
from workbench.privacy.dp.deltas import warn_of_delta
from workbench.privacy.dp.digits import describe_pictures, load_digits_task
from workbench.privacy.dp.domain import Column
from workbench.privacy.dp.table_task import make_table_task
from workbench.privacy.dp.training import choose_canaries, train_classifier
from workbench.store.ledger import Ledger
from workbench.studio.privacy_cards import draw_run


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize(("epsilon", "least"), [(8.6, 0.94), (2.9, 0.93), (1.2, 0.91)])
def test_accuracy_at_an_epsilon(epsilon: float, least: float) -> None:
    task = load_digits_task()
    runs = [train_classifier(task, epsilon=epsilon, seed=seed, canaries=0) for seed in range(3)]
    assert np.mean([run.accuracy for run in runs]) >= least
    assert all(0.9998 * epsilon <= run.epsilon_pld <= epsilon for run in runs)
    assert all(run.epsilon_rdp > run.epsilon_pld for run in runs if run.epsilon_rdp)


def test_no_noise_would_be_better_and_much_noise_is_worse() -> None:
    task = load_digits_task()
    little = train_classifier(task, epsilon=0.1, seed=0, canaries=0)
    assert little.accuracy < 0.7
    adam = train_classifier(task, epsilon=8.0, seed=0, canaries=0, optimizer="adam")
    quantile = train_classifier(task, epsilon=8.0, seed=0, canaries=0, clipping="quantile")
    assert min(adam.accuracy, quantile.accuracy) > 0.85
    assert quantile.clip_norm != 0.5


def test_the_command_says_all_of_it_and_flags_a_lie(capfd: pytest.CaptureFixture[str]) -> None:
    def run(*more: str, status: int = 0) -> dict[str, Any]:
        with pytest.raises(SystemExit) as ended:
            main(["privacy", "train", "--epsilon", "2", "--seed", "0", "--json", *more])
        assert ended.value.code == status
        return dict(json.loads(capfd.readouterr().out))

    honest = run("--dataset", "digits", "--delta", "1e-5")
    assert {"accuracy", "epsilon_pld", "epsilon_rdp", "noise_multiplier"} <= set(honest)
    assert honest["audit"]["lower"] < honest["audit"]["upper"] == honest["epsilon_pld"]
    lie = run("--noise-scale", "0.1", status=1)
    assert lie["epsilon_pld"] == honest["epsilon_pld"]
    assert lie["audit"]["lower"] > lie["audit"]["upper"] and lie["audit"]["flagged"]
    written = Ledger().entries(action="privacy.training")
    assert [each.data["noise_scale"] for each in written] == [0.1, 1.0]
    assert written[1].data["epsilon"] == honest["epsilon_pld"]
    fair, false = Budgets().spends(honest["dataset_sha256"])
    assert fair.verdict and not fair.verdict.refuted
    assert false.verdict and false.verdict.refuted
    assert false.verdict.lower == lie["audit"]["lower"]
    assert false.claim and false.claim.epsilon == lie["epsilon_pld"]
    assert false.claim.charged and false.claim.charged > lie["audit"]["lower"]


def test_the_split_is_the_frozen_one(monkeypatch: pytest.MonkeyPatch) -> None:
    task, tuned = load_digits_task(), load_digits_task(tuning=True)
    assert (len(task.test_y), len(tuned.train_y) + len(tuned.test_y)) == (450, len(task.train_y))
    monkeypatch.setattr(digits, "_SPLIT_SEED", 1)
    with pytest.raises(IntegrityError, match="test rows"):
        load_digits_task()


def test_features_are_of_a_picture_alone() -> None:
    drawn = np.random.default_rng(0)
    pictures = drawn.random((5, 64))
    alone = np.concatenate([describe_pictures(pictures[row : row + 1]) for row in range(5)])
    np.testing.assert_allclose(describe_pictures(pictures), alone, rtol=1e-6)
    assert np.isfinite(describe_pictures(np.zeros((1, 64)))).all()


def test_three_canaries_are_an_audit_that_says_it_proves_little(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Of few canaries a step often takes none, which ended in a traceback."""
    task = load_digits_task()
    run = train_classifier(task, epsilon=2.0, seed=0, steps=6, sampling_rate=0.1, canaries=3)
    assert run.audit is not None and run.audit.canaries == 3
    assert run.audit.lower == 0.0 and not run.audit.flagged
    assert "3 canaries prove little" in caplog.text
    assert "3 canaries prove little" in run.audit_note and "from seed 0:" in run.noise
    assert "3 canaries prove little" in draw_run(run)


def test_a_run_that_is_not_audited_says_why(
    capsys: pytest.CaptureFixture[str],
) -> None:
    task = load_digits_task()
    run = train_classifier(task, epsilon=2.0, seed=0, steps=2, sampling_rate=0.1, canaries=0)
    assert run.audit is None and "there is room for 1,000" in run.audit_note
    small = make_table_task(
        {"ill": ["a", "b"] * 40, "age": [1.0, 9.0] * 40},
        [Column("ill", values=("a", "b")), Column("age", low=0, high=10, bins=2)],
        target="ill", name="people.csv", dataset_sha256="0" * 64, seed=0,
    )  # fmt: skip
    assert choose_canaries(small) == 0
    run = train_classifier(small, epsilon=2.0, seed=0, steps=2, canaries=choose_canaries(small))
    show_train(run)
    said = capsys.readouterr().out
    assert "not audited: its classifier has" in said and "the accountant's alone" in said


def test_canaries_without_room_are_refused_before_anything_is_spent() -> None:
    task, budgets = load_digits_task(), Budgets()
    with pytest.raises(CapabilityError, match="no room for 5,000 canaries"):
        train_classifier(task, epsilon=2.0, seed=0, canaries=5000, budgets=budgets)
    assert budgets.spends(task.sha256) == []


@pytest.mark.parametrize(
    ("delta", "said"),
    [(0.5, "1 in the 1,347 rows or more"), (1e-3, "1 in the 1,347 rows or more"), (1e-5, "")],
)
def test_a_delta_that_protects_nobody_is_told(
    delta: float, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    warn_of_delta.cache_clear()
    train_classifier(load_digits_task(), epsilon=1.0, delta=delta, seed=0, steps=2, canaries=0)
    assert (said in caplog.text) if said else not caplog.text
