"""What a user can ask of data sets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workbench.core.operations import operation
from workbench.core.viewers import Viewable

from . import describing, loading
from .catalogue import entries, find_entry
from .fingerprints import fingerprint
from .quarantine import Quarantine
from .schema import Schema


@dataclass(frozen=True)
class Listed(Viewable):
    """One line of the catalogue. ``built`` says whether it is here already."""

    name: str
    title: str
    question: str
    task: str
    rows: dict[str, int]
    size_bytes: int
    license: str
    built: bool


@dataclass(frozen=True)
class Pulled(Viewable):
    """A catalogue entry that is here now."""

    name: str
    revision: str
    rows: dict[str, int]
    fingerprints: dict[str, str]
    size_bytes: int
    license: str
    sources: tuple[str, ...]
    folder: Path


@dataclass(frozen=True)
class Description(Viewable):
    """What a data set holds. What only the catalogue knows is empty for a file."""

    name: str
    title: str
    rows: dict[str, int]
    fingerprints: dict[str, str]
    columns: dict[str, tuple[describing.ColumnSummary, ...]]
    target: str | None
    balance: dict[str, dict[str, float]]
    sensitive: tuple[str, ...]
    license: str
    origin: str
    notes: str
    quarantined_rows: int


@dataclass(frozen=True)
class FileCheck(Viewable):
    """Whether every row of a file is good, and which are not."""

    file: Path
    ok: bool
    rows: int
    schema: Schema
    quarantine: Quarantine
    fingerprint: str


@operation("data.list", title="List the data sets", produces="table")
def list_sets() -> list[Listed]:
    """List the data sets of the catalogue, with their licences and whether they are here."""
    home = loading.datasets_home()
    return [
        Listed(
            entry.name,
            entry.title,
            entry.question,
            entry.task,
            entry.rows,
            entry.size_bytes,
            entry.license,
            any(home.glob(f"{name}-{'[0-9a-f]' * 16}")),
        )
        for name, entry in entries().items()
    ]


@operation("data.pull", title="Fetch a data set", produces="data set")
def pull(name: str) -> Pulled:
    """Fetch a data set of the catalogue and build it, unless it is here already.

    Args:
        name: Its name in the catalogue.
    """
    entry = find_entry(name)
    build = loading.pull(entry)
    return Pulled(
        name,
        entry.revision,
        build.rows,
        build.fingerprints,
        build.size_bytes,
        entry.license,
        tuple(source.uri for source in entry.sources),
        build.folder,
    )


@operation("data.describe", title="Describe a data set", produces="table")
def describe(source: str, *, split: str | None = None, target: str | None = None) -> Description:
    """Describe a data set: its columns with types, missing values and ranges, and its classes.

    Args:
        source: A name of the catalogue, or a file (.csv, .tsv, .jsonl, .ndjson, .parquet).
        split: One split only.
        target: The column whose shares are told; by default the catalogue's target.
    """
    entry = entries().get(source)
    quarantined_rows = 0
    if entry is None and Path(source).suffix:
        found = loading.load_file(source)
        loaded, quarantined_rows = found.dataset, found.quarantine.rows
    else:
        loaded = loading.load(source, split)
    parts: dict[str, Any] = (
        dict(loaded) if isinstance(loaded, dict) else {str(loaded.split or "train"): loaded}
    )
    target = target or (entry.target if entry else None)
    return Description(
        name=source,
        title=entry.title if entry else "",
        rows={name: part.num_rows for name, part in parts.items()},
        fingerprints={name: fingerprint(part) for name, part in parts.items()},
        columns={name: describing.summarise(part) for name, part in parts.items()},
        target=target,
        balance={n: describing.balance(p, target) for n, p in parts.items()} if target else {},
        sensitive=entry.sensitive if entry else (),
        license=entry.license if entry else "",
        origin=entry.origin if entry else "",
        notes=entry.notes if entry else "",
        quarantined_rows=quarantined_rows,
    )


@operation("data.check", title="Check a file against a schema", produces="table")
def check(
    file: Path,
    against: Path | None = None,
    *,
    on_bad: Literal["quarantine", "raise"] = "quarantine",
) -> FileCheck:
    """Check each row of a file against a schema; bad rows are set aside with their reasons.

    Args:
        file: A .csv, .tsv, .jsonl, .ndjson or .parquet file.
        against: The schema, a JSON file: column to type, or to an object with type, nullable,
            low, high, choices, unique. Without one the types are inferred.
        on_bad: Whether to go on after a bad row, or stop at the first.
    """
    found = loading.load_file(file, schema=against, on_bad=on_bad)
    return FileCheck(
        file,
        found.quarantine.rows == 0,
        found.quarantine.rows + found.quarantine.kept_rows,
        found.schema,
        found.quarantine,
        found.fingerprint,
    )
