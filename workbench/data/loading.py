"""Data sets as ``datasets`` objects, built once from raw files and read from the disk after that.

A build lies in ``<home>/datasets/<name>-<key>``; the key is the hash of all that goes into it
(the raw bytes, the schema, the layout), so an edit of a file is a new build, never a stale one.
No network is used but for the catalogue's sources, and those only when they are not in the store.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.core import events, settings
from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.core.optional import require
from workbench.core.viewers import Viewable
from workbench.store.artifacts import Artifacts
from workbench.store.files import hash_file
from workbench.store.sources import FetchedFile, Source, fetch

from . import builds, sets
from .builds import Build
from .catalogue import Entry, entries, find_entry
from .checking import checked_batches
from .inference import infer_schema
from .quarantine import Quarantine, QuarantineWriter
from .reading import Layout, open_reader
from .schema import Schema, schema_from

log = logging.getLogger(__name__)
_NAME = re.compile(r"[a-z0-9_-]+")


@dataclass(frozen=True)
class LoadedFile(Viewable):
    """A file of the user's own: its rows, what they were taken for, and what was set aside."""

    dataset: Any
    schema: Schema
    quarantine: Quarantine
    fingerprint: str


def load(
    source: str | Path,
    split: str | None = None,
    *,
    revision: str | None = None,
    schema: Any = None,
    on_bad: str = "quarantine",
    layout: Layout | None = None,
) -> Any:
    """A data set of the catalogue, or a file (.csv, .tsv, .jsonl, .ndjson, .parquet).

    Args:
        source: A name of the catalogue or a path.
        split: One split; by default all of a catalogue entry that has several. A file is all
            ``train``.
        revision: The catalogue revision that must be meant.
        schema: Of a file; anything that ``schema_from`` takes. Inferred if none is given.
        on_bad: ``quarantine`` sets bad rows of a file aside with a warning, ``raise`` stops.
        layout: Of a CSV file.

    Returns:
        A ``datasets.Dataset``, or a ``DatasetDict`` where there are several splits, mapped from
        the disk.

    Raises:
        NotFoundError: There is no such name, split, revision or file.
        InputError: A path is a folder's.
        DataError: A file breaks its schema.
        FetchError: The source could not be reached.
    """
    if isinstance(source, str) and (source in entries() or _NAME.fullmatch(source)):
        if schema is not None or layout is not None:
            raise InputError(
                f"{source} has its own schema and layout", hint="leave schema and layout out"
            )
        return _load_entry(find_entry(source, revision=revision), split)
    if revision is not None:
        raise InputError(f"the file {source} has no revisions", hint="leave revision out")
    if split not in (None, "train"):
        raise NotFoundError.among("split", str(split), ["train"])
    return load_file(Path(source), schema=schema, on_bad=on_bad, layout=layout).dataset


def load_file(
    path: str | Path,
    *,
    schema: Any = None,
    on_bad: str = "quarantine",
    layout: Layout | None = None,
) -> LoadedFile:
    """A file with its schema, its quarantine and its fingerprint; see ``load``.

    Raises:
        DataError: It is empty, does not fit its schema, or no row of it is good.
    """
    path = Path(path)
    if on_bad not in ("quarantine", "raise"):
        raise InputError(f"on_bad is {on_bad!r}", hint="'quarantine' or 'raise'")
    reader = open_reader(path, layout=layout)
    known = infer_schema(reader) if schema is None else schema_from(schema)
    key = {"file": hash_file(path), "schema": known, "layout": layout, "on_bad": on_bad}
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", path.stem) or "table"

    def make(build: builds.Draft) -> None:
        with build.text_file("quarantine.jsonl") as file:
            writer = QuarantineWriter(file, on_bad=on_bad, where=str(path))
            batches = checked_batches(reader, known, quarantine=writer, where=str(path))
            rows = build.write_split("train", batches, known)
        if rows == 0:
            raise DataError(
                f"no row of {path} is good: " + "; ".join(writer.result(None, kept_rows=0).reasons),
                hint="give another schema: workbench data check FILE SCHEMA"
                if schema is not None
                else f"look at its first lines: head -3 {path}",
            )
        build.facts["quarantine"] = writer.result(None, kept_rows=rows)

    build = builds.get(f"file-{stem}", key=key, make=make)
    quarantine = _quarantine(build)
    if quarantine.rows:
        log.warning(
            "%s: %d of %d rows were set aside, see %s",
            path,
            quarantine.rows,
            quarantine.rows + quarantine.kept_rows,
            quarantine.path,
        )
        events.emit("data.quarantined", file=str(path), rows=quarantine.rows)
    return LoadedFile(_dataset(build, "train"), known, quarantine, build.fingerprints["train"])


