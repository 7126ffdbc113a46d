"""The usage of a period for comparing: rows that count by the warehouse's rules, and no others.

A period that is small is read as a table. Of one with more rows an even sample lies in memory, and
all rows come part by part, each part the columns that are asked for: what is counted are sketches,
which add up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.core.errors import InputError, NotFoundError
from workbench.monitoring.warehouse import sql

from .usage_places import PROMPT, UsagePlace, open_place

if TYPE_CHECKING:
    import pandas as pd

SAMPLE_ROWS = 100_000


@dataclass(frozen=True, eq=False)
class UsageRows:
    """Rows of a period: ``sample`` is drawn evenly of ``count`` rows, all of them where it is as
    long. ``first`` and ``last`` are the times of the first and the last one."""

    name: str
    since: dt.datetime
    until: dt.datetime
    count: int
    sample: pd.DataFrame
    first: dt.datetime
    last: dt.datetime
    kind: str | None

    @property
    def names(self) -> list[str]:
        """The columns that have a value."""
        return list(self.sample.columns)

    @property
    def is_whole(self) -> bool:
        """Whether the sample is all there is."""
        return len(self.sample) == self.count

    def without(self, *names: str) -> UsageRows:
        """The rows without some columns."""
        return replace(self, sample=self.sample.drop(columns=list(names), errors="ignore"))

    def parts(self, names: Sequence[str]) -> Iterator[pd.DataFrame]:
        """All rows, some thousands at once, of these columns alone."""
        if self.is_whole:
            yield self.sample[list(names)]
            return
        with open_place(self.since, self.until) as place:
            for part in place.frames(_columns(place, names, self.kind)):
                yield _ready(part)


def read_usage(
    name: str, since_s: float, until_s: float, *, with_time: bool = False, most: int = SAMPLE_ROWS
) -> UsageRows:
    """Read a period of usage, of this home or of the warehouse that ``warehouse_url`` names.

    Args:
        name: What it is called.
        since_s: Its first moment, Unix time.
        until_s: The first that is not in it.
        with_time: Give the rows a column ``time`` as well.
        most: So many rows lie in memory at most.

    Raises:
        InputError: Nothing was settled in it.
    """
    since, until = (dt.datetime.fromtimestamp(each, dt.UTC) for each in (since_s, until_s))
    nothing = InputError(
        f"no call was settled in {name}", hint="workbench serving usage --by day"
    )  # fmt: skip
    try:
        with open_place(since, until) as place:
            return _look(place, name, (since, until), with_time, most, nothing)
    except NotFoundError:
        raise nothing from None


def _look(
    place: UsagePlace, name: str, span: tuple[dt.datetime, dt.datetime], with_time: bool,
    most: int, nothing: InputError,
) -> UsageRows:  # fmt: skip
    asked = [f"count({each})" for each in place.columns.values()]
    asked += ["count(sketch)"] * place.has_sketches
    count, first, last, *told = place.query(
        f"SELECT count(*), min(time), max(time), {', '.join(asked)} FROM {place.rows}"
    )[0]
    if not count:
        raise nothing
    names = [each for each, values in zip(place.columns, told, strict=False) if values]
    kind = None
    if place.has_sketches and told[-1]:  # of two kinds that of most calls: they do not compare
        kind = place.query(
            f"SELECT sketch_kind FROM {place.rows} AND sketch IS NOT NULL GROUP BY 1 "
            "ORDER BY count(*) DESC, 1 LIMIT 1"
        )[0][0]
        names.append(PROMPT)
    if with_time:
        names.append("time")
    chosen = "" if count <= most else f" ORDER BY {place.order} LIMIT {most}"
    found = place.frame(f"SELECT {_columns(place, names, kind)} FROM {place.rows}{chosen}")
    first, last = (each.replace(tzinfo=dt.UTC) for each in (first, last))
    return UsageRows(name, *span, count, _ready(found), first, last, kind)


def _columns(place: UsagePlace, names: Sequence[str], kind: str | None) -> str:
    told = {name: f"{said} AS {sql.named(name)}" for name, said in place.columns.items()}
    if kind is not None:
        told[PROMPT] = f"CASE WHEN sketch_kind = {sql.quoted(kind)} THEN sketch END AS {PROMPT}"
    return ", ".join(told.get(name, sql.named(name)) for name in names)


def _ready(table: pd.DataFrame) -> pd.DataFrame:
    import numpy as np

    if PROMPT in table:
        table[PROMPT] = [
            None if each is None else np.frombuffer(each, np.int8).astype(float)
            for each in table[PROMPT]
        ]
    return table
