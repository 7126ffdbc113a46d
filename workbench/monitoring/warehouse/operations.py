"""What a user can ask of the warehouse: build it, and measures of what was used."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import annotated_types as limits

from workbench.core.errors import InputError
from workbench.core.operations import operation

from .asking import Answer, By, Warehouse
from .building import Rebuilt


@operation("monitoring.rebuild", title="Bring the usage warehouse up to date", produces="warehouse")
def rebuild(*, again: bool = False, threads: Annotated[int, limits.Ge(1)] = 2) -> Rebuilt:
    """Export settled usage, and make clean rows and rollups of the months that have changed.

    Bad rows are set aside with their reason. The same usage gives the same files, byte for byte.

    Args:
        again: Make all months anew.
        threads: How many DuckDB may use.
    """
    from workbench.store.usage_export import export_usage

    from .building import refresh

    export_usage()
    return refresh(again=again, threads=threads)


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
    """
    where = {name: values for name, values in (("team", team), ("model", model)) if values}
    with Warehouse() as warehouse:
        return warehouse.measure(
            *names, by=by or (), since=day(since), until=day(until), where=where
        )


def day(said: str | None) -> dt.date | None:
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
