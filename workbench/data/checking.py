"""Chunks of raw cells against a schema: typed batches out, bad rows aside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.core.cancellation import check_cancelled

from .conversion import convert
from .quarantine import QuarantineWriter
from .reading import Chunk, Reader
from .schema import BadRow, Schema


def checked_batches(
    reader: Reader, schema: Schema, *, quarantine: QuarantineWriter, where: str
) -> Iterator[Any]:
    """Typed pyarrow record batches of a file's good rows, in order.

    A value of a unique column that came before makes the later row a bad one. Only the values of
    unique columns are kept in memory; the rest goes through in chunks.

    Raises:
        DataError: The columns do not fit the schema, or a row is bad and ``quarantine`` raises.
    """
    schema.match(reader.names, where=where)
    seen: dict[str, set[Any]] = {c.name: set() for c in schema.columns if c.unique}
    for chunk in reader.chunks():
        check_cancelled()
        batch, reasons = _typed(chunk, schema)
        _refuse_repeated(batch, seen, reasons)
        _set_aside(chunk, schema, reasons, quarantine)
        yield _without(batch, reasons) if reasons else batch


def _typed(chunk: Chunk, schema: Schema) -> tuple[Any, dict[int, list[str]]]:
    import pyarrow as pa

    arrays: list[Any] = []
    reasons: dict[int, list[str]] = {}
    for column in schema.columns:
        values, found = convert(chunk.columns[column.name], column)
        arrays.append(values)
        for index, reason in found.items():
            reasons.setdefault(index, []).append(reason)
    return pa.record_batch(arrays, schema=schema.arrow()), reasons


def _refuse_repeated(batch: Any, seen: dict[str, set[Any]], reasons: dict[int, list[str]]) -> None:
    for name, known in seen.items():
        for index, value in enumerate(batch.column(name).to_pylist()):
            if index in reasons or value is None:
                continue
            if value in known:
                reasons.setdefault(index, []).append(
                    f"column {name!r}: {value!r:.60} came before and must be unique"
                )
            else:
                known.add(value)


def _set_aside(
    chunk: Chunk, schema: Schema, reasons: dict[int, list[str]], quarantine: QuarantineWriter
) -> None:
    """Hand over the chunk's bad rows in the order of the file."""
    found = [(bad, bad.reason) for bad in chunk.bad]
    for index, said in reasons.items():
        raw = {name: _cell(chunk.columns[name], index) for name in schema.names}
        bad = BadRow(chunk.rows[index], chunk.lines[index], "; ".join(said), raw)
        found.append((bad, _kind(said[0])))
    for bad, kind in sorted(found, key=lambda pair: pair[0].row):
        quarantine.add(bad, kind=kind)


def _cell(raw: Any, index: int) -> Any:
    return raw[index] if isinstance(raw, list) else raw[index].as_py()


def _kind(reason: str) -> str:
    """The reason without the value: ``column 'age': is not of type integer``."""
    column, _, said = reason.partition(": ")
    for phrase in ("is not", "is empty", "is below", "is above", "is none of", "came before"):
        if phrase in said:
            return f"{column}: {said[said.rindex(phrase) :]}"
    return reason


def _without(batch: Any, reasons: dict[int, list[str]]) -> Any:
    import pyarrow as pa

    return batch.filter(pa.array([index not in reasons for index in range(batch.num_rows)]))
