"""A GGUF in another precision, made in Python and saying so of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError, NotFoundError
from workbench.core.progress import progress
from workbench.models.formats.gguf_reader import GgufFile, GgufTensor, read_gguf
from workbench.models.formats.gguf_types import FILE_TYPES
from workbench.models.formats.gguf_writer import (
    WRITABLE_TYPES,
    PlannedTensor,
    check_writable,
    encode_entry,
    quantize,
    write_gguf,
)

if TYPE_CHECKING:
    import numpy as np

Changes = Mapping[str, Callable[["np.ndarray"], "np.ndarray"]]

_EXACT = {"F32", "F16", "BF16"}
_BELOW_8_BITS = {"Q4_0", "Q4_1", "Q5_0", "Q5_1"}
_EMBEDDINGS = {"token_embd.weight", "output.weight"}
# Small, and each number of them counts: llama.cpp's own program leaves them alone too.
_KEPT = ("norm", "ffn_gate_inp", "rope_freqs")
# Copied metadata would contradict what is written anew, or the alignment that is written with.
_REPLACED = {
    "general.file_type",
    "general.quantization_version",
    "general.alignment",
    "workbench.encoding",
}


@dataclass(frozen=True)
class Requantized:
    """What was made: ``encoding`` is what the file says of its own history."""

    path: Path
    type: str | None
    size_bytes: int
    encoding: str


def requantize(
    source: Path,
    destination: Path,
    type: str | None,
    *,
    embedding_type: str | None = None,
    changes: Changes | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Requantized:
    """Write ``source`` again with its weights in ``type``; all metadata is kept.

    Norms and vectors stay float32. A matrix whose rows are no whole blocks becomes float16.
    Weights that were quantised before lose twice: the file then says that it is re-encoded.

    Args:
        source: A GGUF.
        destination: The new file.
        type: F32, F16, BF16, Q8_0, Q5_1, Q5_0, Q4_1 or Q4_0; None leaves each tensor's own.
        embedding_type: Of the token embeddings and the output; Q8_0 if none is given and ``type``
            is below 8 bits, else ``type``.
        changes: What becomes of the numbers of a tensor, by its name; in llama.cpp's order of rows.
        metadata: Texts that take the place of those of the source, or are added.

    Raises:
        InputError: The type cannot be made in Python.
        NotFoundError: A tensor that is to be changed is not there.
        CapabilityError: A tensor of the source cannot be read, or it is a part of a split model.
        StorageError: The disk is full.
    """
    if type is not None:
        check_writable(type)
        embedding_type = embedding_type or ("Q8_0" if type in _BELOW_8_BITS else type)
        check_writable(embedding_type)
    changes, metadata = changes or {}, metadata or {}
    gguf = read_gguf(source)
    if gguf.metadata.get("split.count", 0) > 1:
        raise CapabilityError(
            f"{source.name} is one part of a split model", hint="join the parts with gguf-split"
        )
    for name in changes:
        if name not in gguf.tensors:
            raise NotFoundError.among("tensor", name, gguf.tensors, hint="name another base")
    plans = [
        _plan(tensor, type, embedding_type, is_changed=tensor.name in changes)
        for tensor in gguf.tensors.values()
    ]
    encoding = _describe(gguf)
    entries = _entries(gguf, type, {**metadata, "workbench.encoding": encoding})
    write_gguf(destination, entries, plans, _contents(gguf, plans, type, changes))
    return Requantized(destination, type, destination.stat().st_size, encoding)


def choose_type(name: str, shape: Sequence[int], type: str, *, embedding_type: str) -> str:
    """The type in which a tensor is written, when the file's is ``type``."""
    if len(shape) < 2 or any(part in name for part in _KEPT):
        return "F32"
    wanted = embedding_type if name in _EMBEDDINGS else type
    return "F16" if wanted not in _EXACT and shape[-1] % 32 else wanted


def _plan(
    tensor: GgufTensor, type: str | None, embedding_type: str | None, *, is_changed: bool
) -> PlannedTensor:
    if type is None or embedding_type is None:
        if is_changed and tensor.type not in WRITABLE_TYPES:
            raise CapabilityError(
                f"{tensor.name} is {tensor.type}, which cannot be made in Python",
                hint=f"name one that can: {', '.join(WRITABLE_TYPES)}",
            )
        return PlannedTensor(tensor.name, tensor.shape, tensor.type)
    chosen = choose_type(tensor.name, tensor.shape, type, embedding_type=embedding_type)
    return PlannedTensor(tensor.name, tensor.shape, chosen)


def _describe(gguf: GgufFile) -> str:
    lossy = Counter(tensor.type for tensor in gguf.tensors.values() if tensor.type not in _EXACT)
    before = gguf.metadata.get("workbench.encoding", "")
    if lossy:
        said = f"re-encoded from {lossy.most_common(1)[0][0]}"
        return f"{said}, which was {before}" if before else said
    return str(before) or "encoded from unquantised weights"


def _entries(gguf: GgufFile, type: str | None, said: Mapping[str, str]) -> list[bytes]:
    replaced = {*said, *(_REPLACED if type is not None else {"general.alignment"})}
    with gguf.path.open("rb") as file:
        entries = []
        for key, (start, end) in gguf.spans.items():
            if key not in replaced:
                file.seek(start)
                entries.append(file.read(end - start))
    if type is not None:
        entries.append(encode_entry("general.file_type", FILE_TYPES[type]))
        entries.append(encode_entry("general.quantization_version", 2))
    return [*entries, *(encode_entry(key, text) for key, text in said.items())]


def _contents(
    gguf: GgufFile, plans: Sequence[PlannedTensor], type: str | None, changes: Changes
) -> Iterator[bytes]:
    label = f"writing {gguf.path.stem}" + (f" as {type}" if type is not None else "")
    with progress(label, total=len(plans), unit="tensors") as task:
        for plan in plans:
            check_cancelled()
            change = changes.get(plan.name)
            if change is not None:
                yield quantize(change(gguf.dequantize(plan.name)), plan.type)
            elif gguf.tensors[plan.name].type == plan.type:
                yield gguf.raw(plan.name).tobytes()
            else:
                yield quantize(gguf.dequantize(plan.name), plan.type)
            task.advance()
