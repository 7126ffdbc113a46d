"""Sketches kept a day each: what came can be compared long after its rows are gone.

They lie in ``<home>/monitoring/sketches/<name>``: ``reference.json`` with the grids, and a file a
day. A part of a day that was added once is not added again, so whoever adds may try as often as it
takes.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core import settings
from workbench.core.errors import ConflictError, InputError, IntegrityError, NotFoundError
from workbench.store import files
from workbench.store.staging import locked

from .comparing import Correction, Test, compare_sketches
from .packing import pack_grids, pack_table, unpack_grids, unpack_table
from .result import DriftReport
from .table_sketch import Grid, TableSketch, make_grids, sketch_table

if TYPE_CHECKING:
    import pandas as pd

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_REFERENCE = "reference.json"


class SketchDays:
    """The days of one stream of rows.

    Args:
        name: Of the stream; lower-case letters, digits, ``._-``.
        home: By default WORKBENCH_HOME.
    """

    def __init__(self, name: str, *, home: Path | None = None) -> None:
        if not _NAME.fullmatch(name):
            raise InputError(
                f"{name!r} is no name for sketches", hint="lower-case letters, digits, . _ -"
            )
        self.name = name
        self.folder = (settings.home() if home is None else home) / "monitoring/sketches" / name

    def set_reference(self, table: pd.DataFrame, *, replace: bool = False) -> TableSketch:
        """Make the grids that every day is counted on, from rows that were normal.

        Raises:
            ConflictError: There is one already; days on other grids could not be compared.
            InputError: The table is too small, or has no column that can be sketched.
        """
        grids, left = make_grids(table)
        sketch = sketch_table(table, grids)
        sketch = TableSketch(sketch.rows, sketch.columns, {**left, **sketch.left_out})
        with locked(self.folder):
            if (self.folder / _REFERENCE).exists():
                if not replace:
                    raise ConflictError(
                        f"{self.name} has a reference, and days that were counted on it",
                        hint="replace=True begins anew, without the days",
                    )
                for day in self.days():
                    self._file(day).unlink()
            packed = {"grids": pack_grids(grids), "sketch": pack_table(sketch)}
            files.write_json(self.folder / _REFERENCE, packed)
        return sketch

    def reference(self) -> tuple[dict[str, Grid], TableSketch]:
        """The grids and the reference's sketches.

        Raises:
            NotFoundError: There is none yet.
            IntegrityError: Its file is damaged.
        """
        packed = _read(self.folder / _REFERENCE)
        if packed is None:
            raise NotFoundError(
                f"{self.name} has no reference", hint="SketchDays(name).set_reference(table)"
            )
        grids = unpack_grids(packed.get("grids", {}))
        return grids, unpack_table(packed.get("sketch", {}), grids)

    def add(self, day: dt.date, table: pd.DataFrame, *, part: str) -> bool:
        """Count some rows of a day.

        Args:
            day: Whose they are.
            table: The rows.
            part: A name for just these rows, such as their hour.

        Returns:
            False where this part was there already, and nothing was changed.
        """
        grids, _ = self.reference()
        made = sketch_table(table, grids)
        with locked(self.folder):
            packed = _read(self._file(day)) or {"parts": [], "sketch": None}
            if part in packed["parts"]:
                return False
            if packed["sketch"] is not None:
                made = unpack_table(packed["sketch"], grids) + made
            parts = sorted([*packed["parts"], part])
            files.write_json(self._file(day), {"parts": parts, "sketch": pack_table(made)})
        return True

    def days(self) -> tuple[dt.date, ...]:
        """The days that have rows, the earliest first."""
        found = [
            dt.date.fromisoformat(path.stem)
            for path in self.folder.glob("*.json")
            if path.name != _REFERENCE and not path.name.startswith(".")
        ]
        return tuple(sorted(found))

    def merged(self, since: dt.date, until: dt.date) -> TableSketch:
        """The sketch of all days from one up to another, which is left out.

        Raises:
            NotFoundError: No day between them has rows.
        """
        grids, _ = self.reference()
        total: TableSketch | None = None
        for day in self.days():
            if since <= day < until:
                packed = _read(self._file(day))
                assert packed is not None
                sketch = unpack_table(packed["sketch"], grids)
                total = sketch if total is None else total + sketch
        if total is None:
            raise NotFoundError(
                f"{self.name} has no day from {since} to {until}", hint="SketchDays(name).days()"
            )
        return total

    def compare(
        self,
        since: dt.date,
        until: dt.date,
        *,
        test: Test = "psi",
        level: float = 0.05,
        correction: Correction = "holm",
    ) -> DriftReport:
        """Say what has changed from the reference to these days."""
        _, reference = self.reference()
        current = self.merged(since, until)
        columns = compare_sketches(
            reference, current, test=test, level=level, correction=correction
        )
        return DriftReport(
            "the reference", f"{since} to {until}", reference.rows, current.rows, level, correction,
            columns, left_out=current.left_out,
        )  # fmt: skip

    def _file(self, day: dt.date) -> Path:
        return self.folder / f"{day.isoformat()}.json"


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return dict(found)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise IntegrityError(f"{path} is damaged: {error}", hint="remove it") from None
