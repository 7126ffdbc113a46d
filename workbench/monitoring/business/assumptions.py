"""What the log cannot know and a business case rests on: each with a range, none hidden."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from workbench.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Range:
    """What is thought likeliest, and between which bounds it is thought to lie."""

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        numbers = (self.low, self.value, self.high)
        if not all(map(math.isfinite, numbers)) or not self.low <= self.value <= self.high:
            raise InputError(
                f"{self.value:g} must lie in its range, {self.low:g} to {self.high:g}",
                hint="low, likeliest, high: 2,5,9",
            )

    def draw(self, random: np.random.Generator, count: int) -> np.ndarray:
        """So many draws of the triangle over the range."""
        import numpy as np

        if self.low == self.high:
            return np.full(count, self.value)
        return random.triangular(self.low, self.value, self.high, count)

    @classmethod
    def parse(cls, text: str, *, name: str = "a range") -> Range:
        """A range as typed: ``low,likeliest,high``, or one number that is taken as certain.

        >>> Range.parse("2,5,9")
        Range(value=5.0, low=2.0, high=9.0)
        """
        try:
            numbers = [float(part) for part in text.split(",")]
        except ValueError:
            numbers = []
        if len(numbers) == 1:
            numbers *= 3
        if len(numbers) != 3:
            raise InputError(
                f"{name} {text!r} is no range", hint="low,likeliest,high as in 2,5,9; or one number"
            )
        return cls(numbers[1], numbers[0], numbers[2])


@dataclass(frozen=True)
class Assumptions:
    """What a return on investment rests on, per month or per answer, in USD and minutes.

    Attributes:
        minutes_saved: By a successful answer, against doing it by hand.
        rate_usd: What an hour of those who ask is worth to who pays them.
        realised: The share of the time saved that becomes other work.
        review_minutes: Spent on each answer, a good one or not, to read and check it.
        running_usd: What a month costs beside the settled usage: machines, care.
    """

    minutes_saved: Range = Range(5.0, 2.0, 9.0)
    rate_usd: Range = Range(50.0, 35.0, 70.0)
    realised: Range = Range(0.5, 0.25, 0.8)
    review_minutes: Range = Range(1.0, 0.5, 2.0)
    running_usd: Range = Range(1500.0, 1000.0, 2500.0)

    def __post_init__(self) -> None:
        for each in fields(self):
            if getattr(self, each.name).low < 0:
                raise InputError(f"{each.name} is below 0: {getattr(self, each.name).low:g}")
        if self.realised.high > 1:
            raise InputError(f"realised is a share; {self.realised.high:g} is more than all of it")

    def ranges(self) -> dict[str, Range]:
        """Each by its name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


WORDS = {
    "minutes_saved": ("minutes saved by a successful answer", "min"),
    "rate_usd": ("value of an hour", "USD"),
    "realised": ("share of saved time that becomes work", ""),
    "review_minutes": ("minutes to check an answer", "min"),
    "running_usd": ("running cost beside usage, a month", "USD"),
    "success": ("share of answers that are successful", ""),
}
