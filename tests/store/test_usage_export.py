"""Parquet by month: derived from the table, whole, and each settlement once."""

from __future__ import annotations

import calendar
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.store.database import Database
from workbench.store.feedback import add_feedback
from workbench.store.migrations import MIGRATIONS
from workbench.store.usage import UsageLog
from workbench.store.usage_export import current_month, export_usage
from workbench.store.usage_queries import settlements
from workbench.store.usage_rows import UsageRow

NOVEMBER_S = float(calendar.timegm((2026, 11, 1, 0, 0, 0)))


def row(request_id: str, time_s: float, **values: Any) -> UsageRow:
    about: dict[str, Any] = {"key_id": "key_1", "user": "ann", "model_asked": "m"}
    return UsageRow(
        **{**about, "request_id": request_id, "settlement_id": request_id, "time_s": time_s},
        **values,
    )


def settle(database: Database, *rows: UsageRow) -> None:
    log = UsageLog(database)
    for each in rows:
        log.settle(each)
    assert log.close() == 0


def ids(path: Path) -> list[str]:
    found: list[str] = pq.read_table(path)["settlement_id"].to_pylist()
    return found


def test_a_file_a_month_with_all_columns(database: Database, home: Path) -> None:
    given = row(
        "b",
        NOVEMBER_S + 0.123456,
        cost_usd=0.0001,
        fallbacks=("x", "y"),
        sketch=b"\0\xff",
        sketch_kind="words-1",
        stream=True,
        status=200,
        queue_s=0.5,
    )
    settle(database, given, row("a", NOVEMBER_S - 0.001), row("c", NOVEMBER_S))
    done = export_usage(database=database)
    assert [(file.month, file.rows, file.written) for file in done.files] == [
        ("2026-10", 1, True),
        ("2026-11", 2, True),
    ]
    assert ids(home / "usage" / "2026-11.parquet") == ["c", "b"]
    found = pq.read_table(home / "usage" / "2026-11.parquet").to_pylist()[1]
    assert found.pop("time").timestamp() == NOVEMBER_S + 0.123456
    assert found.pop("feedback_score") is None
    assert found.pop("fallbacks") == ["x", "y"]
    (stored,) = settlements(request_id="b", database=database)
    assert stored == given
    assert found == {name: getattr(given, name) for name in found}
    assert len(found) == 26


def test_what_is_whole_is_left_alone_and_what_is_not_is_written_anew(
    database: Database, home: Path
) -> None:
    settle(database, row("a", NOVEMBER_S), row("b", NOVEMBER_S - 1))
    export_usage(database=database)
    assert not any(file.written for file in export_usage(database=database).files)
    settle(database, row("a", NOVEMBER_S))  # settled twice
    assert not any(file.written for file in export_usage(database=database).files)
    settle(database, row("late", NOVEMBER_S - 2))  # into a month that is over
    done = export_usage(database=database)
    assert [(file.month, file.written) for file in done.files] == [
        ("2026-10", True),
        ("2026-11", False),
    ]
    assert ids(home / "usage" / "2026-10.parquet") == ["late", "b"]
    assert export_usage(month="2026-11", rebuild=True, database=database).files[0].written


@pytest.mark.parametrize("harm", ["deleted", "cut", "garbage", "another"])
def test_a_file_can_be_made_again(database: Database, home: Path, harm: str) -> None:
    settle(database, *(row(f"r{i:03}", NOVEMBER_S + i) for i in range(100)))
    export_usage(database=database)
    path = home / "usage" / "2026-11.parquet"
    whole = path.read_bytes()
    if harm == "deleted":
        path.unlink()
    elif harm == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif harm == "garbage":
        path.write_bytes(b"PAR1" + b"x" * 100 + b"PAR1")
    else:
        pq.write_table(pq.read_table(path).slice(0, 3).replace_schema_metadata(None), path)
    assert export_usage(database=database).files[0].written
    assert ids(path) == [f"r{i:03}" for i in range(100)]


