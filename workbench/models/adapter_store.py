"""Bringing adapters into the home folder, checked against their base, and taking them out."""

from __future__ import annotations

import dataclasses
import logging
import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import (
    ConflictError,
    InputError,
    IntegrityError,
    NotFoundError,
    WorkbenchError,
)
from workbench.models import catalogue
from workbench.models.adapters import (
    CHAMPION,
    KIND,
    PEFT_FILES,
    Adapter,
    check_name,
    find_gguf,
    folder_of,
    resolve,
)
from workbench.models.formats.adapters import AdapterRecord, read_record, write_record
from workbench.store.files import make_folder, remove_parts, saying_why, sync_file, sync_folder

if TYPE_CHECKING:
    from workbench.models.catalogue import CatalogueEntry
    from workbench.store.versions import Version

log = logging.getLogger(__name__)

_GGUF_NAME = "adapter.gguf"
MLX_WEIGHTS = "adapters.safetensors"


def register_adapter(folder: Path | str) -> Adapter:
    """Take an adapter into the home folder, as the next version of its name.

    Args:
        folder: With ``adapter.json`` (an ``AdapterRecord``) and the files that it names: a GGUF
            LoRA, what PEFT saves, or what mlx-lm saves. A GGUF is made here, but for DoRA.

    Returns:
        The version. Models that are loaded now do not have it; those loaded after do.

    Raises:
        NotFoundError: The folder has no record, or the base is not in the catalogue.
        IntegrityError: A file is not the one that was recorded, or the base here has another
            sha256 than the one that it was trained on.
        InputError: The record, a name or a tensor does not fit.
        CapabilityError: It is neither LoRA nor DoRA on linear maps.
        StorageError: It cannot be written.
    """
    from workbench.store.versions import Versions

    source = Path(folder).expanduser()
    record = read_record(source)
    entry = catalogue.find(record.base_model)
    for what, name in (("base", entry.name), ("adapter's name", record.name)):
        check_name(name, f"the {what} in {source / 'adapter.json'}")
    check_base(entry, record)
    home = folder_of(entry.name, record.name, 0).parent
    with saying_why(home):
        make_folder(home)
        remove_parts(home)
        part = home / f".part-{os.getpid()}-{secrets.token_hex(4)}"
        part.mkdir()
        try:
            record = _fill(part, source, dataclasses.replace(record, base_model=entry.name), entry)
            versions = Versions()
            with versions.database.transaction():
                version = versions.create(
                    KIND,
                    f"{entry.name}:{record.name}",
                    record=dataclasses.asdict(record),
                    parents=_parents(record),
                )
                _put_in_place(part, home / str(version.number))
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return resolve(f"{entry.name}:{version.name.partition(':')[2]}@{version.number}")


def remove_adapter(name: str) -> Adapter:
    """Remove the files of one version. Its number and its lineage stay, and are not used again.

    Raises:
        NotFoundError: There is no such adapter.
        ConflictError: It is the champion: requests that ask for it would find nothing.
    """
    from workbench.store.versions import Versions

    # In one transaction with the look at its labels: nobody can make it champion in between.
    with Versions().database.transaction():
        found = resolve(name, verify=False)
        if CHAMPION in found.labels:
            raise ConflictError(
                f"{found.full_name} is the champion of {found.base}:{found.name}",
                hint=f"workbench finetuning rollback {found.base}:{found.name}",
            )
        gone = found.folder.with_name(f".part-{secrets.token_hex(4)}")
        with saying_why(found.folder):
            found.folder.rename(gone)  # at once: a reader finds all of it or nothing
    with saying_why(found.folder):
        shutil.rmtree(gone)
    return found


def check_base(entry: CatalogueEntry, record: AdapterRecord) -> None:
    """Raise IntegrityError unless the base is the one that the adapter was trained on."""
    found = base_sha256(entry)
    if found != record.base_sha256:
        raise IntegrityError(
            f"the adapter {record.name} was trained on a {entry.name} with the sha256 "
            f"{record.base_sha256[:12]}...; the one here has {found[:12]}...",
            hint="train it on this base, or name the base that it belongs to",
            expected=record.base_sha256,
            found=found,
        )


def base_sha256(entry: CatalogueEntry) -> str:
    """The sha256 by which a base is known: that of its GGUF, or of its weights in safetensors.

    Raises:
        NotFoundError: It is not pinned, and not on this disk.
    """
    from workbench.models.presence import known_sha256s
    from workbench.store.artifacts import Artifacts
    from workbench.store.files import hash_file

    only = entry.sources[0]
    if only.scheme == "file":
        weights = sorted(file.name for file in only.files if not file.name.endswith(".json"))
        return hash_file(Path(only.parts["folder"]) / weights[0])
    known = {file.name: file.sha256 for file in only.files if file.sha256}
    known = {**known_sha256s(entry, Artifacts()), **known}
    for name in sorted(known):
        if name.endswith((".gguf", ".safetensors")):
            return known[name]
    raise NotFoundError(
        f"{entry.name} is not on this disk, so its adapters cannot be checked against it",
        hint=f"workbench models pull {entry.name}",
    )


