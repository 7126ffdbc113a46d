"""The page that looks for unfairness, over a real model of a table."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.fairness import audit_groups
from workbench.fairness.audit.group_scores import read_group_scores
from workbench.fairness.audit.result import GroupAudit
from workbench.studio.fairness_live import LivePanel, draw_rates
from workbench.studio.fairness_page import FairnessPage, _apart


def made_audit(folder: Path, rows: int = 900) -> GroupAudit:
    """Made scores: the same for two towns, but outcomes differ; kept as an audit keeps them."""
    random = np.random.default_rng(4)
    town = random.choice(["north", "south"], rows)
    score = random.random(rows).round(3)
    y = (random.random(rows) < score * np.where(town == "south", 0.6, 1.0)).astype(int)
    y_hat = (score >= 0.5).astype(int)
    frame = pd.DataFrame({"y": y, "y_hat": y_hat, "score": score, "town": town})
    frame.to_parquet(folder / "rows.parquet")
    found = audit_groups(y, y_hat, sensitive={"town": town}, score=score, task="classification")
    return dataclasses.replace(found, predictions=folder / "rows.parquet")


def test_rates_are_those_of_the_rows(tmp_path: Path) -> None:
    audit = made_audit(tmp_path)
    frame = pd.read_parquet(tmp_path / "rows.parquet")
    scored = read_group_scores(audit)
    for limit in (0.0, 0.3, 0.5, 0.777, 1.0):
        for town in ("north", "south"):
            mine = frame[frame.town == town]
            chosen = mine.score >= limit
            rates = scored.rates(f"town={town}", limit)
            assert rates["selection_rate"] == pytest.approx(chosen.mean())
            assert rates["true_positive_rate"] == pytest.approx(chosen[mine.y == 1].mean())
            assert rates["false_positive_rate"] == pytest.approx(chosen[mine.y == 0].mean())
            assert rates["accuracy_score"] == pytest.approx((chosen == mine.y).mean())
    above = scored.rates("town=north", 0.3)["selection_rate"]
    assert above != scored.rates("town=north", 0.31)["selection_rate"]  # the check sees a step


def test_sliders_move_what_is_shown(tmp_path: Path) -> None:
    panel = LivePanel()
    assert "Audit a classifier first" in panel.widget.children[0].value
    panel.show(made_audit(tmp_path))
    assert set(panel.sliders) == {"town=north", "town=south"}
    before = panel.shown.value
    panel.sliders["town=north"].value = 0.9
    assert panel.shown.value != before
    panel.set_equal("equal_opportunity")
    assert panel.scored is not None
    found = [panel.scored.rates(n, s.value)["true_positive_rate"] for n, s in panel.sliders.items()]
    assert found[0] == pytest.approx(found[1], abs=0.02)
    panel.picks.value = ("town=south",)
    assert list(panel.sliders) == ["town=south"]
    panel.picks.value = ()
    assert "Choose at least one group" in panel.shown.value


def test_a_rate_of_no_row_is_no_number(tmp_path: Path) -> None:
    audit = made_audit(tmp_path)
    scored = read_group_scores(audit)
    none = (scored.ordered["town=north"][0], np.array([]))
    odd = dataclasses.replace(scored, ordered={**scored.ordered, "town=north": none})
    text = draw_rates(odd, {"town=north": 0.5, "town=south": 0.5})
    assert "no such row" in text
    assert "nan" not in text


def test_predictions_without_a_score_are_said_plainly(tmp_path: Path) -> None:
    audit = made_audit(tmp_path)
    frame = pd.read_parquet(tmp_path / "rows.parquet").drop(columns="score")
    frame.to_parquet(tmp_path / "rows.parquet")
    panel = LivePanel()
    panel.show(audit)
    assert "no score" in panel.widget.children[0].value


def test_disparities_in_words(tmp_path: Path) -> None:
    (text,) = _apart(made_audit(tmp_path))
    assert "demographic parity difference" in text
    assert "may be luck" in text
    assert "groups differ" in text
    assert "Audit something" in _apart(None)[0]


def test_what_an_error_advises_is_a_field_of_the_page(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    towns = [f"town {at}" for at in range(500)]
    frame = pd.DataFrame({"town": random.choice(towns, 3000), "points": random.normal(size=3000)})
    frame["hired"] = np.where(frame.points > 0, "yes", "no")
    frame.loc[:400, "town"] = "town 0"
    frame.to_csv(tmp_path / "people.csv", index=False)
    page = FairnessPage()
    asked = {"dataset": str(tmp_path / "people.csv"), "sensitive": "town", "target": ""}
    for name, value in (*asked.items(), ("model", "logistic")):
        page.form.inputs[name].value = value
    for field, value in (("target", "hired"), (None, None)):
        page.form.button.click()
        assert page.form.latest is not None
        page.form.latest._thread.join(60)
        said = page.form.latest._text.value.partition('class="trouble"')[2]
        assert "Try: " in said and "min_rows" not in said and "--" not in said
        if field is not None:
            assert f"{value} in “{page.form.inputs[field].description}”" in said
            page.form.inputs[field].value = value


@pytest.mark.slow
def test_an_audit_from_the_page(shared_home: Path) -> None:
    page = FairnessPage()
    page.form.inputs["dataset"].value = "german"
    page.form.inputs["model"].value = "logistic"
    page.form.button.click()
    assert page.form.latest is not None
    found = page.form.latest.result(120)
    assert page.found is found
    assert len(page.live.sliders) == 2
    assert "wb-rates" in page.live.shown.value
    assert "demographic parity difference" in page.html()
    page.form.inputs["dataset"].value = "germans"
    assert "wb-old" in page.live.widget._dom_classes
    page.form.button.click()
    page.form.latest._thread.join(120)
    assert "germans" in page.form.latest._text.value
    assert page.live.sliders == {} and "wb-old" not in page.live.widget._dom_classes
    assert "demographic parity difference" not in page.html()  # of the audit before
