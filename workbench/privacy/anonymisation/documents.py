"""Files as texts to be anonymised and put back: plain text, rows of text, outputs of notebooks.

Each kind gives its texts in order and writes itself with other texts in their places; what is no
text stays as it is. Nothing is written here but by ``write``, whole or not at all.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.store.files import write_bytes

KINDS = (".txt", ".md", ".log", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".ipynb")
_TAG = re.compile(r"<(?:style|script)\b.*?</(?:style|script)>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_WITHHELD = "[WITHHELD: {mime}, which no recogniser here can read]"


class Document:
    """A file taken apart.

    ``texts`` are what is to be judged; ``views`` are the same without marks of their form, equally
    long. ``dropped`` says what was left out because nobody can judge it. ``kept`` are the words
    that stay as they are: what a notebook's author wrote. ``assemble`` makes the file's bytes from
    new texts.
    """

    def __init__(
        self, texts: list[str], assemble: Callable[[Sequence[str]], bytes],
        *, views: list[str] | None = None, dropped: tuple[str, ...] = (),
        kept: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.texts = texts
        self.views = texts if views is None else views
        self.dropped = dropped
        self.kept = tuple(kept)
        self._assemble = assemble

    def write(self, path: Path, texts: Sequence[str]) -> None:
        """Write the file with these texts in their places, whole or not at all."""
        write_bytes(path, self._assemble(texts))


def open_document(path: Path, *, columns: Sequence[str] = ()) -> Document:
    """Take a file apart by its ending.

    Args:
        path: One of ``KINDS``.
        columns: Of a table or of JSON lines: only these; all text if none are named.

    Raises:
        NotFoundError: There is no such file, or no such column.
        InputError: It is of another kind.
        DataError: It cannot be read as what it says it is, or is empty.
    """
    if not path.is_file():
        raise NotFoundError(f"there is no file {path}", hint=f"ls {path.parent}")
    suffix = path.suffix.lower()
    if suffix not in KINDS:
        raise InputError(f"{path.name} is of an unknown kind {suffix!r}", hint=", ".join(KINDS))
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty", hint="there is nothing to anonymise")
    if suffix == ".parquet":
        return _parquet(path, columns)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 ({error.reason})", hint="iconv -t UTF-8") from None
    if not text:
        raise DataError(f"{path} is empty", hint="there is nothing to anonymise")
    if suffix in (".txt", ".md", ".log"):
        return Document([text], lambda made: made[0].encode())
    if suffix in (".jsonl", ".ndjson"):
        return _json_lines(path, text, columns)
    if suffix == ".ipynb":
        return _notebook(path, text)
    return _csv(path, text, columns, "\t" if suffix == ".tsv" else ",")


class _Leaves:
    """The strings inside JSON values: taken out in order, and put back in the same order."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def take(self, value: Any) -> Any:
        """The value with a mark in the place of each string."""
        if isinstance(value, str):
            self.texts.append(value)
            return _Mark(len(self.texts) - 1)
        if isinstance(value, list):
            return [self.take(each) for each in value]
        if isinstance(value, dict):
            return {name: self.take(each) for name, each in value.items()}
        return value


class _Mark(int):
    """The number of a text that stands here."""


def _put(value: Any, texts: Sequence[str]) -> Any:
    if isinstance(value, _Mark):
        return texts[value]
    if isinstance(value, list):
        return [_put(each, texts) for each in value]
    if isinstance(value, dict):
        return {name: _put(each, texts) for name, each in value.items()}
    return value


def _json_lines(path: Path, text: str, columns: Sequence[str]) -> Document:
    leaves, rows = _Leaves(), []
    seen: set[str] = set()
    # Not by `splitlines`: a string may have a line separator of Unicode in it, as ours have.
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise DataError(
                f"{path}, line {number}: not JSON: {error}", hint="mend it first"
            ) from None
        if not isinstance(row, dict):
            raise DataError(f"{path}, line {number}: not a JSON object", hint="one object a line")
        seen.update(row)
        rows.append({name: leaves.take(value) if not columns or name in columns else value
                     for name, value in row.items()})  # fmt: skip
    _check(columns, seen)

    def assemble(made: Sequence[str]) -> bytes:
        lines = (json.dumps(_put(row, made), ensure_ascii=False) for row in rows)
        return "".join(line + "\n" for line in lines).encode()

    return Document(leaves.texts, assemble)


def _csv(path: Path, text: str, columns: Sequence[str], mark: str) -> Document:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True))
    except csv.Error as error:
        raise DataError(f"{path} is not well-formed: {error}", hint="mend it first") from None
    _check(columns, rows[0])
    wanted = [at for at, name in enumerate(rows[0]) if not columns or name in columns]
    places = [(row, at) for row in range(1, len(rows)) for at in wanted if at < len(rows[row])]

    def assemble(made: Sequence[str]) -> bytes:
        new = [list(row) for row in rows]
        for (row, at), said in zip(places, made, strict=True):
            new[row][at] = said
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=mark, lineterminator="\n").writerows(new)
        return out.getvalue().encode()

    return Document([rows[row][at] for row, at in places], assemble)


