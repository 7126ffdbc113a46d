"""The one cache of models turned into ONNX graphs, each whole or not there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core import settings
from workbench.core.errors import CapabilityError, EngineError, InputError, StorageError
from workbench.core.optional import require
from workbench.models.formats.made_folders import is_sound, making
from workbench.store.child import run_child
from workbench.store.files import hash_file

if TYPE_CHECKING:
    from workbench.models.protocol import ModelFiles

BUILD_VERSION = 1  # raise it when a graph that was made before would now be made differently
SHIPPED, BYTES = "shipped", "bytes"
_PRECISIONS = {SHIPPED: "int4", "int4": "int4", "int8": "int8", "float32": "fp32", BYTES: "fp32"}
# With the draft's.
_BYTES_PER_WEIGHT = {SHIPPED: 2.0, "int4": 1.5, "int8": 2.5, "float32": 8.0, BYTES: 5.5}
_SPARE_BYTES = 64 << 20
_COPIED = ("config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json")


def variants(files: ModelFiles) -> tuple[str, ...]:
    """The variants of a model that can be built, the best first."""
    return tuple(_PRECISIONS)[0 if files.gguf is not None else 1 :]


def build_onnx(files: ModelFiles, variant: str | None = None) -> Path:
    """The folder with a model's ONNX graph: made on the first call, found on the next.

    Args:
        files: The model's; a GGUF is unpacked through the conversion cache.
        variant: ``shipped`` (the blocks of a GGUF as they are; its default), ``int8`` (the default
            of a folder), ``int4`` or ``float32``: quantised by onnxruntime-genai's builder; or
            ``bytes``, which browsers multiply fast (``onnx_bytes``).

    Returns:
        A folder in WORKBENCH_HOME with ``model.onnx``, its numbers and the tokenizer's files.

    Raises:
        InputError: There is no such variant.
        CapabilityError: The builder does not know the architecture.
        DependencyError: There is no onnxruntime-genai for this machine.
        EngineError: It failed, in its own words.
        StorageError: There is no room for the graph.
        CancelledError: The caller was cancelled; nothing of the graph is left.
    """
    allowed = variants(files)
    variant = variant or (SHIPPED if files.gguf is not None else "int8")
    if variant not in allowed:
        raise InputError(
            f"variant {variant!r} of {files.name} is none that the onnx engine has; "
            f"it has {', '.join(allowed)}",
            hint=f"variant={allowed[0]!r}",
        )
    folder = (
        settings.home() / "converted" / f"{source_sha256(files)}-onnx-{variant}-v{BUILD_VERSION}"
    )
    if is_sound(folder):
        return folder
    require("onnxruntime_genai", extra="models")
    with making(folder) as part:
        _build(files, variant, part)
    return folder


def source_sha256(files: ModelFiles) -> str:
    """The GGUF's sha256; of a folder, that of its config and its weights' sizes and times.

    Its weights are not read for it: that would take longer than loading what was built of them.
    """
    if files.gguf is not None:
        return hash_file(files.gguf)
    assert files.folder is not None
    told = hashlib.sha256((files.folder / "config.json").read_bytes())
    for path in sorted(files.folder.glob("*.safetensors")):
        found = path.stat()
        told.update(f"{path.name} {found.st_size} {found.st_mtime_ns}".encode())
    return told.hexdigest()


def _build(files: ModelFiles, variant: str, part: Path) -> None:
    from workbench.models.folder import find_folder

    source = find_folder(files, dtype="float32")
    if source.is_encoder:
        raise CapabilityError(
            f"the onnx engine cannot run {files.name}: it is an encoder ({source.architecture})",
            hint=f"models.load({files.name!r}, engine='transformers')",
        )
    _check_space(source.path, part, variant)
    asked = {
        "folder": str(source.path),
        "out": str(part),
        "precision": _PRECISIONS[variant],
        "gguf": str(files.gguf) if variant == SHIPPED else None,
        "in_bytes": variant == BYTES,
        "layers": int(source.config.get("num_hidden_layers", 1)),
    }
    environment = {**os.environ, "OMP_NUM_THREADS": str(settings.get("threads"))}
    command = [sys.executable, "-m", "workbench.models.formats.onnx_child", json.dumps(asked)]
    label = f"building {files.name} for ONNX"
    found = run_child(command, label=label, environment=environment, unit="steps")
    if found.status:
        raise _failed(files.name, found.status, found.output)
    shutil.rmtree(part / "draft")
    for name in _COPIED:
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(source.path / name, part / name)
    for template in source.path.glob("*.jinja"):
        shutil.copyfile(template, part / template.name)


def _failed(name: str, status: int, output: str) -> EngineError | CapabilityError:
    from workbench.models.formats.onnx_child import REFUSED

    last = (output.strip().splitlines() or [f"it ended with status {status}"])[-1]
    if status == REFUSED:
        return CapabilityError(
            f"the onnx engine cannot run {name}: {last.removeprefix('Refused: ')}",
            hint=f"models.load({name!r}, engine='transformers')",
        )
    return EngineError(
        f"onnxruntime-genai could not build {name}: {last}",
        hint="give it more memory or disk, or take engine='llamacpp'",
        status=status,
    )


def _check_space(source: Path, part: Path, variant: str) -> None:
    weights = sum(path.stat().st_size for path in source.glob("*.safetensors")) / 4
    wanted = int(weights * _BYTES_PER_WEIGHT[variant]) + _SPARE_BYTES
    free = shutil.disk_usage(part).free
    if free < wanted:
        raise StorageError(
            f"{wanted / 1e9:.1f} GB are needed to build the model, {free / 1e9:.1f} GB are free",
            hint="free some space, or set WORKBENCH_HOME to another disk",
            wanted_bytes=wanted,
            free_bytes=free,
        )
