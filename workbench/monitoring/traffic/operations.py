"""What a user can ask of made traffic: as files, or asked of a gateway for real."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import annotated_types as limits

from workbench.core import settings
from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.operations import operation
from workbench.core.viewers import Viewable

from .driving import DrivenTraffic
from .plan import Drift, TrafficPlan


@dataclass(frozen=True)
class MadeTraffic(Viewable):
    """Files of made usage, from ``since`` up to but without ``until``: nobody asked any of it."""

    folder: Path
    months: tuple[str, ...]
    rows: int
    since: str
    until: str


@operation("monitoring.traffic", title="Make usage files by drawing", produces="made-traffic")
def traffic(
    folder: Path,
    *,
    since: str | None = None,
    days: Annotated[int, limits.Ge(1)] = 90,
    calls: Annotated[int, limits.Ge(1)] = 100_000,
    users: Annotated[int, limits.Ge(1)] = 400,
    growth: Annotated[float, limits.Gt(0)] = 1.6,
    drift_day: Annotated[int, limits.Ge(0)] | None = None,
    seed: Annotated[int, limits.Ge(0)] = 0,
) -> MadeTraffic:
    """Draw usage as a busy house would have it, and write it as the usage log's export has it.

    For trying things out: `workbench monitoring costs --usage FOLDER` and its like read it. It is
    made, and never goes where a home's own usage lies. Who asks is drawn anew at each call: made
    people come from the first day on and never leave, so that retention is flat.

    Args:
        folder: Where to write; an empty or new one.
        since: The first day, such as 2026-08-01; by default so that the last one is yesterday.
        days: How many.
        calls: About so many in all.
        users: Who call, a few of them often.
        growth: The load of the last day over that of the first.
        drift_day: From this day on, counted from 0, prompts are longer, and of other tasks.
        seed: The same seed makes the same files.

    Raises:
        ConflictError: There is something in the folder, or it is a home's.
    """
    from .made_usage import write_usage

    start = _first_day(since, days)
    if (settings.home() / "usage").resolve() == folder.resolve():
        raise ConflictError(
            f"{folder} is where this home's own usage lies", hint="a folder of its own"
        )
    if folder.is_dir() and any(folder.iterdir()):
        raise ConflictError(f"there is something in {folder}", hint="an empty or new folder")
    drift = None if drift_day is None else Drift(24 * drift_day)
    plan = TrafficPlan(start, days, calls, growth, users, drift=drift, seed=seed)
    written = write_usage(plan, folder)
    rows = sum(_count(path) for path in written)
    until = start + dt.timedelta(days=days)
    return MadeTraffic(
        folder, tuple(path.stem for path in written), rows, f"{start}", f"{until}"
    )  # fmt: skip


@operation("monitoring.drive", title="Ask a gateway made traffic", produces="driven-traffic")
def drive(
    key_file: list[Path],
    *,
    url: str | None = None,
    model: list[str] | None = None,
    calls: Annotated[int, limits.Ge(1)] = 40,
    users: Annotated[int, limits.Ge(1)] = 8,
    at_once: Annotated[int, limits.Ge(1)] = 2,
    within_s: Annotated[float, limits.Gt(0)] | None = None,
    most_tokens: Annotated[int, limits.Ge(1)] = 16,
    seed: Annotated[int, limits.Ge(0)] = 0,
) -> DrivenTraffic:
    """Ask a running gateway questions that were made up, by several users, on a day's curve.

    The asking is made; the answers are real, are settled in the gateway's home as any other, and
    cost what they cost. A gateway that goes away meanwhile is waited for.

    Args:
        key_file: Files that hold a key each; a user asks by one of them.
        url: Where the gateway listens; by default on this machine at the setting `serve_port`.
        model: Those that are asked, evenly; by default smollm2-135m.
        calls: How many.
        users: By so many users, a few of them often.
        at_once: Clients at the same time.
        within_s: Spread a day over so many seconds; by default as fast as answers come.
        most_tokens: Of an answer.
        seed: Of who asks what.

    Raises:
        NotFoundError: There is no such file.
        PeerError: No gateway answers, or it went away and stayed so.
    """
    from .driving import drive as drive_gateway

    if not key_file:
        raise InputError("no key to ask by", hint="--key-file ~/owner.key")
    for path in key_file:
        if not path.is_file():
            raise NotFoundError(f"there is no file {path}", hint="workbench serve --key-file FILE")
    keys = [path.read_text("utf-8").strip() for path in key_file]
    return drive_gateway(
        url or f"http://127.0.0.1:{settings.get('serve_port')}", keys,
        plan=TrafficPlan(days=1, calls=calls, users=users, seed=seed),
        models=model or ("smollm2-135m",), at_once=at_once, within_s=within_s,
        most_tokens=most_tokens,
    )  # fmt: skip


def _first_day(since: str | None, days: int) -> dt.date:
    if since is None:
        return dt.datetime.now(dt.UTC).date() - dt.timedelta(days=days)
    try:
        return dt.date.fromisoformat(since)
    except ValueError:
        raise InputError(f"{since!r} is no day", hint="such as 2026-08-01") from None


def _count(path: Path) -> int:
    import pyarrow.parquet as parquet

    return int(parquet.read_metadata(path).num_rows)
