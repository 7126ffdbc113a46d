"""Tables compared: each kind of column, its cause ranked, levels over many columns, bad input."""

from __future__ import annotations

import datetime as dt
import decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.core import operations, settings
from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.evaluation.category_sketch import reference_names, sketch_categories
from workbench.monitoring.drift.columns import read_column
from workbench.monitoring.drift.comparing import compare_columns, compare_sketches
from workbench.monitoring.drift.reading import Rows, read_rows
from workbench.monitoring.drift.result import DriftReport
from workbench.monitoring.drift.table_sketch import make_grids, sketch_table
from workbench.monitoring.drift.tables import compare_tables
from workbench.store.database import open_database
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow


def made(rows: int, seed: int, *, drifts: bool = False) -> pd.DataFrame:
    """Made rows; where they drift plan moves most, then time, then embeddings."""
    draw = np.random.default_rng(seed)
    plan = np.where(draw.random(rows) < (0.6 if drifts else 0.3), "pro", "free").astype(object)
    if drifts:
        plan[:20] = "gold"
    return pd.DataFrame(
        {
            "plan": plan,
            "time_s": draw.lognormal(0, 1.5, rows) * (1.5 if drifts else 1),
            "same": draw.normal(size=rows),
            "constant": 1.0,
            "id": [f"user {number}" for number in draw.integers(0, 10**9, rows)],
            "vector": list(draw.normal(size=(rows, 6)) + 0.3 * drifts),
        }
    )


def compare(reference: pd.DataFrame, current: pd.DataFrame, **options: Any) -> DriftReport:
    return compare_tables(Rows("before", reference), Rows("now", current), **options)


def test_what_changed_is_named_and_ranked_and_what_did_not_is_not() -> None:
    report = compare(made(3000, 0), made(1500, 1, drifts=True))
    assert report.drifted == ("plan", "time_s", "vector")
    plan, time, *_ = report.columns
    assert plan.new == {"gold": 20}
    assert plan.share > time.share > 0
    assert plan.share + time.share == pytest.approx(1)
    assert time.ks <= time.ks_most
    assert "median" in time.told
    assert report.together.drifted
    assert next(iter(report.together.importance)) in ("plan", "time_s")
    still = compare(made(3000, 0), made(1500, 2))
    assert still.drifted == ()
    assert not still.any_drift


@pytest.mark.parametrize(("correction", "holds"), [("holm", True), ("none", False)])
def test_many_columns_hold_the_level_only_if_corrected(correction: Any, holds: bool) -> None:
    """The broken variant: without a correction half of all tables of 20 columns seem to drift."""
    draw = np.random.default_rng(3)
    alarms = []
    for _ in range(60):
        sides = [pd.DataFrame(draw.normal(size=(rows, 20))).add_prefix("c") for rows in (600, 300)]
        grids, _left = make_grids(sides[0])
        sketches = [sketch_table(side, grids) for side in sides]
        found = compare_sketches(*sketches, correction=correction)
        alarms.append(any(column.drifted for column in found))
    assert (np.mean(alarms) <= 0.12) == holds


@pytest.mark.parametrize("test", ["psi", "js", "chi-square"])
def test_ids_and_long_tails_hold_the_level(test: Any) -> None:
    draw = np.random.default_rng(4)
    p_values = []
    for _ in range(80):
        sides = [draw.zipf(1.5, rows).astype(str).tolist() for rows in (2000, 700)]
        names = reference_names(sides[0], most=200)
        sketches = [sketch_categories(side, names) for side in sides]
        p_values.append(compare_columns("tail", *sketches, test=test).p_value)
    assert np.mean(np.array(p_values) <= 0.05) <= 0.13


def test_names_of_rows_are_left_out_for_what_they_are() -> None:
    """Every row has one: that none has would be untrue."""
    table = pd.DataFrame({"id": [f"set_{n}" for n in range(3000)], "x": np.arange(3000.0)})
    empty = table.assign(none=pd.Series([None] * 3000, dtype=object))
    left = make_grids(empty)[1]
    assert left["id"] == "its values hardly repeat: they name rows"
    assert left["none"] == "no row has a value"


def test_infinite_missing_and_constant_values_are_said() -> None:
    reference = pd.DataFrame({"x": np.arange(1000.0), "c": 1.0, "gone": np.arange(1000.0)})
    current = pd.DataFrame({"x": np.arange(1000.0), "c": 1.0, "gone": np.nan})
    current.loc[:299, "x"] = np.inf
    current.loc[300:599, "c"] = 2.0
    columns = {each.name: each for each in compare(reference, current).columns}
    assert "300 infinite" in columns["x"].told
    assert columns["c"].drifted
    assert columns["c"].outside == pytest.approx(0.3)
    assert columns["gone"].drifted
    assert columns["gone"].current_missing == 1


def test_a_change_of_type_is_left_out_by_name() -> None:
    reference = pd.DataFrame({"a": np.arange(100.0), "b": np.arange(100.0), "only": 1})
    current = pd.DataFrame({"a": np.arange(100.0), "b": ["x"] * 100, "when": pd.Timestamp(0)})
    left = compare(reference, current).left_out
    assert left["b"] == "number in the reference, category now"
    assert left["only"] == "not in the current table"
    assert left["when"] == "not in the reference"


def test_tables_that_cannot_be_compared_are_refused() -> None:
    table = pd.DataFrame({"a": np.arange(100.0)})
    with pytest.raises(InputError, match="1 row"):
        compare(table.head(1), table)
    with pytest.raises(InputError, match="no column that can be compared"):
        compare(table, table.rename(columns={"a": "b"}))
    with pytest.raises(InputError, match="has no rows"):
        compare(table, table.head(0))
    with pytest.raises(InputError, match="no column of the reference"):
        compare(pd.DataFrame({"a": [None, None]}), table)
    with pytest.raises(NotFoundError, match="score"):
        compare(table, table, prediction="score")


