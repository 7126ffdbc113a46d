"""The index of an out folder: each notebook's last run, its history, and what changed.

It is made anew from the records that lie in the folder, under a lock. Runs deleted by hand are
simply not there any more, and two runners on one folder cannot lose each other's runs.
"""

from __future__ import annotations

import datetime as dt
import fcntl
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..core.plain import to_plain
from ..store import files
from .changes import compare
from .claims import format_value
from .page import render_template, seconds, summary
from .records import find_records, whole_runs
from .runs import PAGE_NAME, SCHEMA_VERSION
from .sparkline import sparkline

INDEX_NAME, INDEX_DATA_NAME = "index.html", "index.json"
HISTORY_LENGTH = 20


def write_index(out: Path) -> dict[str, Any]:
    """Make ``index.html`` and ``index.json`` of an out folder anew.

    Returns:
        What ``index.json`` holds.

    Raises:
        StorageError: The folder cannot be written, or its disk is full.
    """
    with files.saying_why(out / INDEX_NAME):
        files.make_folder(out)
        with _locked(out / ".index.lock"):
            index = build_index(find_records(out))
            files.write_json(out / INDEX_DATA_NAME, index)
            files.write_text(out / INDEX_NAME, _page(out, index))
    return index


def build_index(records: list[dict[str, Any]]) -> dict[str, Any]:
    """The index as plain data, from records with the oldest first; failed notebooks stand first.

    A notebook stands there with its last whole run; cancelled ones are in its history alone.
    """
    by_notebook: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        by_notebook[record["slug"]].append(record)
    entries = [_entry(slug, runs) for slug, runs in sorted(by_notebook.items())]
    return {
        "schema_version": SCHEMA_VERSION,
        "generated_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "notebooks": sorted(entries, key=lambda entry: entry["status"] == "passed"),
    }


def _entry(slug: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    whole = whole_runs(runs)
    last = whole[-1]
    entry = {name: last[name] for name in ("notebook", "title", "status", "error", "claims")}
    changes = compare(whole[-2], last) if len(whole) > 1 else None
    entry |= {
        "slug": slug,
        "run_id": last["run_id"],
        "started_at": last["started_at"],
        "duration_s": last["duration_s"],
        "profile": last["profile"],
        "kernel": last["kernel"],
        "page": f"{slug}/{last['run_id']}/{PAGE_NAME}",
        "changes": {**to_plain(changes), "lines": changes.lines} if changes else None,
        "history": [
            {
                "run_id": run["run_id"],
                "status": run["status"],
                "started_at": run["started_at"],
                "duration_s": run["duration_s"],
                "claims": {claim["name"]: claim["value"] for claim in run["claims"]},
            }
            for run in runs[-HISTORY_LENGTH:]
        ],
    }
    return entry


def _page(out: Path, index: dict[str, Any]) -> str:
    from markupsafe import Markup

    cards = []
    for entry in index["notebooks"]:
        history = whole_runs(entry["history"])
        cards.append(
            {
                **entry,
                "href": quote(entry["page"]) if (out / entry["page"]).is_file() else "",
                "summary": summary(entry),
                "rows": [
                    (claim, Markup(_claim_spark(claim, history))) for claim in entry["claims"]
                ],
                "duration_spark": Markup(_duration_spark(history)),
                "shown_runs": len(history),
                "past": [
                    _past(out, entry["slug"], run)
                    for run in reversed(entry["history"])
                    if run["run_id"] != entry["run_id"]
                ],
            }
        )
    passed = sum(entry["status"] == "passed" for entry in index["notebooks"])
    return render_template(
        "index.html.j2",
        cards=cards,
        passed=passed,
        generated_at=f"{dt.datetime.fromisoformat(index['generated_at']):%-d %B %Y, %H:%M} UTC",
    )


def _claim_spark(claim: dict[str, Any], history: list[dict[str, Any]]) -> str:
    values = [_number(run["claims"].get(claim["name"])) for run in history]
    shown = ", ".join("none" if value is None else format_value(value) for value in values)
    return sparkline(
        values,
        label=f"{claim['name']} in the last {len(values)} runs: {shown}",
        low=_number(claim.get("low")),
        high=_number(claim.get("high")),
        ok=bool(claim["ok"]),
    )


def _duration_spark(history: list[dict[str, Any]]) -> str:
    values = [_number(run["duration_s"]) for run in history]
    shown = ", ".join(seconds(value or 0.0) for value in values)
    return sparkline(values, label=f"time taken by the last {len(values)} runs: {shown}")


def _past(out: Path, slug: str, run: dict[str, Any]) -> dict[str, str]:
    page = f"{slug}/{run['run_id']}/{PAGE_NAME}"
    when = f"{dt.datetime.fromisoformat(run['started_at']):%-d %B %Y, %H:%M:%S} UTC"
    return {
        "href": quote(page) if (out / page).is_file() else "",
        "text": f"{when}, {run['status']}, {seconds(run['duration_s'])}",
    }


def _number(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number else None


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that the system gives back however this process ends."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
