"""The usage of a period for comparing: rows that count by the warehouse's rules, and no others.

A period that is small is read as a table. Of one with more rows an even sample lies in memory, and
all rows come part by part, each part the columns that are asked for: what is counted are sketches,
which add up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.core.errors import InputError, NotFoundError
from workbench.monitoring.warehouse import sql
from workbench.monitoring.warehouse.rows import open_rows

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa

SAMPLE_ROWS, PART_ROWS = 100_000, 50_000
PROMPT = "prompt"  # the sketch of the prompt's words, as an embedding
# What names a call or follows from another column says nothing on drift by itself.
_TOLD = (
    "user", "model_asked", "model_served", "backend", "route", "endpoint", "dialect", "status",
    "error_code", "prompt_tokens", "completion_tokens", "cached_tokens", "cost_usd", "queue_s",
    "time_to_first_token_s", "duration_s", "stream", "cache", "prompt_chars", "language", "task",
)  # fmt: skip
_SKETCH = ("sketch", "sketch_kind")


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
        with _open(self.since, self.until) as connection:
            found = connection.sql(f"SELECT {_columns(names, self.kind)} FROM good")
            yield from map(_as_frame, found.to_arrow_reader(PART_ROWS))


def read_usage(
    name: str, since_s: float, until_s: float, *, with_time: bool = False, most: int = SAMPLE_ROWS
) -> UsageRows:
    """Read a period of this home's usage.

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
        with _open(since, until) as connection:
            return _look(connection, name, (since, until), with_time, most, nothing)
    except NotFoundError:
        raise nothing from None


def _look(
    connection: duckdb.DuckDBPyConnection, name: str, span: tuple[dt.datetime, dt.datetime],
    with_time: bool, most: int, nothing: InputError,
) -> UsageRows:  # fmt: skip
    asked = ", ".join(f"count({sql.named(each)})" for each in (*_TOLD, "sketch"))
    count, first, last, *told = connection.execute(
        f"SELECT count(*), min(time), max(time), {asked} FROM good"
    ).fetchall()[0]
    if not count:
        raise nothing
    names = [each for each, values in zip(_TOLD, told, strict=False) if values]
    kind = None
    if told[-1]:  # sketches of two kinds cannot be compared; that of most calls is
        kind = connection.execute(
            "SELECT sketch_kind FROM good WHERE sketch IS NOT NULL GROUP BY 1 "
            "ORDER BY count(*) DESC, 1 LIMIT 1"
        ).fetchall()[0][0]
        names.append(PROMPT)
    if with_time:
        names.append("time")
    chosen = "" if count <= most else f"ORDER BY hash(settlement_id), time LIMIT {most}"
    found = connection.sql(f"SELECT {_columns(names, kind)} FROM good {chosen}").to_arrow_table()
    first, last = (each.replace(tzinfo=dt.UTC) for each in (first, last))
    return UsageRows(name, *span, count, _as_frame(found), first, last, kind)


@contextmanager
def _open(since: dt.datetime, until: dt.datetime) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose view ``good`` has the rows of a span that count."""
    with open_rows(since=since, until=until, also=(*_TOLD, *_SKETCH)) as rows:
        rows.connection.execute(
            "CREATE TEMP VIEW good AS SELECT * FROM judged WHERE reason IS NULL AND "
            f"time >= {sql.moment(since)} AND time < {sql.moment(until)}"
        )
        yield rows.connection


def _columns(names: Sequence[str], kind: str | None) -> str:
    told = {"status": "CAST(status AS VARCHAR) AS status"}
    if kind is not None:
        told[PROMPT] = f"CASE WHEN sketch_kind = {sql.quoted(kind)} THEN sketch END AS {PROMPT}"
    return ", ".join(told.get(name, sql.named(name)) for name in names)


def _as_frame(found: pa.Table | pa.RecordBatch) -> pd.DataFrame:
    import numpy as np

    table: pd.DataFrame = found.to_pandas()
    if PROMPT in table:
        table[PROMPT] = [
            None if each is None else np.frombuffer(each, np.int8).astype(float)
            for each in table[PROMPT]
        ]
    return table
