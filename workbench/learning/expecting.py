"""What a check expects, with words for what was found instead."""

from __future__ import annotations

import math
from typing import Any

from .answers import WrongAnswer, show

_WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a dictionary",
    bool: "True or False",
}


def expect_kind(found: Any, kind: type, *, what: str) -> None:
    """Expect a built-in type; a whole number passes for a number, True for neither."""
    ok = type(found) is kind or (kind is float and type(found) is int)
    if not ok:
        word = _WORDS.get(type(found), type(found).__name__)
        said = "nothing" if found is None else f"{word}: {show(found)}"
        raise WrongAnswer(f"{what} to be {_WORDS[kind]}", said)


def expect_number(
    found: Any, *, what: str, low: float | None = None, high: float | None = None, why: str = ""
) -> float:
    """Expect a finite number within bounds, ends included."""
    expect_kind(found, float, what=what)
    if not math.isfinite(found):
        raise WrongAnswer(f"{what} to be a finite number", show(found), why=why)
    if low is not None and found < low:
        raise WrongAnswer(f"{what} to be at least {show(low)}", show(found), why=why)
    if high is not None and found > high:
        raise WrongAnswer(f"{what} to be at most {show(high)}", show(found), why=why)
    return float(found)


def expect_close(
    found: Any,
    expected: float,
    *,
    what: str,
    relative: float = 1e-6,
    absolute: float = 1e-9,
    faults: dict[str, float] | None = None,
) -> None:
    """Expect a number near another.

    Args:
        found: What the learner has.
        expected: What is right.
        what: What it is, for the message.
        relative: The relative difference allowed.
        absolute: The absolute difference allowed.
        faults: What is wrong, by the number that it gives: the message names the one that fits.
    """
    number = expect_number(found, what=what)
    if math.isclose(number, expected, rel_tol=relative, abs_tol=absolute):
        return
    why = ""
    for said, value in (faults or {}).items():
        if math.isclose(number, value, rel_tol=max(relative, 1e-6), abs_tol=absolute):
            why = said
            break
    raise WrongAnswer(f"{what} to be {show(expected)}", show(number), why=why)


def expect_equal(found: Any, expected: Any, *, what: str, why: str = "") -> None:
    """Expect the same plain value."""
    if type(found) is not type(expected) or found != expected:
        raise WrongAnswer(f"{what} to be {show(expected)}", show(found), why=why)
