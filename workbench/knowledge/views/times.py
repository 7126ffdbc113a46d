"""The times that a picture goes through: of recording, or those that its facts speak of."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from workbench.knowledge.graphs import Graph
from workbench.knowledge.queries import MOMENTS
from workbench.knowledge.states import holds_at

MOST_RECORDED, MOST_VALID = 8, 400
_PAUSE_US = 1_000_000  # an update writes several times, nearer to each other than this
ANY_TIME = "any time"


def recorded_times(graph: Graph, *, most: int = MOST_RECORDED, until_us: int) -> list[int]:
    """When the graph changed, in microseconds, the earliest first.

    Changes within a second are one. Where there are more than asked for, the longest pauses part
    them, and the last of each group stands for it.
    """
    moments = [int(row[0]) for row in graph.database.read(MOMENTS, (until_us,))]
    if not moments:
        return []
    lengths = [later - each for each, later in itertools.pairwise(moments)]
    longest = sorted(range(len(lengths)), key=lambda at: (-lengths[at], at))[: most - 1]
    parted = [at for at in longest if lengths[at] >= _PAUSE_US]
    return [moments[at] for at in sorted([*parted, len(moments) - 1])]


def valid_times(spans: Iterable[tuple[str | None, str | None]]) -> list[str]:
    """The dates at which something begins or ends, as years where there are many, in order."""
    dates = sorted({date for span in spans for date in span if date is not None})
    if len(dates) > MOST_VALID:
        dates = sorted({date[:4] for date in dates})
    if len(dates) > MOST_VALID:
        step = -(-len(dates) // MOST_VALID)
        dates = dates[::step]
    return dates


def runs_of_valid(
    times: Sequence[str], first: str | None, last: str | None
) -> tuple[tuple[int, int], ...]:
    """At which of some dates a span of time holds; the number after the last is any time."""
    return runs([*(holds_at(time, first, last) for time in times), True])


def runs(there: Iterable[bool]) -> tuple[tuple[int, int], ...]:
    """The first and the last number of each run of what is true.

    >>> runs([True, True, False, True])
    ((0, 1), (3, 3))
    """
    found: list[tuple[int, int]] = []
    for number, each in enumerate(there):
        if each and found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        elif each:
            found.append((number, number))
    return tuple(found)
