"""Results as plain data: what json.dumps takes, with nothing lost on the way."""

from __future__ import annotations

import datetime as dt
import enum
import json
import math
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.plain import to_plain


class Colour(enum.Enum):
    RED = "red"


class Label(str, enum.Enum):  # noqa: UP042 - the older form, whose str() is "Label.A"
    A = "a"


class Level(enum.IntEnum):
    LOW = 1


@dataclass(frozen=True)
class Inner:
    when: dt.date
    _cache: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Outer:
    path: Path
    inner: list[Inner]
    values: Any


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (math.nan, None),
        (-math.inf, None),
        (PurePosixPath("a/b"), "a/b"),
        (dt.datetime(2026, 11, 23, 7, 0, tzinfo=dt.UTC), "2026-11-23T07:00:00+00:00"),
        (dt.date(2026, 11, 23), "2026-11-23"),
        (dt.time(7, 30), "07:30:00"),
        (Colour.RED, "red"),
        (Label.A, "a"),
        (Level.LOW, 1),
        ({3, 1, 2}, [1, 2, 3]),
        ({1, "a", None}, [None, 1, "a"]),
        (frozenset({Colour.RED}), ["red"]),
        ((1, (2,)), [1, [2]]),
        ({1: "a", Colour.RED: "b", Label.A: "c"}, {"1": "a", "red": "b", "a": "c"}),
        (MappingProxyType({"a": {1}}), {"a": [1]}),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([[1.0, np.nan]]), [[1.0, None]]),
        (np.array(4), 4),
    ],
    ids=lambda value: type(value).__name__,  # not its repr: a set has another order in each process
)
def test_plain_forms(value: Any, plain: Any) -> None:
    found = to_plain(value)
    assert found == plain
    assert type(found) is type(plain)
    assert json.loads(json.dumps(found, allow_nan=False)) == plain


def test_dataclasses_become_objects_without_what_is_private() -> None:
    value = Outer(Path("x"), [Inner(dt.date(2026, 1, 2), [1])], {"a": np.arange(2)})
    assert to_plain(value) == {
        "path": "x",
        "inner": [{"when": "2026-01-02"}],
        "values": {"a": [0, 1]},
    }


@pytest.mark.parametrize("value", [object(), b"bytes", 1j, Outer, lambda: 1])
def test_what_has_no_plain_form_names_its_type(value: Any) -> None:
    with pytest.raises(TypeError, match=f"^{type(value).__name__} has no plain form"):
        to_plain({"inside": [value]})


plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(plain_values)
def test_plain_data_stays_as_it_is(value: Any) -> None:
    assert to_plain(value) == value
    assert json.loads(json.dumps(to_plain(value), allow_nan=False)) == value


@given(st.sets(st.none() | st.integers() | st.text() | st.floats(allow_nan=False)))
def test_a_sets_order_does_not_depend_on_how_it_was_made(value: set[Any]) -> None:
    again: set[Any] = set()
    for item in sorted(value, key=repr):
        again.add(item)
    assert to_plain(value) == to_plain(again)
