"""Tables: k, l and t against counts by hand, Mondrian recounted without its own code, bad input."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.privacy.anonymisation.tables import mondrian, quasi_columns
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
    assert risk.distinct_l == 2 and risk.told_rows == 0
    one = small().assign(ill=["flu"] * 3 + ["cold", "flu", "flu"])
    assert assess_table(one, ["age", "zip"], sensitive="ill").told_rows == 3
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
    made_of_it = anonymise_table(frame, ["age", "town"], k=k)
    out, risk = made_of_it.table, made_of_it.after
    assert least_count(out, ["age", "town"]) == risk.k >= k
    assert len(out) == len(frame) and out["pay"].equals(frame["pay"])
    for said, age in zip(out["age"], frame["age"], strict=True):
        low, _, high = said.replace("|missing", "").partition("..")
        assert "missing" in said if np.isnan(age) else float(low) <= age <= float(high or low)


def test_a_cut_that_forgets_k_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = mondrian._median_side
    monkeypatch.setattr(mondrian, "_median_side", lambda codes, k, *more: real(codes, 1))
    found = anonymise_table(made(900), ["age", "town"], k=25)
    assert least_count(found.table, ["age", "town"]) == found.after.k < 25


def test_adult_is_ten_anonymous(shared_home: Path) -> None:
    from workbench.data import load

    frame = load("adult", split="train").to_pandas()
    found = anonymise_table(frame, QUASI, k=10, sensitive="income")
    out, risk = found.table, found.after
    assert least_count(out, QUASI) == risk.k >= 10
    assert len(out) == 32561 and risk.prosecutor_risk <= 0.1
    assert risk.mean_class_ratio < 3


def test_diversity_and_closeness_are_kept_when_asked() -> None:
    frame = made(600, seed=3)
    asked: dict[str, Any] = {"k": 4, "sensitive": "pay"}
    plain = anonymise_table(frame, ["age", "town"], **asked).after
    diverse = anonymise_table(frame, ["age", "town"], **asked, least_l=2).after
    close = anonymise_table(frame, ["age", "town"], **asked, most_t=0.1).after
    assert plain.distinct_l == 1 and plain.t is not None and plain.t > 0.1
    assert diverse.distinct_l == 2
    assert close.t is not None and close.t <= 0.1 + 1e-9


def test_a_hierarchy_names_what_is_common() -> None:
    tree = Hierarchy({"Rome": ("Italy", "Europe"), "Bari": ("Italy", "Europe"),
                      "Oslo": ("Norway", "Europe"), "Lima": ("Peru", "America")})  # fmt: skip
    frame = pd.DataFrame({"town": ["Rome", "Bari", "Oslo", "Lima"] * 2})
    found = anonymise_table(frame, ["town"], k=3, hierarchies={"town": tree})
    assert found.after.k >= 3
    assert set(found.table["town"]) <= {"*", "Europe", "Italy", "Norway", "Peru"}
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
    with pytest.raises(DataError, match="'ill' has the same value everywhere"):
        anonymise_table(frame.assign(ill="flu"), ["age"], k=2, sensitive="ill")
    one = anonymise_table(frame.assign(age=1), ["age"], k=2)  # a column with one value
    assert one.after.k == 6 and set(one.table["age"]) == {"1"} and one.loss == {"age": 0.0}
    none = anonymise_table(frame.assign(age=np.nan), ["age"], k=2)
    assert set(none.table["age"]) == {"missing"} and none.loss == {"age": 0.0}


def test_the_loss_is_that_of_a_count_by_hand() -> None:
    """Ages 0 to 100, towns of a tree of 4 leaves: two classes of two rows each."""
    tree = Hierarchy({"Rome": ("Italy",), "Bari": ("Italy",), "Oslo": ("Norway",),
                      "Bergen": ("Norway",)})  # fmt: skip
    frame = pd.DataFrame({"age": [0, 10, 90, 100], "town": ["Rome", "Bari", "Oslo", "Oslo"]})
    found = anonymise_table(frame, ["age", "town"], k=2, hierarchies={"town": tree})
    assert found.table["age"].tolist() == ["0..10"] * 2 + ["90..100"] * 2
    assert found.table["town"].tolist() == ["Italy"] * 2 + ["Oslo"] * 2
    assert found.loss["age"] == pytest.approx(0.1)  # 10 of 100, in each row
    assert found.loss["town"] == pytest.approx((1 / 3 + 0) / 2)  # 1 of 3 others, then none
    assert found.mean_loss == pytest.approx((0.1 + 1 / 6) / 2)
    sets = anonymise_table(frame.replace("Oslo", "Turin"), ["town"], k=2)
    assert sets.table["town"].tolist() == ["Bari|Rome"] * 2 + ["Turin"] * 2
    assert sets.loss["town"] == pytest.approx((1 / 2 + 0) / 2)  # three towns are in the table


def test_a_population_is_asked_through_ranges_sets_and_names() -> None:
    tree = Hierarchy({"Rome": ("Italy",), "Bari": ("Italy",), "Pisa": ("Italy",),
                      "Oslo": ("Norway",)})  # fmt: skip
    frame = pd.DataFrame({"age": [20, 30, 60, 70], "town": ["Rome", "Bari", "Oslo", "Oslo"]})
    others = pd.DataFrame(
        {
            "age": [25, 31, 19, 65, 65, np.nan],
            "town": ["Pisa", "Pisa", "Rome", "Oslo", None, "Oslo"],
        }
    )
    whole = pd.concat([frame, others], ignore_index=True)
    found = anonymise_table(
        frame, ["age", "town"], k=2, hierarchies={"town": tree}, population=whole
    )
    # 20..30 in Italy are both and the first other; 60..70 in Oslo both and the fourth.
    assert found.after.journalist_risk == pytest.approx(1 / 3)
    assert found.after.marketer_risk == pytest.approx((2 / 3 + 2 / 3) / 4)
    assert found.after.prosecutor_risk == pytest.approx(1 / 2)
    assert found.before.journalist_risk == 1.0 and found.after.population_rows == 10
    sets = anonymise_table(frame, ["age", "town"], k=2, population=whole)
    assert sets.after.journalist_risk == pytest.approx(1 / 2)  # Pisa is in no set: 2 of 2 remain


def test_missing_values_are_found_in_a_population() -> None:
    frame = pd.DataFrame({"age": [np.nan, np.nan, 50.0, 60.0], "town": [None, "a", "b", "b"]})
    whole = pd.concat([frame] * 3, ignore_index=True)
    found = anonymise_table(frame, ["age", "town"], k=2, population=whole)
    assert found.after.journalist_risk == pytest.approx(1 / 6)


def test_numbers_go_along_a_hierarchy_where_there_is_one() -> None:
    tree = Hierarchy({str(age): (f"{age // 10}0s",) for age in range(20, 60)})
    frame = pd.DataFrame({"age": [20.0, 21.0, 33.0, 38.0, 51.0, 59.0]})
    found = anonymise_table(frame, ["age"], k=2, hierarchies={"age": tree})
    assert found.table["age"].tolist() == ["20s", "20s", "30s", "30s", "50s", "50s"]
    with pytest.raises(InputError, match=r"column 'age': .* no parent for '70'"):
        anonymise_table(frame.assign(age=70), ["age"], k=2, hierarchies={"age": tree})
    with pytest.raises(NotFoundError, match="sex"):
        anonymise_table(frame, ["age"], k=2, hierarchies={"sex": tree})


def test_a_cut_is_made_between_names_and_not_through_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cut behind Rome is as near to the median, and would leave the rest without a name."""
    lands = {"Rome": "Italy", "Bari": "Italy", "Oslo": "Norway", "Bergen": "Norway"}
    frame = pd.DataFrame({"town": ["Rome"] * 4 + ["Bari"] * 3 + ["Oslo"] * 2 + ["Bergen"] * 2})
    tree = {"town": Hierarchy({town: (land,) for town, land in lands.items()})}
    found = anonymise_table(frame, ["town"], k=4, hierarchies=tree)
    assert found.table["town"].tolist() == ["Italy"] * 7 + ["Norway"] * 4
    monkeypatch.setattr(quasi_columns, "_shared_names", lambda *_: None)
    through = anonymise_table(frame, ["town"], k=4, hierarchies=tree)
    assert through.table["town"].tolist() == ["Rome"] * 4 + ["*"] * 7
    assert through.mean_loss > found.mean_loss


def test_classes_sizes_add_up_to_the_rows() -> None:
    risk = assess_table(made(300), ["age", "town"])
    assert sum(size * many for size, many in risk.class_sizes.items()) == risk.rows == 300
    assert sum(risk.class_sizes.values()) == risk.classes
    assert risk.class_sizes.get(1, 0) == risk.alone > 0


def test_a_table_is_refused_over_the_stated_risk() -> None:
    from workbench.evaluation import run_check
    from workbench.privacy import check_table

    assert check_table(small(), ["age", "zip"], most_risk=0.34).ok
    assert not check_table(small(), ["age", "zip"], most_risk=0.33).ok
    five = pd.concat([small()] * 5)
    options = {"most_risk": 0.1, "attacker": "journalist", "population": five}
    assert run_check("privacy.table", small(), ["age", "zip"], **options).ok
    assert not check_table(small(), ["age", "zip"], most_risk=0.1, population=five).ok
    with pytest.raises(InputError, match="most_risk"):
        check_table(small(), ["age"], most_risk=0.0)
