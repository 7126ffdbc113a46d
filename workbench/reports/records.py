"""The record of one run: what the executed notebook says about itself, as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..core import settings
from ..core.errors import NotFoundError
from ..core.plain import to_plain
from ..store import files
from . import display, machine
from .claims import Claim, format_value
from .runs import RECORD_NAME, SCHEMA_VERSION, RunError, RunPlan
from .sessions import KernelSession

_CLAIM_FIELDS = ("name", "value", "low", "high", "ok", "equals", "unit", "note")


def collect(nb: Any, mime: str) -> Iterator[tuple[int | None, dict[str, Any]]]:
    """What the cells of an executed notebook left under a MIME type, with their cells' numbers."""
    for cell in nb.cells if nb is not None else []:
        for output in cell.get("outputs", []):
            payload = output.get("data", {}).get(mime)
            if isinstance(payload, dict):
                yield cell.get("execution_count"), payload


def collect_claims(nb: Any) -> list[tuple[int | None, Claim]]:
    """The claims of an executed notebook with the numbers of their cells, in order."""
    return [
        (number, Claim(**{key: payload[key] for key in _CLAIM_FIELDS if key in payload}))
        for number, payload in collect(nb, display.CLAIM_MIME)
    ]


def judge_claims(path: str, claims: list[tuple[int | None, Claim]]) -> RunError | None:
    """The failure that the claims mean for a run that came to its end."""
    names = [claim.name for _, claim in claims]
    for number, claim in claims:
        if names.count(claim.name) > 1:
            # The kernel refuses this as well, unless its memory of names was lost with a reload.
            message = f"claim {claim.name!r} is made twice"
            return RunError("claim", message, path, cell=number, name=claim.name)
    failed = [(number, claim) for number, claim in claims if not claim.ok]
    if not failed:
        return None
    told = "; ".join(
        f"{claim.name!r} in cell {number} is {claim.note or format_value(claim.value)}, "
        f"not {claim.bounds}"
        for number, claim in failed
    )
    word = "claim fails" if len(failed) == 1 else f"{len(failed)} claims fail"
    return RunError("claim", f"{word}: {told}", path, cell=failed[0][0], name=failed[0][1].name)


def build_record(
    plan: RunPlan,
    session: KernelSession,
    *,
    status: str,
    error: RunError | None,
    started_at: str,
    duration_s: float,
) -> dict[str, Any]:
    """The record as ``record.json`` holds it, schema version 1."""
    stamps = [payload for _, payload in collect(session.nb, display.STAMP_MIME)]
    inputs = {payload["name"]: payload for _, payload in collect(session.nb, display.INPUT_MIME)}
    record = {
        "schema_version": SCHEMA_VERSION,
        "run_id": plan.run_id,
        "slug": plan.slug,
        "notebook": plan.shown_path,
        "notebook_sha256": plan.sha256,
        "title": plan.title,
        "status": status,
        "error": error,
        "started_at": started_at,
        "duration_s": round(duration_s, 3),
        "profile": plan.profile,
        "parameters": {**plan.defaults, **plan.parameters},
        "parameters_set": plan.parameters,
        "versions": machine.versions(session.loaded),
        "commit": machine.commit(plan.root),
        "machine": machine.machine(),
        "seed": stamps[-1].get("seed") if stamps else None,
        "inputs": sorted(inputs.values(), key=lambda each: each["name"]),
        "claims": [
            {**to_plain(claim), "cell": number} for number, claim in collect_claims(session.nb)
        ],
        "cells": _cells(session.nb),
        "kernel": session.kind,
        "kernel_reason": session.reason,
        "threads": session.threads,
    }
    plain: dict[str, Any] = to_plain(record)
    return plain


def write_record(plan: RunPlan, record: dict[str, Any]) -> None:
    """Write the record beside the run, and a copy into ``WORKBENCH_HOME/reports``.

    The copy also says where the run's folder is, which may be deleted by hand or moved.
    """
    files.write_json(plan.folder / RECORD_NAME, record)
    kept = {**record, "folder": str(plan.folder.absolute())}
    files.write_json(home_folder() / plan.slug / f"{plan.run_id}.json", kept)


def has_lost_files(record: dict[str, Any]) -> bool:
    """Whether the folder that the home's copy of a record names is not there any more.

    Copies from before folders were kept in them name none; nothing is said of those.
    """
    folder = record.get("folder")
    return isinstance(folder, str) and not Path(folder, RECORD_NAME).is_file()


def home_folder() -> Path:
    """Where the records of every checkout meet."""
    return settings.home() / "reports"


def read_record(path: Path) -> dict[str, Any] | None:
    """A record, or None if the file is gone or is no record: history may be deleted by hand."""
    import json

    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(record, dict) and record.get("schema_version") == SCHEMA_VERSION
    if not known or not {"run_id", "slug", "status", "claims"} <= set(record):
        return None
    error = record.get("error")
    if isinstance(error, dict) and error.get("kind") == "cancelled":
        record["status"] = "cancelled"  # older records call it failed
    return record


def whole_runs(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The runs that came to their end; cancelled ones only where there is no other.

    A run that its user stopped says nothing of the notebook, so it must not hide the last result.
    """
    whole = [record for record in records if record["status"] != "cancelled"]
    return whole or list(records)


def find_records(folder: Path) -> list[dict[str, Any]]:
    """Every record below ``<folder>/<notebook>/<run>/``, the oldest run first."""
    found = (read_record(path) for path in folder.glob(f"*/*/{RECORD_NAME}"))
    return sorted((record for record in found if record), key=lambda record: record["run_id"])


def find_home_records() -> list[dict[str, Any]]:
    """Every record that ``WORKBENCH_HOME`` keeps, the oldest run first."""
    found = (read_record(path) for path in home_folder().glob("*/*.json"))
    return sorted((record for record in found if record), key=lambda record: record["run_id"])


def find_record(name: str) -> dict[str, Any]:
    """A record by its run's id, or the last whole one of a notebook by its name.

    Raises:
        NotFoundError: There is none; the message names the near ones.
    """
    records = find_home_records()
    asked = [r for r in records if name in (r["run_id"], r["slug"], r["notebook"])]
    if asked:
        return whole_runs(asked)[-1]
    known = {key for record in records for key in (record["run_id"], record["slug"])}
    raise NotFoundError.among("report run", name, known, hint="workbench reports list")


def _cells(nb: Any) -> list[dict[str, Any]]:
    """Each code cell's number, time and end, in order."""
    found = []
    for position, cell in enumerate(nb.cells if nb is not None else []):
        if cell.cell_type != "code":
            continue
        told = cell.metadata.get("papermill", {})
        found.append(
            {
                "position": position,
                "number": cell.get("execution_count"),
                "duration_s": told.get("duration"),
                "status": told.get("status", "pending"),
            }
        )
    return found
