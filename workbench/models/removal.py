"""Taking a model off this disk: its files, their readable names, and what was converted from them.

Conversions lie in ``<home>/converted/``, named by the sha256 of what they were made from, and may
be made of one another. A process that has a removed file loaded keeps its bytes until it unloads
it.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core import settings
from workbench.core.errors import ConflictError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.models.formats.made_folders import LIST
from workbench.models.protocol import ModelFiles

if TYPE_CHECKING:
    from workbench.models.catalogue import CatalogueEntry
    from workbench.store.artifacts import Artifacts


@dataclass(frozen=True)
class RemovedModel(Viewable):
    """What was taken off the disk: files of the model, and folders that were made from them.

    ``shared`` are files that stay, as another model needs them.
    """

    name: str
    files: list[str]
    converted: list[str]
    shared: list[str]
    freed_bytes: int


def remove_model(name: str) -> RemovedModel:
    """Remove a model's files and what was converted from them.

    Raises:
        NotFoundError: There is no such model, or nothing of it is on this disk.
        ConflictError: It is the user's own, used where it lies.
    """
    from workbench.models import catalogue
    from workbench.models.made_models import find_made, remove_made, root
    from workbench.store.artifacts import Artifacts

    if (made := find_made(name)) is not None:
        sizes = {file: _size(root() / name / file) for file in made.files}
        remove_made(name)
        folders, freed = _remove_converted(made.files.values())
        return RemovedModel(name, sorted(sizes), folders, [], sum(sizes.values()) + freed)
    entry = catalogue.find(name)
    only = entry.sources[0]
    if only.scheme == "file":
        raise ConflictError(
            f"{name!r} is a model of your own, used where it lies: {only.parts['folder']}",
            hint="remove its files there, and its table from workbench.toml",
        )
    return _remove_fetched(entry, Artifacts())


def _remove_fetched(entry: CatalogueEntry, artifacts: Artifacts) -> RemovedModel:
    from workbench.models import presence
    from workbench.store.files import saying_why

    known, links = presence.known_sha256s(entry, artifacts), settings.home() / "models" / entry.name
    sizes = {name: _size(artifacts.path(sha, verify=False)) for name, sha in known.items()}
    # Also of files that went before: what was made of them may have stayed.
    sources = {*known.values(), *_pinned(entry), *_of_folder(entry.name, links)}
    removed = presence.forget(entry, artifacts)
    shared = sorted(set(known) - set(removed))
    with saying_why(links):
        if links.is_dir():  # else its bytes would stay under their other names
            shutil.rmtree(links)
    folders, freed = _remove_converted(sources - {known[name] for name in shared})
    if not known and not folders:
        raise NotFoundError(
            f"no file of {entry.name!r} is on this disk",
            hint="workbench models list --present",
            noun="model",
            name=entry.name,
        )
    freed += sum(sizes[name] for name in removed)
    return RemovedModel(entry.name, removed, folders, shared, freed)


def _pinned(entry: CatalogueEntry) -> Iterator[str]:
    """The sha256 of its files that are not here now and belong to no other model that is."""
    from workbench.models import catalogue, presence

    others = [
        each
        for each in catalogue.entries().values()
        if each.name != entry.name and presence.is_present(each)
    ]
    theirs = {file.sha256 for each in others for source in each.sources for file in source.files}
    for source in entry.sources:
        for file in source.files:
            if file.sha256 is not None and file.sha256 not in theirs:
                yield file.sha256


def _of_folder(name: str, folder: Path) -> Iterator[str]:
    """What names the graphs that were built of a model in a folder."""
    from workbench.models.formats.onnx_build import source_sha256

    if (folder / "config.json").is_file():
        yield source_sha256(ModelFiles(name, folder=folder))


def _remove_converted(sources: Iterable[str]) -> tuple[list[str], int]:
    """Remove what was made from files of these sha256, and from what was made; names and bytes."""
    from workbench.store.files import saying_why

    parent, left = settings.home() / "converted", list(sources)
    removed, freed_bytes = list[str](), 0
    while left:
        source = left.pop()
        for folder in sorted(parent.glob(f"{source}-*")):
            left += _ggufs_of(folder)
            with saying_why(folder):
                freed_bytes += sum(_size(path) for path in folder.rglob("*") if path.is_file())
                # At once: who reads finds all of it or nothing. A leftover of a kill goes as parts.
                gone = folder.rename(parent / f".part-{secrets.token_hex(4)}")
                shutil.rmtree(gone)
            removed.append(folder.name)
    return removed, freed_bytes


def _ggufs_of(folder: Path) -> list[str]:
    """The sha256 of the GGUFs in a conversion: other engines convert them further."""
    try:
        listed = json.loads((folder / LIST).read_text(encoding="utf-8"))
        return [str(sha256) for name, sha256 in listed.items() if name.endswith(".gguf")]
    except (OSError, ValueError, AttributeError):  # not whole, so nothing was made of it
        return []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
