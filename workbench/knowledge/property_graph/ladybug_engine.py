"""Ladybug in this process: opened to read, or to be filled. Only ever run in a process of its own.

It takes the process with it when it falls (0.22 did on ``COPY FROM (UNWIND $rows ...)`` and after a
``CHECKPOINT`` in read-only mode), and looks at its clock only between batches of rows.
"""

from __future__ import annotations

import datetime as dt
import decimal
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.core.errors import (
    AccessError,
    CapacityError,
    DeadlineError,
    EngineError,
    InputError,
    IntegrityError,
    NotFoundError,
    WorkbenchError,
)
from workbench.core.optional import require

_PLACE = re.compile(r"\(line: \d+, offset: \d+\)")
_SPACE_BYTES = 1 << 30  # of addresses at least; a power of two


class LadybugEngine:
    """One file of ladybug's.

    Args:
        path: The file.
        write: Whether it is made; else it has to be there.
        buffer_bytes: The memory for its pages and for intermediate results.

    Raises:
        IntegrityError: It is no graph that this version reads.
    """

    def __init__(self, path: Path, *, write: bool, buffer_bytes: int) -> None:
        ladybug = require("ladybug", extra="knowledge")
        size_bytes = path.stat().st_size if path.exists() else 0
        self.space_bytes = _SPACE_BYTES if not write else 1 << 40
        while self.space_bytes < 8 * size_bytes:
            self.space_bytes *= 2
        try:
            self._database = ladybug.Database(
                path,
                read_only=not write,
                buffer_pool_size=buffer_bytes,
                max_num_threads=1,
                max_db_size=self.space_bytes,
            )
            self._connection = ladybug.Connection(self._database)
        except (RuntimeError, IndexError, MemoryError) as error:
            raise IntegrityError(
                f"{path} is no graph that ladybug {ladybug.__version__} reads: {_first(error)}",
                hint="delete it: it is made anew from the documents",
            ) from None

    def change(self, statement: str) -> None:
        """Carry out a statement that makes or fills a table."""
        try:
            self._connection.execute(statement).close()
        except (RuntimeError, IndexError, MemoryError) as error:
            raise EngineError(
                f"ladybug refused {statement[:80]!r}: {_first(error)}", hint="try again"
            ) from None

    def ask(
        self, cypher: str, parameters: Mapping[str, Any], *, timeout_s: float
    ) -> tuple[list[str], Iterator[list[Any]]]:
        """The columns, and the rows as plain data."""
        try:
            self._connection.set_query_timeout(max(1, round(timeout_s * 1000)))
            result = self._connection.execute(cypher, dict(parameters))
        except (RuntimeError, IndexError, MemoryError) as error:
            raise _in_our_words(error) from None
        return result.get_column_names(), self._rows(result)

    def close(self) -> None:
        """Close the file; what was written is in it, and in no log beside it."""
        self._connection.close()
        self._database.close()

    @staticmethod
    def _rows(result: Any) -> Iterator[list[Any]]:
        try:
            while result.has_next():
                yield [_plain(value) for value in result.get_next()]
        except (RuntimeError, IndexError, MemoryError) as error:
            raise _in_our_words(error) from None
        finally:
            result.close()


def _plain(value: Any) -> Any:
    """A value as JSON has it; nodes and edges without ladybug's own numbers for them."""
    if isinstance(value, dict):
        if "_NODES" in value:
            return {"_nodes": _plain(value["_NODES"]), "_edges": _plain(value["_RELS"])}
        if "_LABEL" in value and "_ID" in value:
            name = "_relation" if "_SRC" in value else "_label"
            kept = {
                key: _plain(each)
                for key, each in value.items()
                if key not in ("_ID", "_SRC", "_DST", "_LABEL") and each is not None
            }
            return {name: value["_LABEL"], **kept}
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    return float(value) if isinstance(value, decimal.Decimal) else str(value)


def _in_our_words(error: Exception) -> WorkbenchError:
    told = _first(error)
    low = told.lower()
    if "interrupted" in low:
        return DeadlineError("the query took longer than it may")
    if isinstance(error, MemoryError) or "bad_alloc" in low or "unable to allocate" in low:
        return CapacityError(
            "the query needs more memory than a query may have",
            hint="begin at named entities, go fewer steps, or return less",
        )
    if "read-only" in low:
        return AccessError(f"the graph is only read: {told}", hint="change the documents instead")
    if "cannot find property" in low or "does not exist" in low:
        hint = "workbench knowledge schema NAME"
        if "function" in low:
            hint = "label(f) or f.relation is an edge's relation, label(n) a node's label"
        return NotFoundError(told, hint=hint)
    if "any type" in low or "unreachable_code" in low:
        return InputError(
            "ladybug cannot tell the type of a parameter: an empty list, or a null in a map",
            hint="give it a value, or leave it out of the query",
        )
    return InputError(told, hint="workbench knowledge schema NAME shows what may be asked for")


def _first(error: Exception) -> str:
    """A fault's first line, without the sort that ladybug names before it, and with its place."""
    if isinstance(error, MemoryError):
        return "out of memory"
    line = (str(error).splitlines() or [""])[0].strip()
    sort, _, told = line.partition(" exception: ")
    line = told if told and " " not in sort else line
    place = _PLACE.search(str(error))
    if place is not None and place[0] not in line:
        line = f"{line} {place[0]}"
    return line or type(error).__name__
