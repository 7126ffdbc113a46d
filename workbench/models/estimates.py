"""What a model will take before it was ever loaded here: from its shape, or from its files."""

from __future__ import annotations

import functools
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.models.catalogue import CatalogueEntry

# What an engine's libraries take beside the weights: measured (docs/lab-log.md).
_LIBRARY_BYTES = {"llamacpp": 64 << 20, "mlx": 310 << 20, "onnx": 220 << 20}
_OTHER_LIBRARY_BYTES = 420 << 20
_BYTES_PER_WEIGHT = {"float32": 4, "bfloat16": 2, "float16": 2}
_LOAD_BYTES_PER_S = 200e6
_START_S = 0.5


def estimate_bytes(
    entry: CatalogueEntry, engine: str, *, context_tokens: int, parallel: int, dtype: str
) -> int:
    """Resident bytes of a model in an engine.

    llama.cpp maps the file and makes room for keys and values at once. The others bring a large
    library; transformers and MLX unpack the weights to ``dtype``, which ``onnx`` keeps as they are.
    """
    entry = with_shape(entry)
    if engine == "llamacpp":
        known = entry.memory_bytes(context_tokens, parallel=parallel)
        if known is not None:
            return known
        return round(1.2 * (entry.size_bytes or 0)) + _LIBRARY_BYTES["llamacpp"]
    weights = entry.size_bytes or 0
    if entry.parameters is not None and engine != "onnx":
        weights = entry.parameters * _BYTES_PER_WEIGHT[dtype]
    cache = 0
    if entry.kind == "chat" and entry.layers and entry.kv_heads and entry.head_size:
        cache = 8 * entry.layers * entry.kv_heads * entry.head_size * context_tokens
    library = _LIBRARY_BYTES.get(engine, _OTHER_LIBRARY_BYTES)
    return round(1.1 * weights) + cache + library


def estimate_load_s(size_bytes: int) -> float:
    """How long a load will take: a start, and reading the weights."""
    return _START_S + size_bytes / _LOAD_BYTES_PER_S


def with_shape(entry: CatalogueEntry) -> CatalogueEntry:
    """The entry with the shape that a GGUF of the user's own says of itself."""
    source = entry.sources[0]
    if entry.layers is not None or source.scheme != "file" or len(source.files) != 1:
        return entry
    path = Path(source.parts["folder"]) / source.files[0].name
    try:
        shape = _gguf_shape(path, path.stat().st_mtime_ns)
    except (OSError, WorkbenchError):  # the load will say what is wrong with it
        return entry
    return replace(entry, **shape)


@functools.lru_cache(maxsize=64)
def _gguf_shape(path: Path, _changed_ns: int) -> dict[str, Any]:
    from workbench.models.formats.gguf_reader import read_gguf

    file = read_gguf(path)
    parameters = sum(math.prod(tensor.shape) for tensor in file.tensors.values())
    weight_bytes = sum(tensor.size_bytes for tensor in file.tensors.values())

    def told(key: str) -> int | None:
        value = file.metadata.get(f"{file.architecture}.{key}")
        return value if isinstance(value, int) else None

    heads, width = told("attention.head_count"), told("embedding_length")
    return {
        "architecture": file.architecture,
        "parameters": parameters,
        "bits_per_weight": 8 * weight_bytes / parameters,
        "layers": told("block_count"),
        "kv_heads": told("attention.head_count_kv") or heads,
        "head_size": told("attention.key_length") or (width // heads if width and heads else None),
        "context_tokens": told("context_length"),
    }