def pull(entry: Entry) -> Build:
    """Fetch and build a catalogue entry, unless that was done; the build says what it holds.

    Raises:
        IntegrityError: What was built is not what the catalogue states.
    """
    fetched = _fetch(entry)
    key = {
        "revision": entry.revision,
        "files": {name: file.sha256 for name, file in fetched.items()},
        "schema": entry.schema,
        "fingerprints": entry.fingerprints,
    }
    paths = {name: file.path for name, file in fetched.items()}

    def make(build: builds.Draft) -> None:
        for split, batches in sets.build(entry.builder, paths, entry.schema).items():
            build.write_split(split, batches, entry.schema)
        build.facts["license"] = entry.license
        build.facts["sources"] = [source.uri for source in entry.sources]
        builds.check_against(build, rows=entry.rows, fingerprints=entry.fingerprints)

    return builds.get(entry.name, key=key, make=make)


def _fetch(entry: Entry) -> dict[str, FetchedFile]:
    """The entry's raw files by name.

    Where something has to be fetched, what other entries want of the same wheel comes with it: a
    few megabytes in the store save them a download of their own.
    """
    names = {file.name for source in entry.sources for file in source.files}
    artifacts, sources = Artifacts(), entry.sources
    pinned = [file.sha256 for source in sources for file in source.files]
    if not all(sha256 and artifacts.contains(sha256) for sha256 in pinned):
        everyone = [source for other in entries().values() for source in other.sources]
        sources = tuple(_with_files_of(source, everyone) for source in sources)
    return {f.name: f for f in fetch(sources, artifacts=artifacts) if f.name in names}


def _with_files_of(source: Source, others: Iterable[Source]) -> Source:
    files = {file.name: file for other in others if other.uri == source.uri for file in other.files}
    return replace(source, files=tuple({**files, **{f.name: f for f in source.files}}.values()))


def _load_entry(entry: Entry, split: str | None) -> Any:
    if split is not None and split not in entry.rows:
        raise NotFoundError.among(f"split of {entry.name}", split, entry.rows)
    build = pull(entry)
    names = [split] if split else list(entry.rows)
    parts = {name: _dataset(build, name, entry=entry) for name in names}
    if len(parts) == 1:
        return parts[names[0]]
    return require("datasets", extra="data").DatasetDict(parts)


def _dataset(build: Build, split: str, *, entry: Entry | None = None) -> Any:
    datasets = require("datasets", extra="data")
    # What `map` and `filter` make of it lies beside the build, and so in the home as well.
    info = datasets.DatasetInfo()
    if entry is not None:
        info.description, info.license = entry.title, entry.license
    return datasets.Dataset.from_file(str(build.path(split)), info=info, split=split)


def _quarantine(build: Build) -> Quarantine:
    from .schema import BadRow

    facts = dict(build.facts["quarantine"])
    facts["first"] = tuple(BadRow(**bad) for bad in facts["first"])
    facts["path"] = build.folder / "quarantine.jsonl" if facts["rows"] else None
    return Quarantine(**facts)


def datasets_home() -> Path:
    """Where builds lie."""
    return settings.home() / builds.FOLDER
