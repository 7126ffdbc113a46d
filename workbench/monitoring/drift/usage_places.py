"""Where usage that is compared lies: this home's files, or a warehouse that was built from others.

Both are asked in the same words: ``rows`` is what stands behind FROM, ``columns`` say how each
column is reached. A warehouse elsewhere has fewer of them: what a measure takes, no words, no ids.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core import settings
from workbench.monitoring.warehouse import sql
from workbench.monitoring.warehouse.opening import lies_elsewhere
from workbench.monitoring.warehouse.rows import open_rows

if TYPE_CHECKING:
    import pandas as pd

PART_ROWS = 50_000
PROMPT = "prompt"  # the sketch of the prompt's words, as an embedding
# What names a call or follows from another column says nothing on drift by itself.
_TOLD = (
    "user", "model_asked", "model_served", "backend", "route", "endpoint", "dialect", "status",
    "error_code", "prompt_tokens", "completion_tokens", "cached_tokens", "cost_usd", "queue_s",
    "time_to_first_token_s", "duration_s", "stream", "cache", "prompt_chars", "language", "task",
)  # fmt: skip
_SKETCH = ("sketch", "sketch_kind")
_HOME = {name: sql.named(name) for name in _TOLD} | {"status": "CAST(status AS VARCHAR)"}
_ELSEWHERE = {
    "user": '"user"', "model_served": "model",
    "status": "CASE WHEN answered THEN 'answered' WHEN failed THEN 'failed' ELSE 'refused' END",
    "prompt_tokens": "prompt_tokens", "completion_tokens": "completion_tokens",
    "cached_tokens": "cached_tokens", "cost_usd": f"cost_nano / {sql.NANO:.1f}",
    "time_to_first_token_s": "first_token_us / 1e6",
    "duration_s": "CASE WHEN duration_us > 0 THEN duration_us / 1e6 END",
    "cache": "CASE WHEN cache_hit THEN 'hit' END", "language": "language", "task": "task",
}  # fmt: skip


@dataclass(frozen=True)
class UsagePlace:
    """Rows of a span that count. ``order`` orders them as good as by lot, always alike; ``frames``
    gives all rows part by part, of the columns that SQL names."""

    rows: str
    columns: Mapping[str, str]
    order: str
    has_sketches: bool
    query: Callable[[str], list[tuple[Any, ...]]]
    frame: Callable[[str], pd.DataFrame]
    frames: Callable[[str], Iterator[pd.DataFrame]]


@contextmanager
def open_place(since: dt.datetime, until: dt.datetime) -> Iterator[UsagePlace]:
    """Usage of a span, wherever it is.

    Raises:
        NotFoundError: There is none at all.
        FetchError: The warehouse's server cannot be reached.
    """
    elsewhere = lies_elsewhere()
    with _elsewhere(since, until) if elsewhere else _home(since, until) as place:
        yield place


@contextmanager
def _home(since: dt.datetime, until: dt.datetime) -> Iterator[UsagePlace]:
    with open_rows(since=since, until=until, also=(*_TOLD, *_SKETCH)) as rows:
        connection = rows.connection
        good = f"judged WHERE reason IS NULL AND {_within(since, until)}"

        def frames(columns: str) -> Iterator[pd.DataFrame]:
            found = connection.sql(f"SELECT {columns} FROM {good}").to_arrow_reader(PART_ROWS)
            return (part.to_pandas() for part in found)

        yield UsagePlace(
            good, _HOME, "hash(settlement_id), time", True,
            lambda query: connection.execute(query).fetchall(),
            lambda query: connection.sql(query).to_arrow_table().to_pandas(), frames,
        )  # fmt: skip


@contextmanager
def _elsewhere(since: dt.datetime, until: dt.datetime) -> Iterator[UsagePlace]:
    from workbench.monitoring.warehouse.opening import fresh_notes, kind_of, open_warehouse

    fresh_notes()
    is_postgres = kind_of(settings.get("warehouse_url")) == "postgres"
    by_lot = "hash(settlement_id)" if is_postgres else "settlement_hash"
    with open_warehouse(rows_alone=True) as warehouse:

        def frames(columns: str) -> Iterator[pd.DataFrame]:
            hours = warehouse.query(
                f"SELECT hour, count(*) FROM clean_rows WHERE {_within(since, until)} "
                "GROUP BY 1 ORDER BY 1"
            )
            for begins, ends in _in_parts(hours, since, until):
                yield warehouse.frame(
                    f"SELECT {columns} FROM clean_rows WHERE {_within(begins, ends)}"
                )

        yield UsagePlace(
            f"clean_rows WHERE {_within(since, until)}", _ELSEWHERE, f"{by_lot}, time", False,
            warehouse.query, warehouse.frame, frames,
        )  # fmt: skip


def _within(since: dt.datetime, until: dt.datetime) -> str:
    return f"time >= {sql.moment(since)} AND time < {sql.moment(until)}"


def _in_parts(
    hours: Sequence[tuple[Any, ...]], since: dt.datetime, until: dt.datetime
) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Spans of whole hours that hold about as many rows as a part has."""
    begins, count = since, 0
    for hour, rows in hours:
        at = hour.replace(tzinfo=dt.UTC)
        if count and count + rows > PART_ROWS and at > begins:
            yield begins, at
            begins, count = at, 0
        count += rows
    yield begins, until
