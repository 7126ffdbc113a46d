"""Days of sketches: kept exactly, added once, merged to what all rows at once would be."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.core.errors import ConflictError, InputError, IntegrityError, NotFoundError
from workbench.monitoring.drift.days import SketchDays
from workbench.monitoring.drift.packing import pack_table
from workbench.monitoring.drift.table_sketch import sketch_table

DAY = dt.date(2026, 10, 1)


def rows(count: int, seed: int, *, moved: float = 0.0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    values = draw.lognormal(size=count) * (1 + moved)
    values[:3] = (np.nan, np.inf, -np.inf)
    return pd.DataFrame(
        {
            "x": values,
            "plan": draw.choice(["a", "b", "c" if moved else "a"], count),
            "vector": list(draw.normal(size=(count, 4))),
        }
    )


def test_days_come_to_the_sketch_of_all_rows_and_a_part_counts_once(tmp_path: Path) -> None:
    days = SketchDays("calls", home=tmp_path)
    days.set_reference(rows(2000, 0))
    parts = [rows(300, seed) for seed in (1, 2, 3)]
    for at, part in enumerate(parts):
        assert days.add(DAY + dt.timedelta(at // 2), part, part=f"hour {at}")
    assert not days.add(DAY, parts[0], part="hour 0")
    grids, reference = SketchDays("calls", home=tmp_path).reference()
    assert days.days() == (DAY, DAY + dt.timedelta(1))
    merged = pack_table(days.merged(DAY, DAY + dt.timedelta(2)))
    whole = pack_table(sketch_table(pd.concat(parts), grids))
    vectors = [each["columns"].pop("vector") for each in (merged, whole)]
    assert merged == whole
    assert vectors[0]["total"] == pytest.approx(vectors[1]["total"])
    assert pack_table(reference) == pack_table(sketch_table(rows(2000, 0), grids))


def test_a_day_is_compared_when_its_rows_are_gone(tmp_path: Path) -> None:
    days = SketchDays("calls", home=tmp_path)
    days.set_reference(rows(2000, 0))
    days.add(DAY, rows(800, 1), part="all")
    days.add(DAY + dt.timedelta(1), rows(800, 2, moved=0.6), part="all")
    assert days.compare(DAY, DAY + dt.timedelta(1)).drifted == ()
    later = days.compare(DAY + dt.timedelta(1), DAY + dt.timedelta(2))
    assert set(later.drifted) == {"x", "plan"}


def test_what_is_not_there_or_damaged_is_said(tmp_path: Path) -> None:
    days = SketchDays("calls", home=tmp_path)
    with pytest.raises(NotFoundError, match="no reference"):
        days.add(DAY, rows(10, 0), part="a")
    days.set_reference(rows(100, 0))
    with pytest.raises(ConflictError, match="has a reference"):
        days.set_reference(rows(100, 0))
    with pytest.raises(NotFoundError, match="no day"):
        days.merged(DAY, DAY + dt.timedelta(1))
    days.add(DAY, rows(100, 1), part="a")
    (days.folder / "2026-10-01.json").write_text("{")
    with pytest.raises(IntegrityError, match="damaged"):
        days.merged(DAY, DAY + dt.timedelta(1))
    days.set_reference(rows(100, 0), replace=True)
    assert days.days() == ()
    with pytest.raises(InputError, match="no name"):
        SketchDays("../up", home=tmp_path)
