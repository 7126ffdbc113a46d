"""Models that were made here, such as a base with a tune merged into it.

Each has a folder ``<home>/made/NAME/`` with its files and ``model.json``, the record of what it is
and what it was made from. The catalogue lists them beside its own. Their lineage is the store's
(kind ``model``), and stays when a model's files are removed.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core import settings
from workbench.core.errors import ConflictError, InputError, NotFoundError, StorageError
from workbench.store.files import make_folder, saying_why, sync_folder, write_json

if TYPE_CHECKING:
    from workbench.models.catalogue import CatalogueEntry
    from workbench.store.versions import Version

log = logging.getLogger(__name__)

KIND = "model"
RECORD_NAME = "model.json"


@dataclass(frozen=True)
class MadeModel:
    """What was made. ``files`` are names beside the record with their sha256.

    ``base_model`` is the model that it was made from and ``adapter`` the full name of the adapter
    that was merged into it; ``encoding`` says how the weights are kept and what they were before.
    The rest is as in a ``CatalogueEntry``.
    """

    name: str
    title: str
    base_model: str
    adapter: str
    encoding: str
    architecture: str
    license: str
    engines: tuple[str, ...]
    files: Mapping[str, str]
    context_tokens: int | None = None
    parameters: int | None = None
    layers: int | None = None
    kv_heads: int | None = None
    head_size: int | None = None
    bits_per_weight: float | None = None
    license_url: str | None = None
    system: str | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)


def root() -> Path:
    """Where they lie."""
    return settings.home() / "made"


def list_made() -> Iterator[MadeModel]:
    """The models that were made here, by name. One whose record cannot be read is left out."""
    if root().is_dir():
        for path in sorted(root().glob(f"*/{RECORD_NAME}")):
            if path.parent.name.startswith("."):  # not in its place yet
                continue
            try:
                yield _read(path)
            except InputError as error:
                log.warning("%s", error.message)


def find_made(name: str) -> MadeModel | None:
    """The made model of that name."""
    if "/" in name or name.startswith("."):
        return None
    path = root() / name / RECORD_NAME
    return _read(path) if path.is_file() else None


def entry_of(made: MadeModel) -> CatalogueEntry:
    """Its entry in the catalogue."""
    from workbench.models.catalogue import CatalogueEntry
    from workbench.store.sources import Source, SourceFile

    folder = root() / made.name
    files = tuple(
        SourceFile(name, size_bytes=(folder / name).stat().st_size) for name in sorted(made.files)
    )
    own = {
        entry.name: getattr(made, entry.name)
        for entry in dataclasses.fields(CatalogueEntry)
        if entry.name in {mine.name for mine in dataclasses.fields(MadeModel)}
    }
    source = Source(f"file:{folder}", files, made.license, made.license_url)
    return CatalogueEntry(**own, kind="chat", sources=(source,))


def check_free(name: str) -> None:
    """See that a made model may be called so.

    Raises:
        InputError: The name has letters that it may not have.
        ConflictError: Another model has it.
    """
    from workbench.models import catalogue
    from workbench.models.adapters import check_name

    check_name(name, "the new model's name")
    if name in catalogue.entries() or find_made(name) is not None:
        raise ConflictError(
            f"there is a model named {name!r} already",
            hint=f"give it another name, or: workbench models remove {name}",
        )


def register_made(part: Path, made: MadeModel, *, parents: tuple[Version, ...] = ()) -> MadeModel:
    """Give a folder of finished files its place, with its record.

    Args:
        part: On the same disk as the home folder; it is moved.
        made: What it is.
        parents: The versions in the store that it was made from.

    Raises:
        InputError, ConflictError: As for ``check_free``.
        StorageError: It cannot be written.
    """
    from workbench.store.versions import Versions

    check_free(made.name)
    with saying_why(root()):
        make_folder(root())
        write_json(part / RECORD_NAME, dataclasses.asdict(made))
        sync_folder(part)
        versions = Versions()
        with versions.database.transaction():
            versions.create(KIND, made.name, record=dataclasses.asdict(made), parents=parents)
            part.rename(root() / made.name)
        sync_folder(root())
    return made


def remove_made(name: str) -> list[str]:
    """Remove a made model's files; its lineage stays. Gives their names.

    Raises:
        NotFoundError: There is none of that name.
    """
    made = find_made(name)
    if made is None:
        known = [one.name for one in list_made()]
        raise NotFoundError.among("made model", name, known, hint="workbench models list")
    gone = root() / f".part-{secrets.token_hex(4)}"
    with saying_why(root()):
        (root() / name).rename(gone)  # at once: a reader finds all of it or nothing
        shutil.rmtree(gone)
    return sorted(made.files)


def _read(path: Path) -> MadeModel:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        made = MadeModel(**{**said, "engines": tuple(said["engines"])})
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}", hint=None) from None
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"{path} is no record of a made model: {error}", hint="remove it"
        ) from None
    if made.name != path.parent.name:
        raise InputError(f"{path} is the record of {made.name!r}", hint="remove it")
    return made