def test_columns_of_every_type_are_compared_or_named() -> None:
    table = pd.DataFrame(
        {
            "decimal": [decimal.Decimal(number) / 3 for number in range(60)],
            "day": [dt.date(2026, 1, 1)] * 60,
            "span": pd.to_timedelta(range(60), unit="s"),
            "kind": pd.Categorical(["a", "b"] * 30),
            "flag": [True, False] * 30,
            "nullable": pd.array([1, None] * 30, dtype="Int64"),
            "complex": np.ones(60) + 1j,
            "object": [{"a": 1}] * 60,
            7: np.arange(60),
        }
    )
    report = compare(table, table.iloc[::-1])
    kinds = {column.name: column.kind for column in report.columns}
    assert kinds == {"decimal": "number", "span": "number", "nullable": "number", "7": "number",
                     "kind": "category", "flag": "category"}  # fmt: skip
    assert set(report.left_out) == {"day", "complex", "object"}
    with pytest.raises(InputError, match="names x twice"):
        Rows("both", pd.DataFrame(np.zeros((3, 2)), columns=["x", "x"]))


def test_vectors_and_texts_that_are_gone_are_a_drift() -> None:
    texts = [f"some words that are long enough {number}" for number in range(60)]
    table = pd.DataFrame({"text": texts, "vector": [[float(n), 1.0] for n in range(60)]})
    gone = table.assign(text=None)
    gone.loc[:49, "vector"] = None
    report = compare(table, gone)
    assert set(report.drifted) == {"text", "vector"}
    assert report.left_out["(all columns together)"] == "no numbers and no categories"


def test_predictions_alone_are_enough() -> None:
    draw = np.random.default_rng(9)
    sides = [pd.DataFrame({"p": draw.beta(2, shape, 800)}) for shape in (2, 4)]
    report = compare(sides[0], sides[1], prediction="p")
    assert report.columns == ()
    assert report.prediction is not None
    assert report.prediction.drifted
    assert not compare(sides[0], sides[0], prediction="p").any_drift


def test_periods_of_usage_are_compared(tmp_path: Path) -> None:
    """Made calls: on the second day prompts come in another language, and their sketches differ."""
    draw = np.random.default_rng(10)
    start_s = dt.datetime(2026, 10, 1, tzinfo=dt.UTC).timestamp()
    with settings.override(home=tmp_path):
        log = UsageLog(open_database())
        for day in (0, 1):
            made = [
                UsageRow(
                    request_id=f"{day}-{at}", key_id="k", user="u", model_asked="m",
                    model_served="m", prompt_tokens=int(draw.poisson(60)),
                    language=("en", "de")[day],
                    sketch=draw.normal(20 * day, 30, 64).clip(-127, 127).astype(np.int8).tobytes(),
                    sketch_kind="hashed64-1", time_s=start_s + 86_400 * day + at,
                )
                for at in range(120)
            ]  # fmt: skip
            for waiting in [log.settle(row) for row in made]:
                waiting.result(timeout=30)
        log.close()
        report = operations.find("monitoring.drift").run(
            {"reference": "usage:2026-10-01..2026-10-02", "current": "usage:2026-10-02..2026-10-03"}
        )
        assert set(report.drifted) == {"language", "prompt"}
        with pytest.raises(InputError, match="no call was settled"):
            read_rows("usage:2026-11-01..2026-11-02")


def test_words_for_numbers_and_lists_that_are_no_embeddings() -> None:
    column = read_column("x", pd.Series(["1.5", "inf", "nan", "-2"]))
    assert not isinstance(column, str)
    assert column.kind == "number"
    assert column.values[1] == np.inf
    assert "1 to 2 items" in str(read_column("x", pd.Series([[1], [1, 2]])))
    assert "neither numbers" in str(read_column("x", pd.Series([["a"], ["b"]])))


def test_the_operation_reads_files_of_each_kind_and_can_be_a_gate(tmp_path: Path) -> None:
    reference, current = made(600, 0).drop(columns="vector"), made(600, 1, drifts=True)
    reference.to_csv(tmp_path / "a.csv", index=False)
    current.to_parquet(tmp_path / "b.parquet")
    current.to_json(tmp_path / "b.jsonl", orient="records", lines=True)
    for name in ("b.parquet", "b.jsonl"):
        given = {"reference": str(tmp_path / "a.csv"), "current": str(tmp_path / name)}
        found = operations.find("monitoring.drift").run(
            {**given, "fail_on_drift": True, "classifier": False}
        )
        assert "plan" in found.drifted
        assert not found.ok
        assert found.left_out["vector"] == "not in the reference"
    same = operations.find("monitoring.drift").run(
        {"reference": given["reference"], "current": given["reference"]}
    )
    assert same.ok
    assert all(column.psi in (0, None) for column in same.columns)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [("empty.csv", "", DataError), ("ragged.csv", "a,b\n1,2\n1,2,3\n", DataError),
     ("head.csv", "a,b\n", DataError), ("bad.jsonl", '{"a": 1}\nno\n', DataError),
     ("a.xlsx", "x", InputError)],
)  # fmt: skip
def test_broken_files_are_refused(
    tmp_path: Path, name: str, content: str, error: type[Exception]
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(error):
        read_rows(str(tmp_path / name))


@pytest.mark.parametrize("period", ["yesterday", "2026-01-02..2026-01-01", "2026-01-01..x"])
def test_what_is_no_period_is_refused(period: str) -> None:
    with pytest.raises(InputError, match="period"):
        read_rows(f"usage:{period}")
