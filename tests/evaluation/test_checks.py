"""Checks: what passes, what fails, and what is no check."""

from __future__ import annotations

import json
import math

import pytest

from workbench import evaluation
from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.plain import to_plain
from workbench.evaluation import checks


@pytest.mark.parametrize(
    ("value", "low", "high", "ok"),
    [
        (0.5, 0.5, 0.5, True),
        (0.4, 0.5, None, False),
        (0.6, None, 0.5, False),
        (math.inf, 0, None, True),
        (math.inf, 0, 1, False),
        (math.nan, 0, None, False),
        (math.nan, None, 1, False),
    ],
)
def test_bounds(value: float, low: float | None, high: float | None, ok: bool) -> None:
    found = evaluation.check("x", value, low=low, high=high)
    assert found.ok is ok
    json.dumps(to_plain(found), allow_nan=False)


@pytest.mark.parametrize("bounds", [{}, {"low": 1, "high": 0}, {"low": math.nan}])
def test_a_check_that_could_not_fail_or_pass_is_refused(bounds: dict[str, float]) -> None:
    with pytest.raises(InputError):
        evaluation.check("x", 1, **bounds)


def test_registered_checks_are_run_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_registry", dict(checks._registry))
    others = set(evaluation.registered_checks())  # of rooms that this process has loaded

    @evaluation.register_check("size")
    def size(items: list[int], *, high: int) -> evaluation.Check:
        return evaluation.check("size", len(items), high=high, unit="items")

    assert str(evaluation.run_check("size", [1, 2], high=1)) == "size: 2 items NOT in [-inf, 1]"
    assert evaluation.registered_checks() == sorted(others | {"size"})
    evaluation.register_check("size")(size)  # the same again is no conflict
    with pytest.raises(ConflictError):
        evaluation.register_check("size")(test_bounds)
    with pytest.raises(NotFoundError, match="did you mean 'size'"):
        evaluation.run_check("sizes")
    evaluation.register_check("bare")(lambda: True)
    with pytest.raises(InputError, match="returned bool"):
        evaluation.run_check("bare")
