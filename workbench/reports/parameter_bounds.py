"""The bounds that a notebook states for a number, at the end of the comment beside it.

    max_tokens: int = 16  # longest answer, in tokens; at least 1
    level: float = 0.95  # of the interval; above 0 and below 1

Only a clause that is wholly a bound counts, after the last semicolon or alone: what else a comment
says is for people. The bounds of a list are those of each of its numbers.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import Any

_CHECKS = {
    "at least": operator.ge,
    "above": operator.gt,
    "at most": operator.le,
    "below": operator.lt,
}
_ONE = rf"(?:{'|'.join(_CHECKS)}) [+-]?\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?"
_CLAUSE = re.compile(rf"{_ONE}(?: and {_ONE})?")


@dataclass(frozen=True)
class Bounds:
    """What a number may be, as the notebook says it; an empty ``text`` allows every number."""

    text: str = ""

    def hold(self, value: Any) -> bool:
        """Whether a number, or each number of a list, lies within; None always does."""
        if value is None or not self.text:
            return True
        if isinstance(value, list):
            return all(self.hold(each) for each in value)
        return all(_holds(bound, value) for bound in self.text.split(" and "))


def split_comment(comment: str) -> tuple[str, Bounds]:
    """A parameter's unit and its bounds; all of the comment is the unit where it states none."""
    unit, _, last = comment.rpartition(";")
    clause = last.strip()
    if _CLAUSE.fullmatch(clause):
        return unit.strip(), Bounds(clause)
    return comment, Bounds()


def _holds(bound: str, value: float) -> bool:
    words, _, number = bound.rpartition(" ")
    # A whole number stays one: beyond 2**53 a float would take a neighbour for the bound.
    limit = float(number) if "." in number or "e" in number else int(number)
    return bool(_CHECKS[words](value, limit))
