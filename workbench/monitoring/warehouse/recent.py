"""A span of usage up to this moment: what the warehouse has, and what was settled since.

A page that asks every few seconds cannot have the warehouse brought up to date each time: that
writes a whole month anew. What the warehouse lacks is read from the log itself and judged by the
same rules. Where that has become much, the warehouse is brought up to date after all.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core import settings
from workbench.core.errors import BusyError, NotFoundError

from .opening import fresh_notes, open_warehouse
from .places import FOLDER, read_manifest
from .sql import moment

if TYPE_CHECKING:
    import pandas

    from workbench.store.database import Database

MOST_ROWS = 100_000  # of the log that are judged at each look
_COLUMNS = (
    "settlement_id", "time", "key_id", "user", "model_asked", "model_served", "status",
    "prompt_tokens", "completion_tokens", "cached_tokens", "cost_usd", "time_to_first_token_s",
    "duration_s", "cache", "language", "task", "feedback_score",
)  # fmt: skip


@dataclass(frozen=True)
class _Stretch:
    """A part of a span within one month; ``after`` is the place in the log of the last row that
    the warehouse has of it, None where it has none."""

    since_s: float
    until_s: float
    after: int | None


def ask_usage(
    query: str, *, since: dt.datetime, until: dt.datetime, **given: Any
) -> list[pandas.DataFrame]:
    """The answers to a query over clean rows, one of each source; each row of usage is in one.

    Args:
        query: SQL that the warehouse and DuckDB know, with ``{rows}``, ``{since}`` and ``{until}``
            in it: what it asks has to add up over sources.
        since: The first moment that counts.
        until: The first that does not any more.
        given: What else stands in the query in braces.

    Raises:
        InputError: The query is not valid.
        FetchError: The warehouse's server cannot be reached.
    """
    if settings.get("warehouse_url"):
        return _ask_elsewhere(query, since, until, given)
    from workbench.store.database import open_database

    database = open_database()
    stretches, is_known = _stretches(since.timestamp(), until.timestamp())
    new = _read_new(database, stretches, most=MOST_ROWS) if is_known else None
    if new is None:
        with contextlib.suppress(BusyError):  # the log has what the warehouse lacks
            fresh_notes()
        stretches, _ = _stretches(since.timestamp(), until.timestamp())
        new = _read_new(database, stretches)
    found: list[pandas.DataFrame] = []
    held = [each for each in stretches if each.after is not None]
    if held:
        with open_warehouse(rows_alone=True) as warehouse:
            found += [
                warehouse.frame(_filled(query, "clean_rows", each, given)) for each in _joined(held)
            ]
    if new:
        found.append(_ask_new(query, new, since, until, given))
    return [each for each in found if len(each)]


def _ask_elsewhere(
    query: str, since: dt.datetime, until: dt.datetime, given: dict[str, Any]
) -> list[pandas.DataFrame]:
    """A warehouse that several homes may ask: brought up to date first where it is this home's."""
    fresh_notes()
    try:
        with open_warehouse(rows_alone=True) as warehouse:
            whole = _Stretch(since.timestamp(), until.timestamp(), None)
            return [warehouse.frame(_filled(query, "clean_rows", whole, given))]
    except NotFoundError:
        return []


def _ask_new(
    query: str, tables: list[Any], since: dt.datetime, until: dt.datetime, given: dict[str, Any]
) -> pandas.DataFrame:
    """The rows that the warehouse lacks, judged by its rules."""
    import pyarrow as arrow

    from .rows import open_rows

    whole = _Stretch(since.timestamp(), until.timestamp(), None)
    with open_rows(arrow.concat_tables(tables), since=since, until=until) as rows:
        return rows.connection.execute(_filled(query, "clean", whole, given)).df()


def _read_new(
    database: Database, stretches: list[_Stretch], *, most: int | None = None
) -> list[Any] | None:
    """The rows of the log that the warehouse lacks, as Arrow tables; None for more than ``most``.

    Another process may be at the warehouse, so that it lacks more still: the log has them all.
    """
    from workbench.store.usage_export import read_usage_tables

    found, count = [], 0
    for each in stretches:
        for table in read_usage_tables(
            database, each.since_s, each.until_s, after=each.after or 0, columns=_COLUMNS
        ):
            found.append(table)
            count += len(table)
            if most is not None and count > most:
                return None
    return found


def _filled(query: str, rows: str, part: _Stretch, given: dict[str, Any]) -> str:
    since, until = (moment(_moment(each)) for each in (part.since_s, part.until_s))
    return query.format(rows=rows, since=since, until=until, **given)


def _moment(time_s: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(time_s, dt.UTC)


def _stretches(since_s: float, until_s: float) -> tuple[list[_Stretch], bool]:
    """The span by months, with what the warehouse of this home has of each; whether each file of
    usage that the log does not have is in it."""
    from workbench.store.usage_export import month_span_s, read_mark

    from .building import digest_of
    from .metrics import read_metrics
    from .months import state_of

    home, found, begin_s, is_known = settings.home(), [], since_s, True
    manifest = read_manifest(home / FOLDER)
    # By other teams or prices it is no use; it is made anew when it is next brought up to date.
    months = manifest.months if manifest.metrics == digest_of(read_metrics()) else {}
    while begin_s < until_s:
        month = f"{_moment(begin_s):%Y-%m}"
        end_s = min(until_s, month_span_s(month)[1])
        known, path = months.get(month), home / "usage" / f"{month}.parquet"
        has = known is not None and known["source"] is not None
        # What the store did not write has no mark, and no rows in the log.
        last = json.loads(known["mark"] or '{"last": 0}')["last"] if known and has else None
        if path.is_file() and read_mark(path) is None:
            is_known = is_known and known is not None and known["source"] == state_of(path)
        found.append(_Stretch(begin_s, end_s, last))
        begin_s = end_s
    return found, is_known


def _joined(parts: list[_Stretch]) -> Iterator[_Stretch]:
    """Stretches that follow each other as one: a query more costs more than a longer span."""
    first = last = parts[0]
    for each in parts[1:]:
        if each.since_s != last.until_s:
            yield _Stretch(first.since_s, last.until_s, None)
            first = each
        last = each
    yield _Stretch(first.since_s, last.until_s, None)
