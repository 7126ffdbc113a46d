"""Models of tables: what they read, what they refuse, and that they come back the same."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.core import settings
from workbench.core.errors import (
    CapabilityError,
    DataError,
    FetchError,
    InputError,
    IntegrityError,
    NotFoundError,
)
from workbench.models.tabular import (
    MODELS,
    fit_tabular,
    load_parts,
    load_tabular,
    outline_of,
    save_tabular,
)
from workbench.models.tabular.features import MAX_CATEGORIES, OTHER

CLASSIFIERS = [name for name in MODELS if name != "linear"]
REGRESSORS = [name for name in MODELS if name != "logistic"]


def made_table(rows: int = 400, *, seed: int = 0) -> pd.DataFrame:
    """A made table: the class is plain from age and colour; a tenth of the ages is missing."""
    random = np.random.default_rng(seed)
    age = random.integers(18, 80, rows).astype(float)
    colour = random.choice(["blue", "green", "red"], rows)
    score = age / 10 + 3.0 * (colour == "red") + random.normal(0, 0.3, rows)
    frame = pd.DataFrame({"age": age, "colour": colour, "member": random.random(rows) < 0.5})
    frame["constant"] = 7
    frame["price"] = score * 100
    frame["class"] = np.where(score > 6, "yes", "no")
    frame.loc[frame.index % 10 == 0, "age"] = np.nan
    return frame


@pytest.mark.parametrize("model", CLASSIFIERS)
def test_every_classifier_learns_what_is_plain(model: str) -> None:
    table = made_table()
    fitted = fit_tabular(table[:300], "class", model=model, exclude=["price"], seed=1)
    proba = fitted.predict_proba(table[300:])
    predicted = fitted.predict(table[300:])
    assert fitted.classes == ("no", "yes")
    assert fitted.kinds == {"age": "number", "colour": "category", "member": "category"}
    assert proba.shape == (100, 2) and np.allclose(proba.sum(axis=1), 1)
    assert (predicted == np.array(fitted.classes)[proba.argmax(axis=1)]).all()
    # With a shuffled target, the same model stays near chance: the 0.8 is not for nothing.
    assert (predicted == fitted.truth(table[300:])).mean() > 0.8
    shuffled = table.assign(**{"class": np.roll(table["class"], 7)})
    other = fit_tabular(shuffled[:300], "class", model=model, exclude=["price"], seed=1)
    assert (other.predict(table[300:]) == fitted.truth(table[300:])).mean() < 0.75


@pytest.mark.parametrize("model", REGRESSORS)
def test_every_regressor_learns_what_is_plain(model: str) -> None:
    table = made_table()
    fitted = fit_tabular(table[:300], "price", model=model, exclude=["class"])
    error = np.abs(fitted.predict(table[300:]) - fitted.truth(table[300:])).mean()
    assert not fitted.is_classifier and fitted.classes == ()
    assert error < 0.6 * np.abs(table["price"] - table["price"].mean()).mean()
    with pytest.raises(CapabilityError, match="no probabilities"):
        fitted.predict_proba(table)


@pytest.mark.parametrize("model", CLASSIFIERS)
def test_the_same_seed_gives_the_same_model(model: str, tmp_path: Path) -> None:
    table = made_table(120)
    first = fit_tabular(table, "class", model=model, exclude=["price"], seed=3)
    path = save_tabular(first, tmp_path / "model.json")
    again = load_tabular(path, table)
    assert again.record == first.record
    assert (again.predict_proba(table) == first.predict_proba(table)).all()


def test_a_record_is_refused_with_another_table_or_other_predictions(tmp_path: Path) -> None:
    table = made_table(120)
    path = save_tabular(fit_tabular(table, "class", model="tree"), tmp_path / "model.json")
    with pytest.raises(IntegrityError, match="fitted to the table"):
        load_tabular(path, table[::-1])
    plain = json.loads(path.read_text())
    plain["predictions"] = "0" * 64
    plain["versions"]["numpy"] = "1.0"
    path.write_text(json.dumps(plain))
    with pytest.raises(IntegrityError, match=r"predicts otherwise \(numpy 1.0 then"):
        load_tabular(path, table)
    path.write_text("{}")
    with pytest.raises(IntegrityError, match="no record"):
        load_tabular(path, table)


def test_weights_count_and_belong_to_the_record(tmp_path: Path) -> None:
    table = made_table(200)
    weights = np.where(table["class"] == "yes", 20.0, 1.0)
    plain = fit_tabular(table, "class", model="logistic", features=["member"])
    for model in CLASSIFIERS:
        weighed = fit_tabular(table, "class", model=model, features=["member"], weights=weights)
        assert weighed.predict_proba(table)[:, 1].mean() > 0.85, model
    assert plain.predict_proba(table)[:, 1].mean() < 0.6
    path = save_tabular(weighed, tmp_path / "model.json")
    assert load_tabular(path, table, weights=weights).record == weighed.record
    with pytest.raises(IntegrityError, match="other weights"):
        load_tabular(path, table)
    for bad in (weights[:-1], -weights, weights * np.nan, weights * 0):
        with pytest.raises(InputError, match="weight"):
            fit_tabular(table, "class", weights=bad)


def test_numbers_come_back_as_the_rows_they_were() -> None:
    table = made_table(60)
    fitted = fit_tabular(table, "class", model="tree", exclude=["price"])
    numbers = fitted.to_numbers(table)
    back = fitted.from_numbers(numbers)
    assert np.array_equal(fitted.to_numbers(back), numbers, equal_nan=True)
    assert list(back["colour"]) == list(table["colour"])
    assert np.isnan(numbers[0, 0]) and back["age"].isna()[0]


def test_what_is_unseen_is_missing_and_said(caplog: pytest.LogCaptureFixture) -> None:
    table = made_table(200)
    for model in CLASSIFIERS:
        fitted = fit_tabular(table, "class", model=model, exclude=["price"])
        strange = table[:4].assign(colour=["violet", "red", "violet", None])
        with caplog.at_level(logging.WARNING):
            numbers = fitted.to_numbers(strange)
        assert np.isnan(numbers[[0, 2, 3], 1]).all() and not np.isnan(numbers[1, 1])
        assert np.isfinite(fitted.predict_proba(strange)).all()
        assert fitted.find_unseen(strange) == {"colour": {"violet": 2}}
        assert "2 rows hold values" in caplog.text


def test_columns_that_say_nothing_are_left_out_with_the_reason() -> None:
    table = made_table(300)
    table["empty"] = None
    table["moment"] = pd.Timestamp("2026-01-01", tz="UTC")
    table["name"] = [f"person {i}" for i in range(300)]
    table["id"] = np.arange(300)
    fitted = fit_tabular(table, "class", model="tree", exclude=["price"])
    reasons = {out.column: out.reason for out in fitted.left_out}
    assert reasons["constant"] == "constant: every value is 7"
    assert reasons["price"] == "excluded by the caller"
    assert reasons["empty"] == "every value is missing"
    assert "timestamp" in reasons["moment"]
    assert "300 different values" in reasons["name"]
    assert "id" in fitted.features and any("identifier" in note for note in fitted.notes)
    with pytest.raises(InputError, match="300 different values"):
        fit_tabular(table, "class", features=["name"])


def test_a_text_with_500_values_keeps_the_frequent_ones() -> None:
    random = np.random.default_rng(0)
    place = random.permutation(np.r_[np.arange(500), np.repeat(np.arange(100), 10)])
    table = pd.DataFrame({"town": [f"town {i}" for i in place], "y": place % 2 == 0})
    for model in CLASSIFIERS:
        fitted = fit_tabular(table, "y", model=model)
        feature = fitted.columns[0]
        assert len(feature.categories) == MAX_CATEGORIES and feature.categories[-1] == OTHER
        assert feature.gathered == 301
        assert any("301 rarer values are one" in note for note in fitted.notes)
        numbers = fitted.to_numbers(pd.DataFrame({"town": ["town 7", "town 499", "nowhere"]}))
        assert feature.value_of(numbers[0, 0]) == "town 7"
        assert (numbers[1:, 0] == MAX_CATEGORIES - 1).all() or numbers[1, 0] < MAX_CATEGORIES - 1


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"class": "yes"}, InputError, "one class only"),
        ({"class": [None] + ["yes", "no"] * 30}, DataError, "missing in 1 of 61"),
        ({"class": [f"class {i}" for i in range(61)]}, InputError, "61 classes"),
        ({"age": np.inf}, DataError, "61 infinite values"),
        ({"age": ["x", 1, 2.0] + [None] * 58}, DataError, "several kinds"),
    ],
)
def test_tables_that_cannot_be_learned_are_refused(
    change: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        fit_tabular(made_table(61).assign(**change), "class")


def test_wrong_names_are_told_with_near_ones() -> None:
    table = made_table(61)
    with pytest.raises(NotFoundError, match="did you mean 'class'"):
        fit_tabular(table, "clas")
    with pytest.raises(NotFoundError, match="did you mean 'colour'"):
        fit_tabular(table, "class", exclude=["color"])
    with pytest.raises(NotFoundError, match="did you mean 'forest'"):
        fit_tabular(table, "class", model="forrest")
    with pytest.raises(InputError, match="not for regression"):
        fit_tabular(table, "price", model="logistic")
    with pytest.raises(InputError, match="no column is left"):
        fit_tabular(table[["class", "constant"]], "class")
    fitted = fit_tabular(table, "class", model="tree", exclude=["price"])
    with pytest.raises(NotFoundError, match=r"reads the column 'colour'.*'color'"):
        fitted.predict(table.rename(columns={"colour": "color"}))
    with pytest.raises(DataError, match="'age' must hold numbers"):
        fitted.predict(table.assign(age="old"))
    with pytest.raises(NotFoundError, match="no class of class named 'maybe'"):
        fitted.place_of("maybe")


def test_whole_numbers_are_classes_when_there_are_few() -> None:
    table = made_table(100)
    table["arrests"] = np.arange(100) % 2
    fitted = fit_tabular(table, "arrests", model="tree")
    assert fitted.classes == (0, 1) and set(fitted.predict(table)) <= {0, 1}
    table["arrests"] = np.arange(100)
    assert fit_tabular(table, "arrests", model="tree").task == "regression"
    assert fit_tabular(made_table(100), "member", model="tree").classes == (False, True)


def test_another_estimator_stands_behind_the_same_columns() -> None:
    class Always:
        def predict(self, numbers: np.ndarray) -> np.ndarray:
            return np.ones(len(numbers), dtype=int)

    table = made_table(60)
    fitted = fit_tabular(table, "class", model="tree")
    other = fitted.with_estimator(Always(), name="always yes")
    assert set(other.predict(table)) == {"yes"}
    with pytest.raises(CapabilityError, match="no probabilities"):
        other.predict_proba(table)
    with pytest.raises(IntegrityError, match="not made by fit_tabular"):
        save_tabular(other, "never.json")


def test_a_table_without_a_test_part_is_split_by_class() -> None:
    parts = load_parts(made_table(200), "class", seed=1)
    shares = [parts.train.to_pandas()["class"].eq("yes").mean(),
              parts.test.to_pandas()["class"].eq("yes").mean()]  # fmt: skip
    assert (parts.train_rows, parts.test_rows) == (150, 50) and "stratified" in parts.how
    assert abs(shares[0] - shares[1]) < 0.02
    assert "hash" in load_parts(made_table(200), "price").how
    with pytest.raises(InputError, match="what is to be predicted"):
        load_parts(made_table(20))
    with pytest.raises(NotFoundError, match="did you mean 'class'"):
        load_parts(made_table(20), "klass")


def test_what_the_catalogue_shows_to_be_wrong_is_refused_before_a_fetch() -> None:
    """In an empty home, offline: whatever asks for the rows says FetchError."""
    with settings.override(offline=True):
        with pytest.raises(FetchError):
            load_parts("adult")  # nothing is wrong with that but the network
        with pytest.raises(NotFoundError, match="did you mean 'income'"):
            load_parts("adult", "incom")
        with pytest.raises(InputError, match="what is to be predicted in stereoset"):
            load_parts("stereoset")
        with pytest.raises(NotFoundError, match="did you mean 'forest'"):
            outline_of("adult", model="forst")
        with pytest.raises(NotFoundError, match="did you mean 'race'"):
            outline_of("adult", columns=["rase"])
    found = outline_of("adult", columns=["race"], model="tree")
    assert found is not None and (found.target, found.sensitive[0]) == ("income", "sex")
    assert outline_of(made_table(20), "class") is None and outline_of("mine.csv") is None


def test_adult_is_predicted_as_well_as_the_facts_say(shared_home: Path) -> None:
    parts = load_parts("adult")
    fitted = fit_tabular(parts.train, parts.target)
    right = (fitted.predict(parts.test) == fitted.truth(parts.test)).mean()
    assert parts.how == "the data set's own splits" and "sex" in parts.sensitive
    assert right >= 0.869
    # What the catalogue says of the table is what the record says.
    assert fitted.record.data.startswith("b6a69ad7719e")


def test_one_row_as_a_mapping_is_a_table() -> None:
    table = made_table(60)
    fitted = fit_tabular(table, "class", model="tree", exclude=["price"])
    row = {"age": None, "colour": "red", "member": True}
    assert fitted.predict(row).shape == (1,)
    assert fitted.predict([row, row]).shape == (2,)
    with pytest.raises(InputError, match="a table was expected"):
        fitted.predict("adult")