def test_many_rows_go_in_batches(
    database: Database, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.store.usage_export._BATCH_ROWS", 7)
    settle(database, *(row(f"r{i:03}", NOVEMBER_S + i) for i in range(50)))
    export_usage(database=database)
    path = home / "usage" / "2026-11.parquet"
    assert ids(path) == [f"r{i:03}" for i in range(50)]
    assert pq.ParquetFile(path).num_row_groups == 8


def test_an_empty_log_has_no_files(database: Database, home: Path) -> None:
    assert export_usage(database=database).files == ()
    assert not (home / "usage").exists()
    assert current_month(NOVEMBER_S - 1) == "2026-10"


def test_a_full_disk_leaves_the_old_file(run_on_small_disk: Any) -> None:
    done = run_on_small_disk(
        """
import os, pyarrow.parquet as pq
from pathlib import Path
from workbench.core import settings
from workbench.core.errors import StorageError
from workbench.store.usage import UsageLog
from workbench.store.usage_export import export_usage
from workbench.store.usage_rows import UsageRow
home, log = settings.home(), UsageLog()
def settle(count, sketch):
    rows = [UsageRow(request_id="r", key_id="k", user="u", model_asked="m", sketch=sketch(i))
            for i in range(count)]
    assert all([each.result() for each in [log.settle(row) for row in rows]])
settle(10, lambda i: b"x")
path = Path(export_usage().files[0].path)
settle(200, lambda i: os.urandom(3000))
filler = (home / "filler").open("wb", buffering=0)
try:
    while filler.write(b"x" * 4096) == 4096:
        pass
except OSError:
    pass
try:
    export_usage()
except StorageError as error:
    print("refused", pq.read_table(path).num_rows)
filler.close()
(home / "filler").unlink()
export_usage()
print(pq.read_table(path).num_rows, [each.name for each in path.parent.iterdir()] == [path.name])
"""
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["refused 10", "210 True"]


def test_feedback_stands_beside_its_request(database: Database, home: Path) -> None:
    settle(database, row("a", NOVEMBER_S), row("b", NOVEMBER_S - 1))
    add_feedback("a", 1.0, key_id="key_1", comment=" good ", database=database)
    export_usage(database=database)
    path = home / "usage" / "2026-11.parquet"
    assert pq.read_table(path)["feedback_score"].to_pylist() == [1.0]
    add_feedback("a", -1.0, key_id="key_1", database=database)  # on second thought
    done = export_usage(database=database)
    assert [file.written for file in done.files] == [False, True]
    assert pq.read_table(path)["feedback_score"].to_pylist() == [-1.0]
    found = database.read("SELECT request_id, score, comment FROM feedback")
    assert [tuple(each) for each in found] == [("a", -1.0, None)]


def test_feedback_is_given_by_who_asked(database: Database) -> None:
    settle(database, row("a", NOVEMBER_S))
    for request_id, key_id in (("a", "key_2"), ("zzz", "key_1")):
        with pytest.raises(NotFoundError, match="has made no such request") as told:
            add_feedback(request_id, 0.5, key_id=key_id, database=database)
        assert told.value.context["noun"] == "request"
    for score, comment in ((1.1, None), (float("nan"), None), (0, "x" * 10_001), (0, "\ud800")):
        with pytest.raises(InputError):
            add_feedback("a", score, key_id="key_1", comment=comment, database=database)
    for better in ("", " \n", "x" * 10_001, "a\0b", "\ud800"):
        with pytest.raises(InputError, match="corrected_answer"):
            add_feedback("a", 0, key_id="key_1", corrected_answer=better, database=database)
    assert database.read("SELECT * FROM feedback") == []


def test_a_second_word_takes_the_place_of_the_first_with_its_consent(database: Database) -> None:
    settle(database, row("a", NOVEMBER_S))
    said = {"key_id": "key_1", "database": database}
    add_feedback("a", -1, corrected_answer=" better\n", consent=True, **said)
    query = "SELECT score, corrected_answer, consent FROM feedback"
    assert [tuple(each) for each in database.read(query)] == [(-1.0, " better\n", 1)]
    add_feedback("a", -1, **said)
    assert [tuple(each) for each in database.read(query)] == [(-1.0, None, 0)]


def test_feedback_of_a_store_of_the_version_before_has_no_consent(tmp_path: Path) -> None:
    names = [step.name for step in MIGRATIONS]
    path = tmp_path / "old.sqlite"
    old = Database(path, migrations=MIGRATIONS[: names.index("feedback to learn from")])
    with old.transaction() as connection:
        connection.execute("INSERT INTO feedback VALUES (1, 'a', 5.0, 'key_1', 1.0, 'good')")
    old.close()
    new = Database(path)
    (found,) = new.read("SELECT comment, consent, corrected_answer FROM feedback")
    assert tuple(found) == ("good", 0, None)
    new.close()
