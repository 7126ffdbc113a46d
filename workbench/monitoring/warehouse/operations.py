"""What a user can ask of the warehouse: build it, and measures of what was used."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from pathlib import Path
from typing import Annotated

import annotated_types as limits

from workbench.core import settings
from workbench.core.errors import InputError, NotFoundError, WorkbenchError
from workbench.core.operations import operation

from .building import Rebuilt
from .opening import open_warehouse
from .questions import Answer, By, Questions


@operation("monitoring.rebuild", title="Bring the usage warehouse up to date", produces="warehouse")
def rebuild(
    *, again: bool = False, source: str | None = None, threads: Annotated[int, limits.Ge(1)] = 2
) -> Rebuilt:
    """Export settled usage, and make clean rows and rollups of the months that have changed.

    Bad rows are set aside with their reason. The same usage gives the same figures wherever the
    warehouse is, in files the same bytes.

    Args:
        again: Make all months anew.
        source: Where exported months are, a folder or s3://BUCKET/PREFIX, instead of this home.
        threads: How many DuckDB may use.
    """
    from .opening import bring_up_to_date

    if source is not None:
        return bring_up_to_date(again=again, source=_months_of(source), threads=threads)
    noted = _export()
    built = bring_up_to_date(again=again, threads=threads)
    return dataclasses.replace(built, notes=(*built.notes, *noted))


def _months_of(source: str) -> Path:
    """The folder of exported months that a source names; those of a store are fetched."""
    if not source.startswith("s3://"):
        folder = Path(source).expanduser()
        if not folder.is_dir():
            raise NotFoundError(f"there is no folder {folder}", hint="s3://BUCKET/PREFIX, or one")
        if not any(folder.glob("????-??.parquet")):
            raise NotFoundError(
                f"there is no month of usage in {folder}",
                hint="files as 2026-11.parquet, as `workbench serving usage-export` writes them",
            )
        return folder
    from workbench.store.exported_usage import fetch_usage

    folder = settings.home() / f"usage-{hashlib.sha256(source.encode()).hexdigest()[:8]}"
    fetch_usage(source, folder)
    return folder


def _export() -> list[str]:
    """Write the home's months, and put them where ``usage_url`` says; what failed in that.

    A store that is away keeps nobody from building.
    """
    from workbench.store.usage_export import export_usage

    exported = export_usage()
    url = settings.get("usage_url")
    if not url:
        return []
    from workbench.store.exported_usage import put_usage

    try:
        put_usage(exported, url)
    except WorkbenchError as error:
        return [f"the exported months were not put away: {error.message}"]
    return []


@operation("monitoring.measure", title="Measure what was used", produces="measures")
def measure(
    names: list[str],
    *,
    by: list[By] | None = None,
    since: str | None = None,
    until: str | None = None,
    team: list[str] | None = None,
    model: list[str] | None = None,
) -> Answer:
    """Measures of a period, such as requests and cost by month and team.

    Args:
        names: Of metrics.yaml; all of one table.
        by: What the rows are told apart by: hour, day, week, month, model, team, task, user.
        since: The first day that counts, such as 2026-10-01 (UTC).
        until: The first that does not count any more.
        team: Only these.
        model: Only these.

    Raises:
        NotFoundError: No call is of such a team or model.
        InputError: The period ends before it begins, or has not begun.
    """
    where = {name: values for name, values in (("team", team), ("model", model)) if values}
    begins, ends = day(since), day(until)
    _check_period(begins, ends)
    with open_warehouse() as warehouse:
        for column, values in where.items():
            _check_known(warehouse, column, values)
        return warehouse.measure(*names, by=by or (), since=begins, until=ends, where=where)


def _check_period(begins: dt.datetime | None, ends: dt.datetime | None) -> None:
    now = dt.datetime.now(dt.UTC)
    if begins is not None and _in_utc(begins) > now:
        raise InputError(f"the period that begins on {begins:%Y-%m-%d} has not begun")
    if begins is not None and ends is not None and _in_utc(ends) <= _in_utc(begins):
        raise InputError(
            f"the period begins on {begins:%Y-%m-%d} and ends on {ends:%Y-%m-%d}",
            hint="the earlier one as --since; the day of --until does not count any more",
        )


def _in_utc(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _check_known(warehouse: Questions, column: str, values: list[str]) -> None:
    known = [str(name) for (name,) in warehouse.query(f"SELECT DISTINCT {column} FROM hourly")]
    for value in values:
        if value not in known:
            raise NotFoundError.among(column, value, sorted(known))


def day(said: str | None) -> dt.datetime | None:
    """A day or moment as ISO 8601 has it.

    Raises:
        InputError: It is none.
    """
    if said is None:
        return None
    try:
        return dt.datetime.fromisoformat(said)
    except ValueError:
        raise InputError(f"{said!r} is no day", hint="such as 2026-10-01, in UTC") from None
