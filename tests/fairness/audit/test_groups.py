"""Groups: intersections, small cells, missing values, ranges of numbers, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest

from workbench.core.errors import InputError
from workbench.fairness.audit.groups import make_groups


def test_intersections_are_named_and_counted() -> None:
    sex = ["f"] * 60 + ["m"] * 40
    old = [True, False] * 50
    found = make_groups({"sex": sex, "old": old}, min_rows=10)
    assert found.names == (
        "sex=f, old=False", "sex=f, old=True", "sex=m, old=False", "sex=m, old=True"
    )  # fmt: skip
    assert found.sizes == (30, 30, 20, 20)
    for at, name in enumerate(found.names):
        rows = np.flatnonzero(found.codes == at)
        assert {f"sex={sex[row]}, old={old[row]}" for row in rows} == {name}
    assert found.excluded == ()


def test_small_groups_and_missing_values_are_listed_with_their_rows_and_the_reason() -> None:
    values = ["a"] * 50 + ["b"] * 40 + ["lonely"] + [None] * 7 + [float("nan")] * 2
    found = make_groups({"kind": values})
    assert found.names == ("kind=a", "kind=b")
    assert [(each.group, each.n) for each in found.excluded] == [
        ("kind=(missing)", 9),
        ("kind=lonely", 1),
    ]
    assert found.excluded[0].reason == "a sensitive value is missing"
    assert found.excluded[1].reason == "fewer than 30 rows: too few to judge a group by"
    assert (found.codes == 2).sum() == 10
    assert sum(found.sizes) + sum(each.n for each in found.excluded) == 100


def test_a_value_that_only_says_missing_is_a_value() -> None:
    found = make_groups({"kind": ["(missing) maybe"] * 40 + ["b"] * 40})
    assert found.names == ("kind=(missing) maybe", "kind=b")


def test_numbers_with_many_values_are_cut_into_ranges_and_it_is_said() -> None:
    age = pd.Series(np.arange(17, 97).repeat(5))
    found = make_groups({"age": age}, ranges=4)
    assert found.names == ("age=17..36", "age=37..56", "age=57..76", "age=77..96")
    assert found.sizes == (100, 100, 100, 100)
    assert found.cut == ("age was cut into 4 ranges of about equally many rows",)
    few = make_groups({"age": pd.Series([1, 2, None] * 40)})
    assert few.names == ("age=1", "age=2")
    assert few.cut == ()


def test_five_hundred_values_are_refused_or_left_out_one_by_one() -> None:
    many = [f"v{at}" for at in range(500)]
    with pytest.raises(InputError, match="town makes 500 groups; at most 50 are compared") as error:
        make_groups({"town": many * 30})
    assert error.value.hint and "min_rows=" not in error.value.hint  # none helps: all are alike
    with pytest.raises(InputError, match="town makes 0 groups of at least 30 rows out of 500"):
        make_groups({"town": many * 3})
    found = make_groups({"town": many + ["big"] * 40 + ["large"] * 40})
    assert found.names == ("town=big", "town=large")
    assert len(found.excluded) == 500


@pytest.mark.parametrize(
    ("sizes", "min_rows"),
    [
        (range(500, 0, -1), 30),  # too many
        ([500, *[29] * 20, *[3] * 400], 30),  # too few
        (range(28, 0, -1), 30),
        ([40] * 3 + [39] * 48, 30),  # one more than the limit at 39 rows
    ],
)
def test_the_size_that_is_advised_leaves_groups_that_can_be_compared(
    sizes: Iterable[int], min_rows: int
) -> None:
    values = [f"v{at}" for at, rows in enumerate(sizes) for _ in range(rows)]
    with pytest.raises(InputError) as refused:
        make_groups({"town": values}, min_rows=min_rows)
    advised = re.match(r"min_rows=(\d+) leaves (\d+) groups", refused.value.hint or "")
    assert advised is not None, refused.value.hint
    found = make_groups({"town": values}, min_rows=int(advised[1]))
    assert len(found.names) == int(advised[2])


@pytest.mark.parametrize("sizes", [[500, *[9] * 499], [30] * 51, [400, 2]])
def test_no_size_is_advised_where_none_helps(sizes: list[int]) -> None:
    values = [f"v{at}" for at, rows in enumerate(sizes) for _ in range(rows)]
    with pytest.raises(InputError) as refused:
        make_groups({"town": values}, min_rows=30)
    assert refused.value.hint and "min_rows" not in refused.value.hint
    assert "fewer values" in refused.value.hint


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["a"] * 90, "'kind' has one value in all its rows"),
        ([None] * 90, "'kind' has no value in all its rows"),
        (["a"] * 60 + ["b"] * 3, r"kind makes 1 group of at least 30 rows.*left out: kind=b \(3\)"),
        ([], "the same number, not 0"),
    ],
)
def test_what_cannot_be_compared_is_refused(values: list[object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        make_groups({"kind": values})


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="'a': 60, 'b': 61"):
        make_groups({"a": ["x", "y"] * 30, "b": ["x"] * 61})
