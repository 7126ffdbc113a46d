"""What a probe asks: items of a few texts each, and what was left out of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from .scoring import Request


@dataclass(frozen=True)
class Item:
    """One question to a model.

    ``key`` is its row in the data set. ``groups`` say by what it is counted: ``bias_type`` to
    ``age``. ``texts`` are what is compared, by role; ``neutral`` the same words where nothing
    hints at them, whose mean log-probability is what frequency alone explains. ``facts`` are what
    a measure needs to know beside that.
    """

    key: str
    groups: Mapping[str, str]
    texts: Mapping[str, Request]
    neutral: Mapping[str, tuple[Request, ...]] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)

    def requests(self) -> Iterator[Request]:
        """Everything that must be scored for it."""
        yield from self.texts.values()
        for requests in self.neutral.values():
            yield from requests


@dataclass(frozen=True)
class Excluded:
    """What was left out: so many rows or groups, of what, and why."""

    what: str
    n: int
    reason: str


Read = tuple[list[Item], list[Excluded]]


class Exclusions:
    """Counts what is left out, by reason."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def add(self, reason: str) -> None:
        """One more row for that reason."""
        self._counts[reason] = self._counts.get(reason, 0) + 1

    def result(self) -> list[Excluded]:
        """One line a reason, in the order in which they came."""
        return [Excluded("rows", count, reason) for reason, count in self._counts.items()]


def number_rows(rows: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each row with its number from 1, as a key."""
    for number, row in enumerate(rows, start=1):
        yield str(number), row
