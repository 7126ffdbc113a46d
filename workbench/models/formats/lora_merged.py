"""A base model with an adapter in its weights: one GGUF, or one Hugging Face folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, InputError
from workbench.models.formats.architectures import (
    Architecture,
    find_architecture,
    gguf_tensor_name,
    redo_storage,
    undo_storage,
)
from workbench.models.formats.convert import write_folder
from workbench.models.formats.gguf_reader import GgufFile, read_gguf
from workbench.models.formats.hf_config import build_config
from workbench.models.formats.lora_merge import Change, read_changes
from workbench.models.formats.requantize import requantize
from workbench.models.formats.safetensors_files import (
    list_safetensors,
    read_safetensors,
    write_safetensors,
)
from workbench.models.formats.to_gguf import write_gguf_of_folder

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.protocol import ModelFiles

_BESIDE = ("*.json", "*.jinja", "*.model")


def write_merged_gguf(
    adapter: Path,
    destination: Path,
    *,
    base: ModelFiles,
    type: str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """Merge an adapter into its base and write both as one GGUF.

    What the adapter does not touch keeps its bytes where its type stays the same.

    Args:
        adapter: A folder as PEFT saves it, LoRA or DoRA.
        destination: The new file.
        base: The base model's files.
        type: As for ``requantize``; None keeps the type of each tensor (F16 where the base is a
            folder).
        metadata: Texts that the file says of itself.

    Returns:
        ``destination``.

    Raises:
        CapabilityError: The adapter, the architecture or a tensor's type is not written.
        InputError: The adapter does not fit the base, or the type cannot be made in Python.
        StorageError: The disk is full.
    """
    if base.gguf is None:
        with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".part-") as folder:
            merged = write_merged_folder(adapter, Path(folder), base=base, dtype="float32")
            return write_gguf_of_folder(merged, destination, type=type or "F16")
    gguf = read_gguf(base.gguf)
    architecture, config = find_architecture(gguf), build_config(gguf, dtype="float32")
    changes = {
        name: _in_storage(name, change, architecture, config)
        for name, change in _gguf_changes(adapter, gguf, architecture, config).items()
    }
    requantize(base.gguf, destination, type, changes=changes, metadata=metadata)
    return destination


def write_merged_folder(adapter: Path, folder: Path, *, base: ModelFiles, dtype: str) -> Path:
    """Merge an adapter into its base and write both as a Hugging Face folder.

    Args:
        adapter: A folder as PEFT saves it, LoRA or DoRA.
        folder: An existing folder.
        base: The base model's files; a GGUF is de-quantised.
        dtype: Of the weights.

    Returns:
        ``folder``.

    Raises:
        CapabilityError, InputError, StorageError: As for ``write_merged_gguf``.
    """
    if base.gguf is not None:
        gguf = read_gguf(base.gguf)
        check_fits(adapter, base.gguf)
        write_folder(gguf, folder, dtype=dtype, changes=dict(read_changes(adapter)))
        return folder
    if base.folder is None:
        raise CapabilityError(f"{base.name} has neither a folder nor a GGUF file", hint=None)
    weights = base.folder / "model.safetensors"
    if not weights.is_file():
        raise CapabilityError(
            f"{base.name} keeps its weights in several files", hint="join them into one file first"
        )
    changes, shapes = dict(read_changes(adapter)), dict(list_safetensors(weights))
    for name, change in changes.items():
        _check_fit(name, change, shapes.get(name))
    for pattern in _BESIDE:
        for file in base.folder.glob(pattern):
            shutil.copyfile(file, folder / file.name)
    tensors = (
        (name, changes[name].apply(numbers) if name in changes else numbers)
        for name, numbers in read_safetensors(weights)
    )
    write_safetensors(folder / weights.name, shapes, tensors, dtype=dtype)
    return folder


def check_fits(adapter: Path, base: Path) -> None:
    """See that an adapter as PEFT saves it can be merged into a GGUF.

    Raises:
        CapabilityError: It is neither LoRA nor DoRA on linear maps.
        InputError: It changes something that the base does not have in that shape.
    """
    gguf = read_gguf(base)
    _gguf_changes(adapter, gguf, find_architecture(gguf), build_config(gguf, dtype="float32"))


def _gguf_changes(
    adapter: Path, gguf: GgufFile, architecture: Architecture, config: Mapping[str, Any]
) -> dict[str, Change]:
    """The changes by the tensors' names in the GGUF, each seen to fit."""
    found = {}
    for hf_name, change in read_changes(adapter):
        name = gguf_tensor_name(hf_name, architecture, config)
        tensor = gguf.tensors.get(name) if name is not None else None
        _check_fit(hf_name, change, tensor.shape if tensor is not None else None)
        assert name is not None
        found[name] = change
    return found


def _check_fit(name: str, change: Change, shape: tuple[int, ...] | None) -> None:
    if shape != change.shape:
        has = "does not have" if shape is None else f"has as {list(shape)}"
        raise InputError(
            f"the adapter changes {name} of shape {list(change.shape)}, which the base {has}",
            hint="name the base that it belongs to",
        )


def _in_storage(
    name: str, change: Change, architecture: Architecture, config: Mapping[str, Any]
) -> Callable[[np.ndarray], np.ndarray]:
    """The change of a tensor whose rows lie in llama.cpp's order."""

    def apply(stored: np.ndarray) -> np.ndarray:
        numbers = undo_storage(name, stored, architecture, config)
        return redo_storage(name, change.apply(numbers), architecture, config)

    return apply
