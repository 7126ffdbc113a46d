"""Files as chunks of raw cells: CSV, JSON lines and Parquet, never the whole file at once."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.core.errors import DataError, InputError, NotFoundError

from .schema import BadRow

_CHUNK_ROWS = 8192
_NAMED = 3
UTF8_HINT = "iconv -f ISO-8859-1 -t UTF-8 {0} > NEW"
_CSV, _JSON_LINES = (".csv", ".tsv", ".txt", ".data"), (".jsonl", ".ndjson")
_PEEK_BYTES = 8192
# Random or packed bytes hold a tenth of these; of text, in whatever encoding, next to nothing.
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f]")
_CONTROLS_SHARE = 0.05


@dataclass(frozen=True)
class Layout:
    """How a text file is laid out.

    ``names`` are given where a file has no header, or take the place of the one it has.
    ``missing`` are the cells that mean nothing is known. ``comment`` begins lines that are passed
    over.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    header: bool = True
    names: tuple[str, ...] = ()
    missing: tuple[str, ...] = ("",)
    comment: str = ""


@dataclass
class Chunk:
    """Some rows: their numbers (from 1), their lines, and each column's raw cells in that order.

    ``bad`` are rows that could not be taken apart at all.
    """

    rows: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    columns: dict[str, Any] = field(default_factory=dict)
    bad: list[BadRow] = field(default_factory=list)


class Reader:
    """A file of one kind: its column names, and its chunks as often as they are asked for."""

    names: list[str]

    def chunks(self) -> Iterator[Chunk]:
        """Go through the file from its start."""
        raise NotImplementedError


def open_reader(path: Path, *, layout: Layout | None = None) -> Reader:
    """A reader by the file's ending: .csv, .tsv, .jsonl, .ndjson or .parquet.

    Raises:
        NotFoundError: There is no such file.
        DataError: It is empty or no text, or its header is of no use.
        InputError: It is a folder, or the ending is none of these.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder, not a file", hint=f"name a file in it: ls {path}")
    if not path.is_file():
        raise NotFoundError(f"there is no file {path}", hint=f"ls {path.parent}")
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty", hint="a table has at least one row")
    suffix = path.suffix.lower()
    if suffix in (*_CSV, *_JSON_LINES):
        _refuse_binary(path)
    if suffix in _CSV:
        default = Layout(delimiter="\t") if suffix == ".tsv" else Layout()
        return CsvReader(path, layout or default)
    if suffix in _JSON_LINES:
        return JsonLinesReader(path)
    if suffix == ".parquet":
        return ParquetReader(path)
    raise InputError(
        f"{path.name} is of an unknown kind {suffix!r}",
        hint="allowed: .csv, .tsv, .jsonl, .ndjson, .parquet",
    )


def _refuse_binary(path: Path) -> None:
    """Refuse what is no text in any encoding; a few bad bytes make bad rows, as they always did."""
    with path.open("rb") as file:
        start = file.read(_PEEK_BYTES)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return  # UTF-16: that is said where lines are read
    try:
        start.decode()
    except UnicodeDecodeError:
        if len(_CONTROLS.findall(start)) > _CONTROLS_SHARE * len(start):
            raise DataError(
                f"{path} is not a text file: its bytes are those of another kind of file",
                hint="save it as CSV in UTF-8; if it is Parquet, its name must end in .parquet",
            ) from None


class _Lines:
    """Decoded lines of a file; those that do not decode are given with marks and remembered."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self._path, self._layout = path, layout
        self.undecodable: list[int] = []

    def __iter__(self) -> Iterator[str]:
        with self._path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff")):
                    raise DataError(
                        f"{self._path} is UTF-16", hint="iconv -f UTF-16 -t UTF-8, then again"
                    )
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                try:
                    text = line.decode(self._layout.encoding)
                except UnicodeDecodeError:
                    self.undecodable.append(number)
                    text = line.decode(self._layout.encoding, errors="replace")
                # A passed-over line stays as an empty one, so that line numbers stay true.
                passed = self._layout.comment and text.startswith(self._layout.comment)
                yield "\n" if passed else text


