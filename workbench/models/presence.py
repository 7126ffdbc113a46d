"""Which models are on this disk."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from workbench.core.errors import IntegrityError
from workbench.models.catalogue import CatalogueEntry

if TYPE_CHECKING:
    from workbench.store.artifacts import Artifacts


def known_sha256s(entry: CatalogueEntry, artifacts: Artifacts) -> dict[str, str]:
    """The sha256 of each file of a model that is pinned, or was recorded when it was fetched."""
    from workbench.store import provenance

    found: dict[str, str] = {}
    for source in entry.sources:
        for file in source.files:
            sha256 = file.sha256 or provenance.find_sha256(
                artifacts.root, source.uri, path=file.path
            )
            if sha256 is not None and artifacts.contains(sha256):
                found.setdefault(file.name, sha256)
    return found


def is_present(entry: CatalogueEntry) -> bool:
    """Whether every file of a model is on this disk (its bytes are checked when it is loaded)."""
    from workbench.store.artifacts import Artifacts

    if entry.sources[0].scheme == "file":
        return True  # the catalogue made the entry from the files that it found
    return _is_whole(entry, known_sha256s(entry, Artifacts()))


def fetched_s(entry: CatalogueEntry) -> float | None:
    """When the first of a model's files came here, as Unix time; None where none is an artifact."""
    from workbench.store.artifacts import Artifacts

    artifacts = Artifacts()
    for sha256 in known_sha256s(entry, artifacts).values():
        with contextlib.suppress(OSError):  # taken away since
            return artifacts.path(sha256).stat().st_mtime
    return None


def _is_whole(entry: CatalogueEntry, known: dict[str, str]) -> bool:
    return {file.name for source in entry.sources for file in source.files} <= set(known)


def check_files(entry: CatalogueEntry, artifacts: Artifacts) -> None:
    """Check the bytes of the model's files that are here.

    Raises:
        IntegrityError: One has changed. It was moved aside, so that a fetch brings it anew.
    """
    for name, sha256 in known_sha256s(entry, artifacts).items():
        try:
            artifacts.path(sha256, verify=True)
        except IntegrityError as error:
            raise IntegrityError(
                f"{name} of the model {entry.name} has changed on the disk: {error.message}",
                hint=f"workbench models pull {entry.name}",
                **error.context,
            ) from None


def drop_damaged(entry: CatalogueEntry, artifacts: Artifacts) -> None:
    """Remove the files whose bytes have changed, so that a fetch brings them anew."""
    for sha256 in known_sha256s(entry, artifacts).values():
        with contextlib.suppress(IntegrityError):  # the check itself takes the damaged file away
            artifacts.path(sha256, verify=True)


def forget(entry: CatalogueEntry, artifacts: Artifacts) -> list[str]:
    """Remove a model's files, but for those that another model needs which is here as a whole."""
    from workbench.models import catalogue

    shared: set[str] = set()
    for other in catalogue.entries().values():
        if other.name != entry.name and other.sources[0].scheme != "file":
            known = known_sha256s(other, artifacts)
            if _is_whole(other, known):
                shared |= set(known.values())
    removed = []
    for name, sha256 in known_sha256s(entry, artifacts).items():
        if sha256 not in shared:
            artifacts.delete(sha256)
            removed.append(name)
    return removed
