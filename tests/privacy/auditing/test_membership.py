"""The attack works where there is no privacy, and finds nothing at epsilon 1."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from workbench.core import operations
from workbench.core.errors import InputError
from workbench.privacy.auditing.membership import attack_digits, judge, ratios
from workbench.privacy.dp import calibration
from workbench.privacy.dp.budget import Budgets
from workbench.privacy.dp.calibration import find_noise_multiplier
from workbench.privacy.dp.digits import load_digits_task
from workbench.store.ledger import Ledger

make_private = importlib.import_module("workbench.privacy.dp.make_private")


def test_an_overfitted_model_is_attacked_and_a_private_one_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = load_digits_task()
    open_ = attack_digits(task, epsilon=None, models=10, rows=400, seed=0)
    assert open_.advantage >= 0.2 and open_.low > 0.15
    searches = []

    def search(**given: Any) -> float:
        searches.append(given)
        return find_noise_multiplier(**given)

    # One search for all models: one for each number of rows took longer than everything else.
    monkeypatch.setattr(calibration, "find_noise_multiplier", search)
    monkeypatch.setattr(make_private, "find_noise_multiplier", search)
    closed = attack_digits(task, epsilon=1.0, models=16, rows=400, seed=0)
    assert closed.advantage <= 0.05
    assert closed.hits_at_1_percent < 0.03 < open_.hits_at_1_percent
    assert [given["sampling_rate"] for given in searches] == [0.5]


def test_the_ratios_are_those_of_known_gaussians() -> None:
    drawn = np.random.default_rng(0)
    inside = drawn.random((30, 300)) < 0.5
    told = ratios(drawn.normal(size=inside.shape) + 2.0 * inside, inside)
    found = judge(told, inside, epsilon=None, accuracy=0.0)
    assert found.advantage == pytest.approx(0.68, abs=0.05)  # 2 Phi(1) - 1
    blind = ratios(drawn.normal(size=inside.shape), inside)
    assert abs(judge(blind, inside, epsilon=None, accuracy=0.0).advantage) < 0.04


def test_attacks_are_written_down_and_spend_nothing() -> None:
    operations.find("privacy.attack").run({"models": 8, "rows": 60, "seed": 0})
    operations.find("privacy.attribute").run({"dataset": "german", "rows": 100, "seed": 0,
                                              "column": "housing"})  # fmt: skip
    second, first = Ledger().entries(action="privacy.attack")  # the newest first
    assert (first.data["attack"], first.data["rows"]) == ("membership inference", 60)
    assert second.data["attack"] == "attribute inference" and second.data["column"] == "housing"
    assert len(first.subject) == len(second.subject) == 64 and not Budgets().all()


def test_bad_input() -> None:
    with pytest.raises(InputError, match="nothing can be said"):
        judge(np.full((2, 5), np.nan), np.ones((2, 5), dtype=bool), epsilon=None, accuracy=0.0)
    task = load_digits_task()
    with pytest.raises(InputError, match="too few"):
        attack_digits(task, epsilon=1.0, models=2)
    with pytest.raises(InputError, match="rows"):
        attack_digits(task, epsilon=1.0, rows=10**6)
    with pytest.raises(InputError, match="sureness"):
        ratios(np.zeros((3, 4)), np.zeros((3, 5), dtype=bool))