class CsvReader(Reader):
    """Text cells between delimiters, quoted as RFC 4180 says."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self._path, self._layout = path, layout
        if not layout.header and not layout.names:
            raise InputError(f"{path} is said to have no header", hint="name its columns")
        self.names = list(layout.names) or next(self._records())[2]
        twice = sorted({name for name in self.names if self.names.count(name) > 1})
        if twice or "" in self.names:
            raise DataError(
                f"the header of {path} names {twice or 'a column without a name'}"
                + (" twice" if twice else ""),
                hint="give each column a name of its own in the first line",
            )

    def chunks(self) -> Iterator[Chunk]:
        """Go through the file; a row with too few or too many cells is a bad row."""
        width, chunk, cells, row = len(self.names), Chunk(), [], 0
        records = self._records()
        if self._layout.header:
            next(records)
        for row, (line, reason, record) in enumerate(records, start=1):
            if not reason and len(record) != width:
                reason = f"{len(record)} cells where {width} were expected"
            if reason:
                chunk.bad.append(BadRow(row, line, reason, record))
            else:
                chunk.rows.append(row)
                chunk.lines.append(line)
                cells.append(record)
            if len(cells) + len(chunk.bad) >= _CHUNK_ROWS:
                yield self._finish(chunk, cells)
                chunk, cells = Chunk(), []
        if row == 0:
            raise DataError(f"{self._path} has a header and no rows", hint="add rows")
        yield self._finish(chunk, cells)

    def _records(self) -> Iterator[tuple[int, str, list[str]]]:
        """Each record with its last line and, if it is broken, the reason."""
        lines = _Lines(self._path, self._layout)
        reader = csv.reader(
            lines, delimiter=self._layout.delimiter, skipinitialspace=True, strict=True
        )
        while True:
            first = reader.line_num + 1
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield reader.line_num, f"not well-formed CSV: {error}", []
                continue
            if lines.undecodable and lines.undecodable[-1] >= first:
                yield reader.line_num, f"not {self._layout.encoding}", record
            elif record:  # an empty line is no record
                yield reader.line_num, "", record

    def _finish(self, chunk: Chunk, cells: list[list[str]]) -> Chunk:
        import pyarrow as pa

        missing = set(self._layout.missing)
        columns = zip(*cells, strict=True) if cells else ((),) * len(self.names)
        for name, column in zip(self.names, columns, strict=True):
            chunk.columns[name] = pa.array(
                [None if cell in missing else cell for cell in column], pa.string()
            )
        return chunk


class JsonLinesReader(Reader):
    """One JSON object a line. A key that a line lacks is null there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        found: dict[str, None] = {}
        broken: list[str] = []
        for line, reason, _, record in self._records():
            if record is not None:
                found.update(dict.fromkeys(record))
            elif len(broken) < _NAMED:
                broken.append(f"line {line}: {reason}")
        self.names = list(found)
        if not found:
            said = f": {'; '.join(broken)}" if broken else ""
            hint = f"head -3 {path}"
            if any(each.endswith("not utf-8") for each in broken):
                hint = f"{UTF8_HINT.format(path)}, if it is Latin-1"
            raise DataError(f"{path} has no line that is a JSON object{said}", hint=hint)

    def chunks(self) -> Iterator[Chunk]:
        """Go through the file; a line that is not an object is a bad row."""
        chunk, records = Chunk(), []
        for row, (line, reason, text, record) in enumerate(self._records(), start=1):
            if record is None:
                chunk.bad.append(BadRow(row, line, reason, text))
            else:
                chunk.rows.append(row)
                chunk.lines.append(line)
                records.append(record)
            if len(records) + len(chunk.bad) >= _CHUNK_ROWS:
                yield self._finish(chunk, records)
                chunk, records = Chunk(), []
        yield self._finish(chunk, records)

    def _records(self) -> Iterator[tuple[int, str, str, Mapping[str, Any] | None]]:
        with self._path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                reason, record = "", None
                try:
                    # A byte order mark belongs at the start of a file; further in it is a fault.
                    text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                    # Without its end, or what is cut off there is told of column 1 of the next.
                    record = json.loads(text.rstrip("\r\n"), parse_constant=_refuse)
                    if not isinstance(record, dict):
                        reason, record = "not a JSON object", None
                except UnicodeDecodeError:
                    reason = "not utf-8"
                except json.JSONDecodeError as error:  # of this line: its own count says nothing
                    reason = f"not JSON: {error.msg.removesuffix(' at')} at column {error.colno}"
                except (ValueError, RecursionError) as error:
                    reason = f"not JSON: {error}"
                yield number, reason, line.decode(errors="replace").rstrip("\n"), record

    def _finish(self, chunk: Chunk, records: list[Mapping[str, Any]]) -> Chunk:
        chunk.columns = {name: [record.get(name) for record in records] for name in self.names}
        return chunk


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


class ParquetReader(Reader):
    """Typed columns, a row group's batch at a time."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            self.file = pq.ParquetFile(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise DataError(
                f"{path} is not a Parquet file: {error}", hint="write it again"
            ) from None
        self.names = list(self.file.schema_arrow.names)
        if self.file.metadata.num_rows == 0:
            raise DataError(f"{path} has no rows", hint="add rows")

    def chunks(self) -> Iterator[Chunk]:
        """Go through the file."""
        done = 0
        for batch in self.file.iter_batches(batch_size=_CHUNK_ROWS):
            rows = list(range(done + 1, done + batch.num_rows + 1))
            done += batch.num_rows
            columns = dict(zip(self.names, batch.columns, strict=True))
            yield Chunk(rows, [0] * len(rows), columns)