def _fill(part: Path, source: Path, record: AdapterRecord, entry: CatalogueEntry) -> AdapterRecord:
    """Copy the files, make a GGUF if there is none, check it, and write the record."""
    from workbench.models.formats import lora_merged
    from workbench.store.files import hash_file

    for name in record.files:
        shutil.copyfile(source / name, part / name)
    files = dict(record.files)
    if MLX_WEIGHTS in files and PEFT_FILES[1] not in files:
        files = _take_mlx(part, files, entry.name)
    gguf = find_gguf(files)
    base = _base_gguf(entry)
    if gguf is None:
        if not set(PEFT_FILES) <= set(files):
            raise InputError(
                f"{source} holds neither a GGUF LoRA nor {' and '.join(PEFT_FILES)}, nor what "
                f"mlx-lm saves ({MLX_WEIGHTS})",
                hint="write the adapter as PEFT does: model.save_pretrained(folder)",
            )
        if base is not None and not is_dora(part):  # which has no GGUF: it can be merged
            gguf = write_gguf(part, base).name
            files[gguf] = hash_file(part / gguf)
    if gguf is not None and base is not None:
        check_fits(part / gguf, base)
    elif base is not None:
        lora_merged.check_fits(part, base)
    record = dataclasses.replace(record, files=files)
    write_record(part, record)
    read_record(part)  # the copies, too, are what was recorded
    for path in part.iterdir():
        with path.open("rb") as file:
            sync_file(file.fileno())
    sync_folder(part)
    return record


def is_dora(folder: Path) -> bool:
    """Whether a PEFT adapter is DoRA, for which there is no GGUF form."""
    from workbench.models.formats.lora_peft import read_config

    return bool(read_config(folder).get("use_dora"))


def _take_mlx(part: Path, files: dict[str, str], base: str) -> dict[str, str]:
    """Put PEFT's form of an adapter from mlx-lm in the place of its own, in a copied folder."""
    import tempfile

    from workbench.models.formats.lora_mlx import write_peft_of_mlx
    from workbench.store.files import hash_file

    with tempfile.TemporaryDirectory() as folder:
        made = write_peft_of_mlx(part, Path(folder), base_model=base)
        for name in (MLX_WEIGHTS, PEFT_FILES[0]):
            (part / name).unlink()
            files.pop(name)
        for name in PEFT_FILES:
            shutil.copyfile(made / name, part / name)
            files[name] = hash_file(part / name)
    return files


def _base_gguf(entry: CatalogueEntry) -> Path | None:
    from workbench.models.loading import model_files

    return model_files(entry).gguf


def write_gguf(adapter: Path, base: Path) -> Path:
    """Write the GGUF of a PEFT adapter beside it; of the base only the config is needed.

    Raises:
        CapabilityError: It is no plain LoRA.
        InputError: Its matrices do not fit the base.
    """
    import tempfile

    from workbench.models.formats.gguf_reader import read_gguf
    from workbench.models.formats.hf_config import build_config
    from workbench.models.formats.lora_gguf import write_gguf_of_peft
    from workbench.store.files import write_json

    with tempfile.TemporaryDirectory() as folder:
        write_json(Path(folder) / "config.json", build_config(read_gguf(base), dtype="float32"))
        try:
            write_gguf_of_peft(adapter, adapter / _GGUF_NAME, base=Path(folder))
        except ValueError as error:
            if isinstance(error, WorkbenchError):
                raise
            raise InputError(
                f"the adapter's matrices do not fit its base: {error}",
                hint="name the base that it belongs to",
            ) from None
    return adapter / _GGUF_NAME


def check_fits(adapter: Path, base: Path) -> None:
    """See that llama.cpp will take a LoRA: a bad one would keep its base from loading.

    Raises:
        InputError: It is no LoRA, or a tensor has no counterpart of its shape in the base.
    """
    from workbench.models.formats.gguf_reader import read_gguf

    lora, model = read_gguf(adapter), read_gguf(base)
    if lora.metadata.get("general.type") != "adapter":
        raise InputError(
            f"{adapter.name} is no LoRA in a GGUF", hint="write_gguf_of_peft makes one"
        )
    if lora.architecture != model.architecture:
        raise InputError(
            f"{adapter.name} is for the architecture {lora.architecture!r}; its base has "
            f"{model.architecture!r}",
            hint="name the base that it belongs to",
        )
    for name, tensor in lora.tensors.items():
        stem, _, half = name.rpartition(".lora_")
        target = model.tensors.get(stem)
        wanted = None
        if target is not None and half in ("a", "b") and len(tensor.shape) == 2:
            wanted = target.shape[1] if half == "a" else target.shape[0]
        if wanted is None or tensor.shape[1 if half == "a" else 0] != wanted:
            raise InputError(
                f"{adapter.name} has a tensor {name} of shape {list(tensor.shape)}, which fits "
                "nothing in its base",
                hint="name the base that it belongs to",
            )


def _parents(record: AdapterRecord) -> tuple[Version, ...]:
    """The versions that an adapter was made from, of those that are known here."""
    from workbench.store.versions import Versions

    found = []
    for name in record.parents:
        try:
            found.append(Versions().resolve(KIND, name))
        except NotFoundError:  # made elsewhere; its name stands in the record
            log.info("the parent %s of %s is not known here", name, record.name)
    return tuple(found)


def _put_in_place(part: Path, folder: Path) -> None:
    if folder.exists():  # of a registration that ended before it was confirmed
        shutil.rmtree(folder)
    part.rename(folder)
    sync_folder(folder.parent)
