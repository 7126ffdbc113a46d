"""Writing an export: a folder with the files, the record and the card, whole or not at all."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core import settings
from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError
from workbench.core.progress import progress
from workbench.finetuning.exporting.adapter_forms import ENCODINGS, write_form
from workbench.finetuning.exporting.card import write_card
from workbench.finetuning.exporting.folders import drafting_folder
from workbench.finetuning.exporting.merging import (
    base_encoding,
    describe_made,
    merged_name,
    write_merged,
)
from workbench.finetuning.exporting.result import Export, ExportedFile, Format
from workbench.models import adapters, catalogue
from workbench.store.files import write_json, write_text

if TYPE_CHECKING:
    from workbench.models.adapters import Adapter
    from workbench.models.catalogue import CatalogueEntry

RECORD, CARD = "export.json", "README.md"


def export_adapter(
    adapter: str,
    *,
    to: Format = "gguf",
    merge: bool = False,
    quantization: str | None = None,
    out: str | Path | None = None,
    name: str | None = None,
) -> Export:
    """Write an adapter, or its base with the adapter merged into it, for another program.

    Args:
        adapter: ``base:adapter@version``, or the adapter alone where one base has it.
        to: ``gguf`` (llama.cpp), ``mlx`` (mlx-lm) or ``peft`` (transformers).
        merge: Put the adapter into the base's weights.
        quantization: How a merged model's weights are kept: a type of ``formats.requantize`` for a
            GGUF (None: each as in the base), ``F32``, ``F16`` or ``BF16`` for a folder (None: F16).
        out: The new folder. None: a merged model becomes one of the catalogue, and an adapter goes
            to ``<home>/exports``.
        name: Of the merged model in the catalogue.

    Raises:
        NotFoundError, IntegrityError: There is no such adapter, or its files have changed.
        CapabilityError: It has no such form; the hint says what goes instead.
        InputError: An argument does not go with another.
        ConflictError: The folder, or a model of that name, is there already.
        StorageError: The disk is full; nothing is left behind.
    """
    found = adapters.find(adapter)
    base = catalogue.find(found.base)
    if merge:
        return _export_merged(found, base, to, quantization, out=out, name=name)
    if quantization is not None or name is not None:
        raise InputError(
            f"{'a quantization' if quantization else 'a name'} was given, but only a merged "
            "model has one",
            hint="add --merge",
        )
    default = f"{found.base}-{found.name}-{found.version}-{to}"
    folder = _folder(out, settings.home() / "exports" / default)
    with drafting_folder(folder) as part, progress(f"write {found.full_name} for {to}"):
        write_form(found, part, to, layers=_count_layers(base))
        return _finish(found, base, to, part, folder, encoding=ENCODINGS[to])


def _export_merged(
    found: Adapter,
    base: CatalogueEntry,
    to: Format,
    quantization: str | None,
    *,
    out: str | Path | None,
    name: str | None,
) -> Export:
    from workbench.models import made_models
    from workbench.models.adapters import KIND
    from workbench.store.versions import Versions

    if out is not None and name is not None:
        raise InputError(
            "a name is that of a model of the catalogue; with --out it is written elsewhere",
            hint="leave out one of them",
        )
    name = name or merged_name(found, to, quantization)
    if out is None:
        made_models.check_free(name)
    folder = _folder(out, made_models.root() / name)
    with drafting_folder(folder) as part, progress(f"merge {found.full_name}"):
        encoding = write_merged(found, base, part, to, quantization)
        check_cancelled()
        exported = _finish(
            found,
            base,
            to,
            part,
            folder,
            encoding=encoding,
            merged=True,
            model=name if out is None else None,
            notes=base_encoding(base),
        )
        if out is None:
            made = describe_made(found, base, part, exported)
            version = Versions().resolve(KIND, f"{found.base}:{found.reference}")
            made_models.register_made(part, made, parents=(version,))
        return exported


def _folder(out: str | Path | None, default: Path) -> Path:
    return default if out is None else Path(out).expanduser().absolute()


def _finish(
    found: Adapter,
    base: CatalogueEntry,
    to: Format,
    part: Path,
    folder: Path,
    *,
    encoding: str,
    merged: bool = False,
    model: str | None = None,
    notes: tuple[str, ...] = (),
) -> Export:
    """Write the record and the card beside the files."""
    from workbench.store.files import hash_file

    files = tuple(
        ExportedFile(path.name, path.stat().st_size, hash_file(path))
        for path in sorted(part.iterdir())
    )
    exported = Export(
        found.full_name, to, merged, encoding, str(folder), files, model=model, notes=notes
    )
    card = write_card(found, base, to, merged=merged, encoding=encoding, files=files, notes=notes)
    write_text(part / CARD, card)
    record = {
        "export": {k: v for k, v in dataclasses.asdict(exported).items() if k != "folder"},
        "adapter": {**dataclasses.asdict(found.record), "version": found.version},
        "base": {"name": base.name, "license": base.license, "sha256": found.record.base_sha256},
    }
    write_json(part / RECORD, record)
    return exported


def _count_layers(base: CatalogueEntry) -> int:
    """How many layers the base has: mlx-lm counts them from the last."""
    from workbench.models.estimates import with_shape
    from workbench.models.folder import read_config
    from workbench.models.loading import model_files

    known = with_shape(base).layers
    if known is None:
        files = model_files(base)
        assert files.folder is not None, "a GGUF says how many layers it has"
        known = int(read_config(files.folder)["num_hidden_layers"])
    return known
