"""What other rooms know of a notebook's last result, by way of the operation registry.

A room offers an operation with ``produces="notebook results"`` and no required parameter, whose
rows have ``notebook`` (its file), ``result`` (``passed``, ``failed`` or empty), ``summary`` (in
words) and ``time`` (ISO 8601). So the labs, whose room is a neighbour, come to the home page.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core import settings
from workbench.core.errors import WorkbenchError
from workbench.core.operations import all_operations
from workbench.core.plain import to_plain

log = logging.getLogger(__name__)

RESULTS = "notebook results"


@dataclass(frozen=True)
class NotebookResult:
    """The last that is known of one notebook."""

    result: str
    summary: str
    time: str


def database_files() -> list[Path]:
    """The store's files, whose times tell whether anything in it changed."""
    path = settings.home() / "store.sqlite"
    return [path, path.with_name(path.name + "-wal")]


def database_stamp() -> Hashable:
    """Changes with the store."""
    return tuple(file.stat().st_mtime_ns if file.exists() else 0 for file in database_files())


def notebook_results() -> dict[Path, NotebookResult]:
    """By the notebook's file what rooms know of it. A room that fails is left out, and logged."""
    if not database_files()[0].exists():  # nothing was ever done here: make no store to learn that
        return {}
    found: dict[Path, NotebookResult] = {}
    for operation in all_operations():
        needs_nothing = not any(parameter.required for parameter in operation.parameters)
        if operation.produces != RESULTS or not needs_nothing:
            continue
        try:
            rows = to_plain(operation.run({}))
        except WorkbenchError as error:
            log.info("no results of %s: %s", operation.name, error)
            continue
        found.update({Path(row["notebook"]).resolve(): _result(row) for row in rows})
    return found


def _result(row: dict[str, Any]) -> NotebookResult:
    return NotebookResult(row["result"], row["summary"], row["time"])
