"""The one cache of models turned from a GGUF into a Hugging Face folder.

Written here because transformers reads a GGUF only with another package's help and refuses to save
a model that it has de-quantised.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core import settings
from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError, StorageError
from workbench.core.progress import Progress, progress
from workbench.models.formats.architectures import (
    Architecture,
    find_architecture,
    hf_tensor_name,
    undo_storage,
)
from workbench.models.formats.gguf_reader import GgufFile, read_gguf
from workbench.models.formats.gguf_tokenizer import (
    build_generation_config,
    build_tokenizer,
    build_tokenizer_config,
)
from workbench.models.formats.hf_config import build_config
from workbench.models.formats.made_folders import is_sound, making
from workbench.models.formats.safetensors_files import DTYPES, write_safetensors
from workbench.store.files import hash_file, write_json

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.formats.lora_merge import Change

CONVERTER_VERSION = 1  # raise it when a folder that was made before would now be made differently
_SPARE_BYTES = 64 << 20


def convert_gguf(
    gguf: Path, *, dtype: str = "float32", sha256: str | None = None, name: str | None = None
) -> Path:
    """The Hugging Face folder of a GGUF: made on the first call, found on the next if sound.

    Args:
        gguf: The file.
        dtype: Of the weights: ``float32`` (exact), ``float16`` or ``bfloat16`` (half the size).
        sha256: The file's, if the caller has just checked it; otherwise it is read.

    Returns:
        A folder in WORKBENCH_HOME with ``config.json``, ``model.safetensors``,
        ``tokenizer.json``, ``tokenizer_config.json`` and ``generation_config.json``.

    Raises:
        CapabilityError: The architecture, a tensor's type or the tokenizer is not converted.
        IntegrityError: The GGUF is damaged.
        StorageError: There is no room for the folder.
    """
    if dtype not in DTYPES:
        raise InputError(
            f"dtype {dtype!r} is not one of {', '.join(DTYPES)}", hint="dtype='float32'"
        )
    sha256 = sha256 or hash_file(gguf)
    folder = settings.home() / "converted" / f"{sha256}-{dtype}-v{CONVERTER_VERSION}"
    if not is_sound(folder):
        with making(folder) as part:
            write_folder(read_gguf(gguf), part, dtype=dtype, name=name)
    return folder


def write_folder(
    gguf: GgufFile, folder: Path, *, dtype: str, changes: Mapping[str, Change] | None = None,
    name: str | None = None,
) -> None:  # fmt: skip
    """Write the Hugging Face folder of a GGUF into an existing folder.

    ``changes`` is what an adapter makes of the weights, by their names in the folder; ``name``
    what the model is called in its progress, by default as the file calls itself.

    Raises:
        CapabilityError: The architecture, a tensor's type or the tokenizer is not converted.
        StorageError: There is no room for it.
    """
    architecture = find_architecture(gguf)
    config = build_config(gguf, dtype=dtype)
    tokenizer = build_tokenizer(gguf)
    generation = build_generation_config(gguf)
    config.update(generation)
    names = {
        name: hf_name
        for name in gguf.tensors
        if (hf_name := hf_tensor_name(name, architecture)) is not None
    }
    shapes = {hf_name: gguf.tensors[name].shape for name, hf_name in names.items()}
    _check_space(folder, shapes, DTYPES[dtype][1])
    write_json(folder / "config.json", config)
    write_json(folder / "tokenizer.json", tokenizer)
    write_json(folder / "tokenizer_config.json", build_tokenizer_config(gguf))
    write_json(folder / "generation_config.json", generation)
    label = f"converting {name or gguf.metadata.get('general.name', gguf.path.stem)}"
    with progress(label, total=len(names), unit="tensors") as task:
        write_safetensors(
            folder / "model.safetensors",
            shapes,
            _hf_tensors(gguf, names, architecture, config, task, changes or {}),
            dtype=dtype,
            metadata={"format": "pt", "made_from": gguf.path.name},
        )


def _hf_tensors(
    gguf: GgufFile,
    names: dict[str, str],
    architecture: Architecture,
    config: dict[str, object],
    task: Progress,
    changes: Mapping[str, Change],
) -> Iterator[tuple[str, np.ndarray]]:
    for name, hf_name in names.items():
        check_cancelled()
        numbers = undo_storage(name, gguf.dequantize(name), architecture, config)
        yield hf_name, changes[hf_name].apply(numbers) if hf_name in changes else numbers
        task.advance()


def _check_space(folder: Path, shapes: dict[str, tuple[int, ...]], number_bytes: int) -> None:
    import math

    wanted = sum(math.prod(shape) for shape in shapes.values()) * number_bytes + _SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise StorageError(
            f"{wanted / 1e9:.1f} GB are needed to convert the model, {free / 1e9:.1f} GB are free",
            hint="free some space, or set WORKBENCH_HOME to another disk",
            wanted_bytes=wanted,
            free_bytes=free,
        )
