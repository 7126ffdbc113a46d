"""Versions as the room speaks of them: by full name, or by the adapter's bare name."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import InputError, NotFoundError
from workbench.models.adapters import (
    CHAMPION,
    KIND,
    PEFT_FILES,
    check_name,
    folder_of,
    parse_model_name,
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


def expand_name(name: str, versions: Versions | None = None) -> str:
    """The full name for a bare one: ``mine@2`` is ``base:mine@2`` where one base has a ``mine``.

    Raises:
        InputError: The name has another form, or several bases have such an adapter.
        NotFoundError: None has; near matches are named.
    """
    if ":" in name:
        said = parse_model_name(name)
        if said.adapter is None:
            raise InputError(f"{name!r} names no adapter", hint="base:adapter@version")
        return name
    bare, at, which = name.partition("@")
    check_name(bare, f"the adapter's name in {name!r}")
    known = {each.name for each in (versions or Versions()).list(KIND)}
    found = sorted(each for each in known if each.partition(":")[2] == bare)
    if not found:
        raise NotFoundError.among(
            "adapter",
            bare,
            {each.partition(":")[2] for each in known},
            hint="workbench models adapters",
        )
    if len(found) > 1:
        raise InputError(f"there are {' and '.join(found)}", hint=f"name one of them: {found[0]}")
    return f"{found[0]}{at}{which}"


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
