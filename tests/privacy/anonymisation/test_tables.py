"""Tables: k, l and t against counts by hand, Mondrian recounted without its own code, bad input."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.privacy.anonymisation.tables import mondrian
from workbench.privacy.anonymisation.tables.assessing import anonymise_table, assess_table
from workbench.privacy.anonymisation.tables.hierarchies import Hierarchy

QUASI = ["age", "workclass", "education", "marital_status", "race", "sex", "native_country"]


def small() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "age": [30, 30, 30, 40, 40, 40],
            "zip": ["a", "a", "a", "b", "b", "b"],
            "ill": ["flu", "flu", "cold", "flu", "cold", "cough"],
        }
    )


def made(rows: int, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": draw.integers(17, 90, rows).astype(float),
            "town": draw.choice(list("abcdefgh"), rows),
            "pay": draw.choice(["low", "high"], rows),
        }
    )
    frame.loc[::17, "age"] = np.nan
    frame.loc[::13, "town"] = None
    return frame


def least_count(frame: pd.DataFrame, quasi: list[str]) -> int:
    """k, counted by nothing of ours."""
    return min(Counter(map(tuple, frame[quasi].astype(str).to_numpy())).values())


def test_figures_are_those_of_a_count_by_hand() -> None:
    risk = assess_table(small(), ["age", "zip"], sensitive="ill")
    assert (risk.k, risk.classes, risk.alone, risk.discernibility) == (3, 2, 0, 18)
    assert risk.distinct_l == 2
    entropy = -(2 / 3 * math.log(2 / 3) + 1 / 3 * math.log(1 / 3))
    assert risk.entropy_l == pytest.approx(math.exp(entropy))
    # The table has flu 3/6, cold 2/6, cough 1/6; the first class flu 2/3, cold 1/3.
    assert risk.t == pytest.approx(1 / 6)
    assert risk.prosecutor_risk == pytest.approx(1 / 3)
    assert risk.mean_risk == pytest.approx(2 / 6)


def test_t_of_numbers_goes_by_their_order() -> None:
    """The example of Li et al. 2007, section 4: salaries 3k to 11k; {3k, 4k, 5k} lies 0.375 away
    and {6k, 8k, 11k} 0.167."""
    pay = [3, 4, 5, 6, 8, 11, 7, 9, 10]
    frame = pd.DataFrame({"q": ["a"] * 3 + ["b"] * 3 + ["c"] * 3, "pay": pay})
    assert assess_table(frame, ["q"], sensitive="pay").t == pytest.approx(0.375)
    second = frame.assign(q=["rest"] * 3 + ["b"] * 3 + ["rest"] * 3)
    assert assess_table(second, ["q"], sensitive="pay").t == pytest.approx(1 / 6, abs=1e-3)


def test_a_population_lowers_the_journalists_and_the_marketers_risk() -> None:
    table, population = small(), pd.concat([small()] * 5)
    risk = assess_table(table, ["age", "zip"], population=population)
    assert risk.journalist_risk == pytest.approx(1 / 15) and risk.marketer_risk == pytest.approx(
        0.2 / 3 * 1
    )
    assert assess_table(table, ["age", "zip"]).journalist_risk == pytest.approx(1 / 3)


@pytest.mark.parametrize("k", [2, 7, 25])
def test_mondrian_keeps_k_and_every_row(k: int) -> None:
    frame = made(900, seed=k)
    out, risk = anonymise_table(frame, ["age", "town"], k=k)
    assert least_count(out, ["age", "town"]) == risk.k >= k
    assert len(out) == len(frame) and out["pay"].equals(frame["pay"])
    for said, age in zip(out["age"], frame["age"], strict=True):
        low, _, high = said.replace("|missing", "").partition("..")
        assert "missing" in said if np.isnan(age) else float(low) <= age <= float(high or low)


def test_a_cut_that_forgets_k_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = mondrian._median_side
    monkeypatch.setattr(mondrian, "_median_side", lambda codes, k: real(codes, 1))
    out, risk = anonymise_table(made(900), ["age", "town"], k=25)
    assert least_count(out, ["age", "town"]) == risk.k < 25


def test_adult_is_ten_anonymous(shared_home: Path) -> None:
    from workbench.data import load

    frame = load("adult", split="train").to_pandas()
    out, risk = anonymise_table(frame, QUASI, k=10, sensitive="income")
    assert least_count(out, QUASI) == risk.k >= 10
    assert len(out) == 32561 and risk.prosecutor_risk <= 0.1
    assert risk.mean_class_ratio < 3


def test_diversity_and_closeness_are_kept_when_asked() -> None:
    frame = made(600, seed=3)
    _, plain = anonymise_table(frame, ["age", "town"], k=4, sensitive="pay")
    _, diverse = anonymise_table(frame, ["age", "town"], k=4, sensitive="pay", least_l=2)
    _, close = anonymise_table(frame, ["age", "town"], k=4, sensitive="pay", most_t=0.1)
    assert plain.distinct_l == 1 and plain.t is not None and plain.t > 0.1
    assert diverse.distinct_l == 2
    assert close.t is not None and close.t <= 0.1 + 1e-9


def test_a_hierarchy_names_what_is_common() -> None:
    tree = Hierarchy({"Rome": ("Italy", "Europe"), "Bari": ("Italy", "Europe"),
                      "Oslo": ("Norway", "Europe"), "Lima": ("Peru", "America")})  # fmt: skip
    frame = pd.DataFrame({"town": ["Rome", "Bari", "Oslo", "Lima"] * 2})
    out, risk = anonymise_table(frame, ["town"], k=3, hierarchies={"town": tree})
    assert risk.k >= 3 and set(out["town"]) <= {"*", "Europe", "Italy", "Norway", "Peru"}
    with pytest.raises(InputError, match="1 to 2 names"):
        Hierarchy({"a": ("x",), "b": ("x", "y")})


def test_bad_input_is_told() -> None:
    frame = small()
    with pytest.raises(NotFoundError, match="age"):
        assess_table(frame, ["agee"])
    with pytest.raises(DataError, match="6 rows cannot be made 10-anonymous"):
        anonymise_table(frame, ["age"], k=10)
    with pytest.raises(InputError, match="no quasi"):
        assess_table(frame, [])
    with pytest.raises(InputError, match="at once"):
        assess_table(frame, ["age"], sensitive="age")
    with pytest.raises(DataError, match="no rows"):
        assess_table(frame[:0], ["age"])
    with pytest.raises(DataError, match="diversity"):
        anonymise_table(frame, ["age"], k=2, sensitive="ill", least_l=9)
    out, risk = anonymise_table(frame.assign(age=1), ["age"], k=2)  # a column with one value
    assert risk.k == 6 and set(out["age"]) == {"1"}
    out, risk = anonymise_table(frame.assign(age=np.nan), ["age"], k=2)
    assert set(out["age"]) == {"missing"}
