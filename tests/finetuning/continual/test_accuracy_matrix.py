"""The figures against sums by hand, and a way of counting that is often mistaken for them."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.core.errors import InputError
from workbench.finetuning.continual.accuracy_matrix import AccuracyMatrix

# Three tasks; the second gained from the third, the first was best after the second.
ROWS = (
    (0.5, 0.25, 0.125),
    (0.75, 0.5, 0.25),
    (1.0, 0.75, 0.5),
    (0.5, 0.875, 1.0),
)


def test_the_figures_are_those_of_the_papers_by_hand() -> None:
    matrix = AccuracyMatrix(ROWS)
    assert matrix.acc == pytest.approx((0.5 + 0.875 + 1.0) / 3)
    assert matrix.bwt == pytest.approx(((0.5 - 0.75) + (0.875 - 0.75)) / 2)
    assert matrix.fwt == pytest.approx(((0.5 - 0.25) + (0.5 - 0.125)) / 2)
    assert matrix.forgetting == pytest.approx(((1.0 - 0.5) + (0.75 - 0.875)) / 2)


def test_forgetting_is_not_backward_transfer_with_its_sign_turned() -> None:
    matrix = AccuracyMatrix(ROWS)
    assert matrix.forgetting != pytest.approx(-matrix.bwt)


def test_what_was_not_asked_leaves_forward_transfer_unknown_or_is_refused() -> None:
    late: Any = [list(row) for row in ROWS]
    late[1][2] = None
    assert AccuracyMatrix(tuple(map(tuple, late))).fwt is not None
    late[1][1] = None
    assert AccuracyMatrix(tuple(map(tuple, late))).fwt is None
    late[3][0] = None
    with pytest.raises(InputError, match="after task 3"):
        AccuracyMatrix(tuple(map(tuple, late)))


@pytest.mark.parametrize("bad", [1.5, -0.1, float("nan")])
def test_what_is_no_share_is_refused(bad: float) -> None:
    with pytest.raises(InputError, match="accuracy on task 1"):
        AccuracyMatrix(((bad, 0.0), (1.0, 0.0), (1.0, 1.0)))
