"""Versions as the room speaks of them: by full name, or by the adapter's bare name."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import NotFoundError
from workbench.models.adapters import (
    CHAMPION,
    KIND,
    PEFT_FILES,
    expand_name,
    folder_of,
)
from workbench.store.versions import Version, Versions

CHALLENGER = "challenger"
__all__ = ["CHALLENGER", "CHAMPION", "AdapterVersion", "find_version", "list_versions"]


@dataclass(frozen=True)
class AdapterVersion:
    """One version, whether its files are still there or not. ``name`` is ``base:adapter``."""

    name: str
    number: int
    labels: tuple[str, ...]
    record: dict[str, Any]
    is_here: bool
    created_s: float
    version: Version

    @property
    def full_name(self) -> str:
        """``base:adapter@3``."""
        return f"{self.name}@{self.number}"

    @property
    def digest(self) -> str:
        """The sha256 over its files: the same weights, the same digest.

        Of PEFT's files where there are any: what is made of them says when and where it was made.
        """
        files = self.record["files"]
        chosen = PEFT_FILES if set(PEFT_FILES) <= set(files) else sorted(files)
        told = json.dumps([(name, files[name]) for name in chosen])
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def notes(self) -> dict[str, Any]:
        """What training told of it: recipe, data, seed, metrics."""
        return dict(self.record.get("notes") or {})


def find_version(name: str, versions: Versions | None = None) -> AdapterVersion:
    """The version that a name stands for now, also one whose files were removed.

    Args:
        name: ``base:adapter@3``, with a label in place of the number, or with neither for the
            latest; the base may be left out where it is clear.
        versions: The store's.

    Raises:
        InputError: The name has another form.
        NotFoundError: There is none; near matches are named.
    """
    kept = versions or Versions()
    full = expand_name(name, kept)
    return of_version(kept.resolve(KIND, full), kept)


def list_versions(
    name: str | None = None, versions: Versions | None = None
) -> list[AdapterVersion]:
    """The versions of an adapter, or of all; by name and number."""
    kept = versions or Versions()
    chosen = None if name is None else expand_name(name, kept).partition("@")[0]
    found = [of_version(each, kept) for each in kept.list(KIND, chosen)]
    if chosen is not None and not found:
        raise NotFoundError.among("adapter", chosen, {each.name for each in kept.list(KIND)})
    return found


def of_version(version: Version, versions: Versions) -> AdapterVersion:
    """A version of the store as one of an adapter."""
    base, _, adapter = version.name.partition(":")
    labels = versions.labels(KIND, version.name)
    return AdapterVersion(
        version.name,
        version.number,
        tuple(label for label, number in labels.items() if number == version.number),
        dict(version.record),
        folder_of(base, adapter, version.number).is_dir(),
        version.created_s,
        version,
    )