def _parquet(path: Path, columns: Sequence[str]) -> Document:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path} is not a Parquet file: {error}", hint="write it again") from None
    _check(columns, table.column_names)
    kinds = (pa.types.is_string, pa.types.is_large_string)
    text_like = [each.name for each in table.schema if any(kind(each.type) for kind in kinds)]
    wanted = [name for name in text_like if not columns or name in columns]
    cells = {name: table[name].to_pylist() for name in wanted}
    places = [
        (name, at) for name in wanted for at, cell in enumerate(cells[name]) if cell is not None
    ]

    def assemble(made: Sequence[str]) -> bytes:
        new = {name: list(values) for name, values in cells.items()}
        for (name, at), said in zip(places, made, strict=True):
            new[name][at] = said
        out = table
        for name, values in new.items():
            place = out.schema.get_field_index(name)
            field = out.schema.field(place)
            out = out.set_column(place, field, pa.array(values, field.type))
        sink = io.BytesIO()
        pq.write_table(out, sink)
        return sink.getvalue()

    return Document([cells[name][at] for name, at in places], assemble)


def _notebook(path: Path, text: str) -> Document:
    """Outputs only: what the cells say is the author's. Pictures are dropped and said to be."""
    notebook, cells = _cells_of(path, text)
    leaves = _Leaves()
    html: set[int] = set()
    dropped: list[str] = []
    for cell in cells:
        cell["outputs"] = [_output(each, leaves, html, dropped) for each in cell.get("outputs", [])]
        if cell.get("cell_type") != "code":
            del cell["outputs"]
    if "widgets" in notebook.get("metadata", {}):
        notebook["metadata"]["widgets"] = leaves.take(notebook["metadata"]["widgets"])
    views = [_TAG.sub(_blank, said) if at in html else said for at, said in enumerate(leaves.texts)]

    def assemble(made: Sequence[str]) -> bytes:
        return (json.dumps(_put(notebook, made), ensure_ascii=False, indent=1) + "\n").encode()

    kept = ["".join(cell.get("source", "")) for cell in cells]
    return Document(leaves.texts, assemble, views=views, dropped=tuple(dropped), kept=kept)


def _cells_of(path: Path, text: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The notebook and its cells, each with the outputs that a code cell must have.

    Raises:
        DataError: It is no notebook of nbformat 4.
    """
    refused = DataError(f"{path} is not a notebook", hint="nbformat 4: a JSON with cells")
    try:
        notebook = json.loads(text)
        cells = notebook["cells"]
    except (ValueError, KeyError, TypeError):
        raise refused from None
    sound = isinstance(cells, list) and all(
        isinstance(cell, dict)
        and isinstance(cell.get("source", ""), str | list)
        and isinstance(cell.get("outputs", []), list)
        and all(isinstance(each, dict) and isinstance(each.get("data", {}), dict)
                for each in cell.get("outputs", []))
        for cell in cells
    )  # fmt: skip
    if not sound:
        raise refused
    return notebook, cells


def _output(output: dict[str, Any], leaves: _Leaves, html: set[int], dropped: list[str]) -> Any:
    kept: dict[str, Any] = {}
    for name, value in output.items():
        if name == "data":
            kept[name] = {
                mime: _mime(mime, said, leaves, html, dropped) for mime, said in value.items()
            }
        elif name in ("text", "traceback", "evalue"):
            joined = "".join(value) if name == "text" and isinstance(value, list) else value
            kept[name] = leaves.take(joined)
        else:
            kept[name] = value
    return kept


def _mime(mime: str, value: Any, leaves: _Leaves, html: set[int], dropped: list[str]) -> Any:
    if mime.startswith(("image/", "audio/", "video/", "application/pdf")) and "svg" not in mime:
        dropped.append(mime)
        return _WITHHELD.format(mime=mime)
    whole = (
        "".join(value)
        if isinstance(value, list) and all(isinstance(v, str) for v in value)
        else value
    )
    if mime in ("text/html", "image/svg+xml") and isinstance(whole, str):
        html.add(len(leaves.texts))
    return leaves.take(whole)


def _blank(hit: re.Match[str]) -> str:
    """A tag as empty lines: what stands in two cells of a table is not one name."""
    return "\n" * len(hit.group())


def _check(columns: Sequence[str], known: Sequence[str] | set[str]) -> None:
    for name in columns:
        if name not in known:
            raise NotFoundError.among("column", name, known)
