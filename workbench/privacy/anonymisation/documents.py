"""Files as texts to be anonymised and put back: plain text, JSON, tables, outputs of notebooks.

Each kind gives its texts in order, numbers, keys and headings among them, and writes itself with
others in their places. Nothing is written here but by ``write``, whole or not at all, and only if
the bytes, taken apart once more, hold nothing but what was given.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from workbench.core.errors import DataError, EngineError, InputError, NotFoundError
from workbench.store.files import write_bytes

from .by_key import Place
from .leaves import Leaves, not_looked_at

KINDS = (".txt", ".md", ".log", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".ipynb")


class Document:
    """A file taken apart.

    ``texts`` are what is to be judged, and ``places`` where each stands; ``views`` are the same
    without marks of their form, equally long. ``dropped`` says what was left out because nobody can
    judge it. ``kept`` are the words that stay as they are: what a notebook's author wrote.
    ``assemble`` makes the file's bytes from new texts.
    """

    def __init__(
        self, texts: list[str], assemble: Callable[[Sequence[str]], bytes],
        *, views: list[str] | None = None, dropped: tuple[str, ...] = (),
        kept: Sequence[str] = (), places: Sequence[Place] | None = None,
    ) -> None:  # fmt: skip
        self.texts = texts
        self.places = [Place()] * len(texts) if places is None else list(places)
        self.views = texts if views is None else views
        self.dropped = dropped
        self.kept = tuple(kept)
        self._assemble = assemble
        self._again: Callable[[bytes], Document] | None = None

    def read_again_by(self, take_apart: Callable[[bytes], Document]) -> None:
        """How what is written is taken apart again, to be held against what was looked at."""
        self._again = take_apart

    def write(self, path: Path, texts: Sequence[str]) -> None:
        """Write the file with these texts in their places, whole or not at all.

        Raises:
            EngineError: What would be written holds a text, a number or a key that is none of them.
        """
        content = self._assemble(texts)
        if self._again is not None:
            strange = not_looked_at(self._again(content).texts, texts)
            if strange:
                raise EngineError(
                    f"what would be written holds {strange} texts, numbers or keys that nobody "
                    "looked at; nothing was written",
                    hint="report it with the kind of file, not the file",
                )
        write_bytes(path, content)


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
    document = _taken_apart(path, path.read_bytes(), columns)
    document.read_again_by(lambda content: _taken_apart(path, content, columns, again=True))
    return document


def _taken_apart(
    path: Path, content: bytes, columns: Sequence[str], *, again: bool = False
) -> Document:
    """The bytes of a file of this name as a document."""
    from .cells import open_csv, open_parquet
    from .notebook_outputs import open_notebook

    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return open_parquet(path, content, columns)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 ({error.reason})", hint="iconv -t UTF-8") from None
    if not text and not again:
        raise DataError(f"{path} is empty", hint="there is nothing to anonymise")
    if suffix in (".txt", ".md", ".log"):
        return Document([text], lambda made: made[0].encode())
    if suffix in (".jsonl", ".ndjson"):
        return _json_lines(path, text, columns)
    if suffix == ".ipynb":
        return open_notebook(path, text)
    return open_csv(path, text, columns, "\t" if suffix == ".tsv" else ",")


def _json_lines(path: Path, text: str, columns: Sequence[str]) -> Document:
    leaves, rows = Leaves(), []
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
        if columns:
            rows.append({name: leaves.take(value, (name,)) if name in columns else value
                         for name, value in row.items()})  # fmt: skip
        else:
            rows.append(leaves.take(row))
    check_columns(columns, seen)

    def assemble(made: Sequence[str]) -> bytes:
        lines = (json.dumps(leaves.put(row, made), ensure_ascii=False) for row in rows)
        return "".join(line + "\n" for line in lines).encode()

    return Document(leaves.texts, assemble, places=leaves.places)


def check_columns(columns: Sequence[str], known: Sequence[str] | set[str]) -> None:
    for name in columns:
        if name not in known:
            raise NotFoundError.among("column", name, known)
