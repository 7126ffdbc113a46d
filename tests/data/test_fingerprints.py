"""One sha256 for a content: what changes it, and what does not."""

from __future__ import annotations

import datetime as dt

import datasets
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import data

COLUMNS = {
    "n": [1, None, -3],
    "x": [0.5, None, float("nan")],
    "s": ["é", "", None],
    "b": [True, None, False],
    "v": [[1.0, 2.0], [], None],
    "t": [dt.datetime(2026, 1, 2, 3, 4, 5), None, dt.datetime(1969, 12, 31)],
}


def test_a_known_value() -> None:
    """Pinned: another value on any machine means that records no longer compare."""
    assert (
        data.fingerprint(pa.table(COLUMNS))
        == "d0e36fe2ff3364174433e9e7337c82a698de82260f76049bd5a3240d9378d33f"
    )


def test_what_holds_the_table_makes_no_difference() -> None:
    table = pa.table(COLUMNS)
    expected = data.fingerprint(table)
    assert data.fingerprint(datasets.Dataset.from_dict(COLUMNS)) == expected
    assert data.fingerprint(table.select(["t", "v", "s", "b", "x", "n"])) == expected
    assert data.fingerprint(pa.concat_tables([table[:1], table[1:]])) == expected
    assert data.fingerprint(table[1:]) != expected
    narrow = table.set_column(0, "n", table["n"].cast(pa.int16()))
    assert data.fingerprint(narrow) == expected
    coded = table.set_column(2, "s", table["s"].dictionary_encode())
    assert data.fingerprint(coded) == expected
    frame = pd.DataFrame({"n": [1, 2], "s": ["a", "b"]})
    assert data.fingerprint(frame) == data.fingerprint(pa.table({"n": [1, 2], "s": ["a", "b"]}))


@pytest.mark.parametrize(
    "other",
    [
        {"s": ["a", "bc"]},  # the same bytes, cut elsewhere
        {"s": ["ab", None]},
        {"s": ["c", "ab"]},  # another order
        {"t": ["ab", "c"]},
        {"s": ["ab", "c"], "t": [1, 2]},
    ],
)
def test_any_change_of_content_changes_it(other: dict[str, list[object]]) -> None:
    assert data.fingerprint(pa.table({"s": ["ab", "c"]})) != data.fingerprint(pa.table(other))


def test_kinds_are_told_apart() -> None:
    columns = ([1, 0], [1.0, 0.0], [True, False], ["1", "0"], [[1.0], [0.0]])
    assert len({data.fingerprint(pa.table({"a": column})) for column in columns}) == 5


@settings(max_examples=50, deadline=None)
@given(lists=st.lists(st.one_of(st.none(), st.lists(st.integers(-5, 5)))), cut=st.integers(0, 8))
def test_chunk_borders_leave_no_trace(lists: list[list[int] | None], cut: int) -> None:
    table = pa.table({"v": pa.array(lists, pa.list_(pa.int64()))})
    parted = pa.concat_tables([table[:cut], table[cut:]])
    assert data.fingerprint(parted) == data.fingerprint(table)


def test_splits_count_by_name() -> None:
    one, two = (datasets.Dataset.from_dict({"a": [i]}) for i in (1, 2))
    first = datasets.DatasetDict(train=one, test=two)
    second = datasets.DatasetDict(test=two, train=one)
    assert data.fingerprint(first) == data.fingerprint(second)
    assert data.fingerprint(first) != data.fingerprint(datasets.DatasetDict(train=two, test=one))
