"""A settlement that stands in two months' files counts once, in the earlier, in whatever order."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.monitoring.warehouse import building
from workbench.monitoring.warehouse.asking import Warehouse
from workbench.monitoring.warehouse.building import _Work

from .test_warehouse import built, digests, row, write

MAY, JUNE, JULY = (dt.datetime(2026, month, 4, 9, tzinfo=dt.UTC) for month in (5, 6, 7))
MONTHS = {
    "2026-05": [row(1), row(2), row(3)],
    # The first was settled again in the next month, with other tokens; the 5th is its own.
    "2026-06": [row(1, time=JUNE, prompt_tokens=900), row(5, time=JUNE)],
    # The first a third time, the 5th again, the second as it cannot be; the 6th is its own.
    "2026-07": [row(1, time=JULY), row(5, time=JULY, cost_usd=9.0),
                row(2, time=JULY, prompt_tokens=-1), row(6, time=JULY)],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, home: Path) -> Path:
    return tmp_path / "warehouse"


def rewrite(source: Path, month: str, rows: list[dict[str, Any]]) -> None:
    """The file anew, so that it is another one."""
    (source / f"{month}.parquet").unlink(missing_ok=True)
    write(source, month, rows)


def totals(folder: Path) -> tuple[int, int, float]:
    with Warehouse(folder) as warehouse:
        found = warehouse.measure("requests", "prompt_tokens", "cost")
        return tuple(found.total(name) for name in ("requests", "prompt_tokens", "cost"))


def test_it_counts_once_and_in_the_earlier_month(folder: Path, tmp_path: Path) -> None:
    for month, rows in MONTHS.items():
        source = write(tmp_path / "usage", month, rows)
    told = built(source, folder)
    assert totals(folder) == (5, 500, 1.25)
    assert told.quarantined == {"settled twice": 3, "negative tokens": 1}
    with Warehouse(folder) as warehouse:
        by = dict(warehouse.measure("requests", by=["month"]).rows)
    assert by == {MAY.date().replace(day=1): 3, JUNE.date().replace(day=1): 1,
                  JULY.date().replace(day=1): 1}  # fmt: skip


def test_months_that_come_in_any_order_give_the_same_files(folder: Path, tmp_path: Path) -> None:
    every = []
    for at, order in enumerate(itertools.permutations(MONTHS)):
        source, own = tmp_path / f"usage-{at}", tmp_path / f"warehouse-{at}"
        for month in order:
            built(write(source, month, MONTHS[month]), own)
        every.append(digests(own))
    assert all(each == every[0] for each in every)
    assert len(every[0]) == 15


def test_a_month_that_loses_a_settlement_gives_it_back(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "usage"
    for month, rows in MONTHS.items():
        write(source, month, rows)
    built(source, folder)
    rewrite(source, "2026-05", [row(2), row(3)])
    assert built(source, folder).written == tuple(MONTHS)
    assert totals(folder) == (5, 1300, 1.25)
    rewrite(source, "2026-05", MONTHS["2026-05"])
    built(source, folder)
    assert totals(folder) == (5, 500, 1.25)
    (source / "2026-05.parquet").unlink()
    built(source, folder)
    assert totals(folder) == (3, 1100, 0.75)


def test_a_month_without_a_common_settlement_stays_as_it_is(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "usage"
    write(source, "2026-05", [row(1)])
    write(source, "2026-06", [row(2, time=JUNE)])
    built(source, folder)
    rewrite(source, "2026-05", [row(1), row(3)])
    assert built(source, folder).written == ("2026-05",)
    rewrite(source, "2026-05", [row(1), row(2)])
    assert built(source, folder).written == ("2026-05", "2026-06")
    assert totals(folder)[0] == 2


def test_a_sound_row_counts_though_a_bad_one_came_before(folder: Path, tmp_path: Path) -> None:
    rows = [row(1, prompt_tokens=-5), row(1, time=MAY + dt.timedelta(hours=1))]
    source = write(tmp_path / "usage", "2026-05", rows)
    assert built(source, folder).quarantined == {"negative tokens": 1}
    assert totals(folder) == (1, 100, 0.25)


def test_two_settlements_of_one_hash_both_count(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every settlement of June is taken for one of May's by its hash; its name says otherwise."""
    write(tmp_path / "usage", "2026-05", [row(1)])
    source = write(tmp_path / "usage", "2026-06", [row(2, time=JUNE), row(1, time=JUNE)])
    built(source, folder)
    real: Callable[..., str] = building._parquet

    def colliding(paths: list[Path]) -> str:
        clean = all(path.name.startswith("clean") for path in paths)
        if not clean or len(paths) != 1 or "2026-05" not in paths[0].name:
            return real(paths)
        return (
            f"(SELECT * FROM {real(paths)} UNION ALL BY NAME SELECT hash(settlement_id) AS "
            f"settlement_hash FROM {real([source / '2026-06.parquet'])})"
        )

    monkeypatch.setattr(building, "_parquet", colliding)
    rewrite(source, "2026-06", [row(2, time=JUNE), row(1, time=JUNE), row(3, time=JUNE)])
    assert built(source, folder).written == ("2026-06",)
    assert totals(folder)[0] == 3


def test_the_broken_variant_counts_it_twice(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for month, rows in MONTHS.items():
        source = write(tmp_path / "usage", month, rows)
    monkeypatch.setattr(_Work, "_find_earlier", lambda self, path: False)
    built(source, folder)
    assert totals(folder)[0] == 8
