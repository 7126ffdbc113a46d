"""How an output goes with a column, against closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.interpretability.tabular.dependence import compute_dependence
from workbench.models.tabular import fit_tabular


def made_table(rows: int = 400) -> pd.DataFrame:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"x": random.normal(0, 1, rows), "sign": random.choice(["minus", "plus"], rows)}
    )
    frame["kind"] = random.choice(["a", "b", None], rows)
    frame["y"] = 3 * frame["x"] + (frame["kind"] == "a") * 2.0 + random.normal(0, 0.01, rows)
    frame["crossed"] = np.where(frame["sign"] == "plus", 3.0, -3.0) * frame["x"]
    frame["class"] = np.where(frame["y"] > 0, "yes", "no")
    return frame


def test_of_a_linear_model_it_is_the_line() -> None:
    table = made_table()
    fitted = fit_tabular(table, "y", model="linear", features=["x", "sign", "kind"])
    found = compute_dependence(fitted, table, "x", rows=400, points=9)
    slopes = np.diff(found.mean) / np.diff(found.grid)
    assert np.allclose(slopes, 3, atol=0.03) and found.crossing == 0
    assert found.output == "y" and np.isclose(sum(found.shares), 1)
    assert all(low < mean < high for low, mean, high in zip(
        found.low, found.mean, found.high, strict=True))  # fmt: skip
    for line in found.lines:
        assert np.allclose(np.diff(line) / np.diff(found.grid), 3, atol=0.03)


def test_the_mean_hides_a_crossing_and_the_figure_says_so() -> None:
    table = made_table()
    fitted = fit_tabular(table, "crossed", model="gradient_boosting", features=["x", "sign"])
    found = compute_dependence(fitted, table, "x")
    assert np.ptp(found.mean) < 0.4 * np.ptp(table["crossed"])
    assert 0.3 < found.crossing < 0.7
    plain = fit_tabular(table, "y", model="gradient_boosting", features=["x", "sign"])
    assert compute_dependence(plain, table, "x").crossing < 0.05


def test_categories_and_what_is_missing_have_points_of_their_own() -> None:
    table = made_table()
    fitted = fit_tabular(table, "y", model="gradient_boosting", features=["x", "kind"])
    found = compute_dependence(fitted, table, "kind", rows=400)
    assert found.grid == ("a", "b", None) and found.kind == "category"
    assert found.mean[0] - found.mean[1] == pytest.approx(2, abs=0.2)
    assert found.shares == pytest.approx(
        [(table["kind"] == "a").mean(), (table["kind"] == "b").mean(), table["kind"].isna().mean()]
    )


def test_a_class_and_a_scale_can_be_chosen() -> None:
    table = made_table()
    fitted = fit_tabular(table, "class", model="logistic", features=["x", "sign"])
    yes = compute_dependence(fitted, table, "x", points=5)
    no = compute_dependence(fitted, table, "x", points=5, of="no")
    assert yes.output == "probability of 'yes'"
    assert np.allclose(np.add(yes.mean, no.mean), 1)
    margin = compute_dependence(fitted, table, "x", points=5, scale="margin")
    slopes = np.diff(margin.mean) / np.diff(margin.grid)
    assert margin.unit == "nats" and np.allclose(slopes, slopes[0])


def test_what_has_no_curve_is_refused() -> None:
    table = made_table()
    fitted = fit_tabular(table, "class", model="tree", features=["x", "sign"])
    with pytest.raises(NotFoundError, match="did you mean 'sign'"):
        compute_dependence(fitted, table, "sig")
    with pytest.raises(InputError, match="there is no curve"):
        compute_dependence(fitted, table.assign(x=1.0), "x")
    with pytest.raises(InputError, match="rows are too few"):
        compute_dependence(fitted, table[:1], "x")
    with pytest.raises(InputError, match="not all allowed"):
        compute_dependence(fitted, table, "x", points=1)
