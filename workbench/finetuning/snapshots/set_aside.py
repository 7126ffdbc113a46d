"""The rows that are not learnt, by name: in a file of their own, and the first few in a message.

Rows that cannot be read are set aside where they are read; those that a check blocks are here.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core import settings
from workbench.finetuning.examples import Example
from workbench.store import files
from workbench.store.files import hash_file

if TYPE_CHECKING:
    from .checking import DataReport

FOLDER = "quarantine"
_NAMED = 5
_LONGEST = 160


def quarantine_name(path: Path, *, what: str = "") -> str:
    """What the rows of a file are called that are set aside: its name and its content's hash."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", path.stem) or "file"
    return f"{stem}-{hash_file(path)[:16]}{what}.jsonl"


def keep_blocked(path: Path, examples: Sequence[Example], report: DataReport) -> DataReport:
    """Write the blocked rows of a file with their reasons; the report, naming where they are.

    Of rows with personal data only name and reasons are written.

    Args:
        path: The file that they came from.
        examples: All that could be read of it.
        report: What the checks said of them.

    Raises:
        StorageError: The disk is full; nothing is left behind.
    """
    places = sorted(
        {place for each in report.findings if each.severity == "block" for place in each.rows}
    )
    if not places:
        return report
    folder, name = settings.home() / FOLDER, quarantine_name(path, what="-blocked")
    with files.drafting(folder, name, text=True) as draft:
        os.fchmod(draft.file.fileno(), 0o600)  # as the store's: rows are the user's alone
        for place, (row, reasons) in zip(places, report.blocked.items(), strict=True):
            told: dict[str, Any] = {"row": row, "reasons": list(reasons)}
            # What is left out because it is about a person is not written down once more.
            if not any(each.startswith("personal") for each in reasons):
                told["messages"] = [
                    {"role": role, "content": said} for role, said in examples[place].messages
                ]
            draft.file.write(json.dumps(told, ensure_ascii=False) + "\n")
        draft.publish(folder / name)
    return replace(report, blocked_path=folder / name)


def name_rows(named: Sequence[tuple[str, str]], *, rows: int) -> str:
    """The first few rows with their reasons, in the file's order, and how many more there are.

    Args:
        named: Names and reasons; ``line 7`` is a name.
        rows: How many there are in all.
    """
    ordered = sorted(named, key=lambda each: _line(each[0]))[:_NAMED]
    said = "; ".join(f"{name}: {_short(reason)}" for name, reason in ordered)
    more = rows - len(ordered)
    return f"{said}; and {more} more" if more > 0 else said


def tell_rows(report: DataReport) -> str:
    """The first rows of a file that are not learnt, with reasons, and where all of them stand."""
    named = [(name, ", ".join(reasons)) for name, reasons in report.blocked.items()]
    paths = [report.blocked_path]
    rows = len(report.blocked)
    if report.quarantine is not None:
        named += [
            (f"line {bad.line}" if bad.line else f"row {bad.row}", bad.reason)
            for bad in report.quarantine.first
        ]
        paths.append(report.quarantine.path)
        rows += report.quarantine.rows
    stand = " and ".join(str(path) for path in paths if path is not None)
    return name_rows(named, rows=rows) + (f". All stand in {stand}" if stand else "")


def _line(name: str) -> float:
    found = re.search(r"\b(?:line|row) (\d+)", name)
    return float(found[1]) if found else float("inf")


def _short(reason: str) -> str:
    return reason if len(reason) <= _LONGEST else f"{reason[: _LONGEST - 1]}…"
