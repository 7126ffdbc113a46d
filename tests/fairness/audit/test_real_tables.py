"""Audits of a regression and of a ranking on real tables, recomputed row by row from the file that
they leave."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

from workbench.core.errors import IntegrityError
from workbench.fairness.audit.operations import audit
from workbench.fairness.audit.result import GroupAudit
from workbench.fairness.mitigation.operations import mitigate

TOP = 500


def kept(found: GroupAudit) -> pd.DataFrame:
    assert found.predictions is not None
    return pd.read_parquet(found.predictions)


def test_errors_of_a_regression_by_who_lives_there(shared_home: Path) -> None:
    """Crime: is the error larger where more Black people live?"""
    found = audit(dataset="crime", sensitive=["black_population"], draws=400)
    assert found.task == "regression"
    rows = kept(found)
    assert rows.columns.tolist() == ["y", "y_hat", "black_population"]
    checked = 0
    for value, group in rows.groupby("black_population"):
        name = f"black_population={value}"
        expected = {
            "mean_absolute_error": mean_absolute_error(group.y, group.y_hat),
            "mean_squared_error": mean_squared_error(group.y, group.y_hat),
            "r2_score": r2_score(group.y, group.y_hat),
            "mean_prediction": group.y_hat.mean(),
            "mean_error": (group.y_hat - group.y).mean(),
        }
        for metric, value_ in expected.items():
            figure = found.figure(metric, name)
            assert figure.value == pytest.approx(value_, abs=1e-12)
            assert figure.low <= figure.value <= figure.high
            checked += 1
    assert checked == 10
    gap = found.disparity("mean_absolute_error_difference")
    assert gap.low > 0.02  # errors differ beyond chance: .06 to .13 of a scale of 0 to 1


def positions(scores: np.ndarray) -> list[list[int]]:
    """For each row the places that it shares with rows of the same score, from 1 on."""
    order = sorted(range(len(scores)), key=lambda row: -scores[row])
    places: dict[float, list[int]] = {}
    for place, row in enumerate(order, start=1):
        places.setdefault(float(scores[row]), []).append(place)
    return [places[float(score)] for score in scores]


def test_a_ranking_of_real_students_by_the_score_of_a_model(shared_home: Path) -> None:
    """Law: who is placed first if students are ranked by the chance to pass the bar exam?"""
    found = audit(
        dataset="law", sensitive=["race"], model="logistic", task="ranking", top=TOP, draws=400
    )
    assert found.task == "ranking"
    assert any("one ranking" in note for note in found.notes)
    rows = kept(found).reset_index(drop=True)
    assert set(rows.y) == {0.0, 1.0}
    places = positions(rows.y_hat.to_numpy())
    rows["exposure"] = [np.mean([1 / math.log2(1 + p) for p in own]) for own in places]
    rows["top"] = [np.mean([p <= TOP for p in own]) for own in places]
    failed = np.sort(rows.y_hat[rows.y == 0])
    for value, group in rows.groupby("race"):
        if len(group) < found.min_rows:
            continue
        name = f"race={value}"
        expected = {
            "exposure": group.exposure.mean(),
            "top_rate": group.top.mean(),
            "exposure_per_relevance": group.exposure.sum() / group.y.sum(),
        }
        for metric, mean in expected.items():
            assert found.figure(metric, name).value == pytest.approx(mean, abs=1e-12)
        passed = group[group.y == 1].y_hat
        won = [((failed < s).sum() + (failed <= s).sum()) / 2 / len(failed) for s in passed]
        assert found.figure("pairwise_accuracy", name).value == pytest.approx(
            np.mean(won), abs=1e-12
        )
    # The broken variant: races handed out anew; nothing of the distance is left.
    shuffled = rows.assign(race=rows.race.sample(frac=1, random_state=0).to_numpy())
    real = rows.groupby("race").top.mean()
    made = shuffled.groupby("race").top.mean()
    big = rows.race.value_counts()[lambda n: n >= 100].index
    assert np.ptp(made[big]) < np.ptp(real[big])


def test_a_saved_fairer_model_is_audited_on_rows_that_it_has_not_seen(
    shared_home: Path, tmp_path: Path
) -> None:
    out = tmp_path / "fairer.json"
    made = mitigate(dataset="german", sensitive=["sex"], model="logistic", draws=400, out=out)
    assert made.saved == out
    found = audit(dataset="german", sensitive=["sex"], model=str(out), draws=400)
    assert found.model == "logistic with thresholds"
    for figure in made.groups_after:
        if figure.metric == "selection_rate":
            name = figure.group.removeprefix("group=")
            assert found.figure("selection_rate", name).value == pytest.approx(figure.value)
    with pytest.raises(IntegrityError, match="learned from other rows"):
        audit(dataset="german", sensitive=["sex"], model=str(out), draws=400, seed=7)
