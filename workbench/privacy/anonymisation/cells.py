"""Tables as documents: every cell by the heading above it, and the headings themselves."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.core.errors import DataError

from .by_key import Place
from .documents import Document, check_columns
from .leaves import Leaves, number_as_text, told_apart


def open_csv(path: Path, text: str, columns: Sequence[str], mark: str) -> Document:
    """A table of text; all cells, those beyond the headings too, if no columns are named."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True))
    except csv.Error as error:
        raise DataError(f"{path} is not well-formed: {error}", hint="mend it first") from None
    head = rows[0]
    check_columns(columns, head)
    leaves = Leaves()
    places = []
    for row, cells in enumerate(rows):
        for at, said in enumerate(cells):
            name = head[at] if at < len(head) else ""
            if columns and (row == 0 or name not in columns):
                continue
            place = Place(key=True) if row == 0 else Place((name,) if name else ())
            leaves.add(said, place)
            places.append((row, at))

    def assemble(made: Sequence[str]) -> bytes:
        new = [list(row) for row in rows]
        for (row, at), said in zip(places, made, strict=True):
            new[row][at] = said
        new[0] = told_apart(head, new[0])
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=mark, lineterminator="\n").writerows(new)
        return out.getvalue().encode()

    return Document(leaves.texts, assemble, places=leaves.places)


def open_parquet(path: Path, content: bytes, columns: Sequence[str]) -> Document:
    """A Parquet file: texts, numbers, dates, lists and structs; bytes cannot be judged.

    A column in which a number or a date was replaced becomes one of texts.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(content))
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path} is not a Parquet file: {error}", hint="write it again") from None
    check_columns(columns, table.column_names)
    leaves = Leaves()
    kept = {}
    for field in table.schema:
        if not columns or field.name in columns:
            cells = [_plain(cell, path, field.name) for cell in table[field.name].to_pylist()]
            kept[field.name] = (cells, leaves.take(cells, (field.name,)))
    heads = [] if columns else [leaves.add(n, Place(key=True)) for n in table.column_names]

    def assemble(made: Sequence[str]) -> bytes:
        out = table
        for name, (cells, marked) in kept.items():
            new = leaves.put(marked, made)
            if new != cells:
                place = out.schema.get_field_index(name)
                values = _as_column(new, out.schema.field(place).type)
                out = out.set_column(place, name, values)
        if heads:
            names = told_apart(table.column_names, [made[at] for at in heads])
            if names != table.column_names:  # what pandas notes of a table has its headings, too
                out = out.rename_columns(names).replace_schema_metadata(None)
        sink = io.BytesIO()
        pq.write_table(out, sink)
        return sink.getvalue()

    return Document(leaves.texts, assemble, places=leaves.places)


def _plain(cell: Any, path: Path, name: str) -> Any:
    """A cell as JSON has it: dates, times and decimal numbers as they are written."""
    if isinstance(cell, bytes):
        raise DataError(
            f"the column {name!r} of {path.name} holds bytes, which nobody here can judge",
            hint="leave it out of the file, or name the others: --columns",
        )
    if isinstance(cell, list | tuple):
        return [_plain(each, path, name) for each in cell]
    if isinstance(cell, dict):
        return {str(key): _plain(each, path, name) for key, each in cell.items()}
    return cell if cell is None or isinstance(cell, bool | str | int | float) else str(cell)


def _as_column(values: list[Any], was: Any) -> Any:
    """Values as a column of the type that it had, or else with numbers and dates as texts."""
    import pyarrow as pa

    refused = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError)
    if not pa.types.is_nested(was):  # a struct takes no key that it has not, and says nothing
        with contextlib.suppress(*refused):
            return pa.array(values, was)
    return pa.array(_as_texts(values))


def _as_texts(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_texts(each) for each in value]
    if isinstance(value, dict):
        return {name: _as_texts(each) for name, each in value.items()}
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number_as_text(value) if number else value
