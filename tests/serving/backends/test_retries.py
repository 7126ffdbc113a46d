"""Which errors are worth another try, and how many tries there are."""

from __future__ import annotations

import pytest

from workbench.core import errors
from workbench.serving.backends.retries import (
    RetryBudget,
    is_to_blame,
    may_move_on,
    may_retry,
    pause_s,
)


@pytest.mark.parametrize(
    ("error", "again", "elsewhere", "blamed"),
    [
        (errors.FetchError("x"), True, True, True),
        (errors.EngineError("x"), True, True, True),
        (errors.DeadlineError("x"), True, True, True),
        (errors.BusyError("x"), False, True, False),
        (errors.CapacityError("x"), False, True, False),
        (errors.CapabilityError("x"), False, True, False),
        (errors.ContextLengthError("x"), False, True, False),
        (errors.NotFoundError("x"), False, True, False),
        (errors.InputError("x"), False, False, False),
        (errors.LimitError("x"), False, False, False),
        (errors.AccessError("x"), False, False, False),
        (errors.CancelledError("x"), False, False, False),
        (ValueError("x"), False, False, False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_may_mend_an_error(
    error: Exception, again: bool, elsewhere: bool, blamed: bool
) -> None:
    assert (may_retry(error), may_move_on(error), is_to_blame(error)) == (again, elsewhere, blamed)


def test_retries_are_a_share_of_the_calls() -> None:
    budget = RetryBudget(share=0.25, most=3)
    assert [budget.spend() for _ in range(4)] == [True, True, True, False]
    made = 0
    for _ in range(100):
        budget.earn()
        made += budget.spend()
    assert made == 25


def test_a_pause_is_anything_up_to_twice_as_long_each_time() -> None:
    most = [pause_s(n, base_s=0.1, most_s=0.7, draw=lambda: 1.0) for n in (1, 2, 3, 4, 5)]
    assert most == pytest.approx([0.1, 0.2, 0.4, 0.7, 0.7])
    assert pause_s(3, draw=lambda: 0.0) == 0.0
