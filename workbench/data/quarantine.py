"""Rows that break a schema: set aside with their reasons, never dropped in silence."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from workbench.core.errors import DataError
from workbench.core.viewers import Viewable

from .schema import BadRow

_SHOWN = 20


@dataclass(frozen=True)
class Quarantine(Viewable):
    """What was set aside of a file.

    ``path`` holds every row as JSON lines (row, line, reason, raw), ``first`` the first 20,
    ``reasons`` how often each reason occurs (without the value that was found).
    """

    rows: int
    kept_rows: int
    path: Path | None
    reasons: dict[str, int]
    first: tuple[BadRow, ...]


class QuarantineWriter:
    """Takes bad rows as they come; counts them in memory, keeps them in the file."""

    def __init__(self, file: IO[str], *, on_bad: str, where: str) -> None:
        self._file, self._raise, self._where = file, on_bad == "raise", where
        self._reasons: Counter[str] = Counter()
        self._first: list[BadRow] = []
        self.rows = 0

    def add(self, bad: BadRow, *, kind: str) -> None:
        """Set one row aside.

        Raises:
            DataError: ``on_bad`` is "raise".
        """
        if self._raise:
            raise DataError(
                f"{self._where}, row {bad.row} (line {bad.line}): {bad.reason}",
                hint="correct the row, or set bad rows aside with on_bad='quarantine'",
                row=bad.row,
                line=bad.line,
            )
        self.rows += 1
        self._reasons[kind] += 1
        if len(self._first) < _SHOWN:
            self._first.append(bad)
        entry = {"row": bad.row, "line": bad.line, "reason": bad.reason, "raw": bad.raw}
        text = json.dumps(entry, ensure_ascii=False, default=str) + "\n"
        # Half a surrogate pair may be what is wrong with the row: written as JSON escapes it.
        self._file.write(text.encode(errors="backslashreplace").decode())

    def result(self, path: Path | None, *, kept_rows: int) -> Quarantine:
        """What was set aside in the end; ``path`` only where something was."""
        return Quarantine(
            self.rows,
            kept_rows,
            path if self.rows else None,
            dict(self._reasons.most_common()),
            tuple(self._first),
        )
