"""The last runs of each notebook, from the records that WORKBENCH_HOME keeps."""

from __future__ import annotations

import functools
from collections.abc import Hashable
from pathlib import Path
from typing import Any

from workbench.core import settings
from workbench.core.errors import InputError
from workbench.reports.own_copies import FOLDER, own_path
from workbench.reports.records import home_folder, read_record, whole_runs
from workbench.reports.runs import PAGE_NAME
from workbench.studio.links import find_project
from workbench.studio.markup import count

KEPT_RUNS = 20


def recent_runs() -> dict[str, list[dict[str, Any]]]:
    """By notebook (its slug) the records of its last whole runs, the oldest first.

    Cancelled ones are there where a notebook has no other.
    A record that was deleted or damaged by hand is simply not there.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for folder in sorted(home_folder().glob("*/")):
        # A run's id begins with its time, so the names alone tell the last ones.
        paths = sorted(folder.glob("*.json"))[-KEPT_RUNS:]
        records = [_read(path, path.stat().st_mtime_ns) for path in paths if path.exists()]
        if kept := [record for record in records if record is not None]:
            found[folder.name] = whole_runs(kept)
    return found


def runs_by_notebook() -> dict[str, list[dict[str, Any]]]:
    """The last runs by the notebook's path below its project, the oldest first.

    Two notebooks of one name share a folder of records, so the name alone tells nothing.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for records in recent_runs().values():
        for record in records:
            found.setdefault(record.get("notebook", ""), []).append(record)
    return found


def runs_of(path: str, runs: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The runs of a notebook and of the reader's copy of it, the oldest first.

    Home opens the copy, so what was run last may be either.
    """
    both = [*runs.get(path, []), *runs.get(f"{FOLDER}/{path}", [])]
    return whole_runs(sorted(both, key=lambda record: record["run_id"]))


def copy_of(path: str, project: Path) -> str | None:
    """The reader's own copy of a notebook, below the project; None where there is none yet."""
    try:
        copy = own_path(path)
    except InputError:  # it lies where no copies are made of
        return None
    return copy if (project / copy).is_file() else None


def is_copy(record: dict[str, Any]) -> bool:
    """Whether a run was one of the reader's own copy."""
    return str(record.get("notebook", "")).startswith(f"{FOLDER}/")


@functools.lru_cache(maxsize=2000)
def _read(path: Path, changed_ns: int) -> dict[str, Any] | None:
    return read_record(path)


def records_stamp() -> Hashable:
    """Changes when a record is added or removed: that touches the folder it lies in."""
    folders = [home_folder(), *home_folder().glob("*/"), reports_folder()]
    return tuple((path.name, _changed_ns(path)) for path in folders)


def _changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def reports_folder() -> Path:
    """Where this project's report pages are written."""
    return find_project() / Path(settings.get("reports_dir"))


def page_of(record: dict[str, Any]) -> str | None:
    """A run's page below the folder of the reports; None where it was deleted or lies elsewhere."""
    path = f"{record['slug']}/{record['run_id']}/{PAGE_NAME}"
    return path if (reports_folder() / path).is_file() else None


def last_with_page(records: list[dict[str, Any]]) -> tuple[dict[str, Any], str] | None:
    """The last of a notebook's runs whose page is here, and the page: the very last may have been
    written elsewhere (``--out``)."""
    for record in reversed(records):
        if page := page_of(record):
            return record, page
    return None


def claims_held(record: dict[str, Any]) -> str:
    """How many of a run's claims held, in words; empty where there were none.

    Of a run that stopped at an error nobody knows how many there would have been.
    """
    claims = record["claims"]
    if not claims:
        return ""
    held = sum(bool(claim["ok"]) for claim in claims)
    kind = (record.get("error") or {}).get("kind")
    if kind is not None and kind != "claim":
        return f"{count(held, 'claim')} held before it stopped"
    return f"{held} of {count(len(claims), 'claim')} {'holds' if len(claims) == 1 else 'hold'}"
