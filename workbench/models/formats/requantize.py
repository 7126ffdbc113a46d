"""A GGUF in another precision, saying of itself what it was before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core import settings
from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError, NotFoundError
from workbench.core.progress import progress
from workbench.models.formats.gguf_reader import GgufFile, read_gguf
from workbench.models.formats.gguf_recipes import (
    EXACT,
    Chosen,
    choose_types,
    find_recipe,
    list_recipes,
)
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

# Copied metadata would contradict what is written anew, or the alignment that is written with.
_REPLACED = {
    "general.file_type",
    "general.quantization_version",
    "general.alignment",
    "workbench.encoding",
}


@dataclass(frozen=True)
class Requantized:
    """What was made: ``encoding`` is what the file says of its own history.

    ``types`` counts the tensors of each type; ``fallbacks`` names those whose rows are too narrow
    for the type that they should have had, with that type.
    """

    path: Path
    type: str | None
    size_bytes: int
    encoding: str
    types: Mapping[str, int] = field(default_factory=dict)
    fallbacks: Mapping[str, str] = field(default_factory=dict)


def requantize(
    source: Path,
    destination: Path,
    type: str | None,
    *,
    embedding_type: str | None = None,
    changes: Changes | None = None,
    importance: Mapping[str, np.ndarray] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Requantized:
    """Write ``source`` again with its weights in ``type``; all metadata is kept.

    Norms and vectors stay float32. A matrix whose rows are no whole blocks gets a type of smaller
    blocks (see ``gguf_recipes``), or float16. Weights that were quantised before lose twice: the
    file then says that it is re-encoded.

    Args:
        source: A GGUF.
        destination: The new file.
        type: One of ``gguf_recipes.RECIPES``; None leaves each tensor's own.
        embedding_type: Of the token embeddings and the output; the recipe's own if none is given,
            which is Q8_0 for a plain one below 8 bits.
        changes: What becomes of the numbers of a tensor, by its name; in llama.cpp's order of rows.
        importance: How much the squared error of each column of a tensor counts, by its name.
        metadata: Texts that take the place of those of the source, or are added.

    Raises:
        InputError: There is no such type, or a weight is not finite.
        DependencyError: The type needs llama.cpp's library, which is not here.
        NotFoundError: A tensor that is to be changed is not there.
        CapabilityError: A tensor of the source cannot be read, or it is a part of a split model.
        StorageError: The disk is full.
    """
    if type is not None:
        check_writable(find_recipe(type))
    if embedding_type is not None:
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
    chosen = _choose(gguf, type, embedding_type, changes, calibrated=bool(importance))
    plans = [
        PlannedTensor(name, gguf.tensors[name].shape, each.type) for name, each in chosen.items()
    ]
    encoding = _describe(gguf)
    entries = _entries(gguf, type, {**metadata, "workbench.encoding": encoding})
    contents = _contents(gguf, plans, type, changes, importance or {})
    write_gguf(destination, entries, plans, contents)
    return Requantized(
        destination,
        type,
        destination.stat().st_size,
        encoding,
        types=dict(Counter(each.type for each in chosen.values())),
        fallbacks={name: each.instead_of for name, each in chosen.items() if each.instead_of},
    )


def _choose(
    gguf: GgufFile,
    type: str | None,
    embedding_type: str | None,
    changes: Changes,
    *,
    calibrated: bool,
) -> dict[str, Chosen]:
    if type is not None:
        shapes = {name: tensor.shape for name, tensor in gguf.tensors.items()}
        return choose_types(
            shapes, type, gguf.metadata, embedding_type=embedding_type, calibrated=calibrated
        )
    for name in changes:
        if gguf.tensors[name].type not in WRITABLE_TYPES:
            raise CapabilityError(
                f"{name} is {gguf.tensors[name].type}, which cannot be made here",
                hint=f"name one that can: {', '.join(list_recipes())}",
            )
    return {name: Chosen(tensor.type) for name, tensor in gguf.tensors.items()}


def describe_history(path: Path) -> str:
    """What weights were before they are written anew from a GGUF: exact, or re-encoded."""
    return _describe(read_gguf(path))


def _describe(gguf: GgufFile) -> str:
    lossy = Counter(tensor.type for tensor in gguf.tensors.values() if tensor.type not in EXACT)
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
    gguf: GgufFile,
    plans: Sequence[PlannedTensor],
    type: str | None,
    changes: Changes,
    importance: Mapping[str, np.ndarray],
) -> Iterator[bytes]:
    label = f"writing {gguf.path.stem}" + (f" as {type}" if type is not None else "")
    threads = settings.get("threads")
    with progress(label, total=len(plans), unit="tensors") as task:
        for plan in plans:
            check_cancelled()
            change = changes.get(plan.name)
            if change is None and gguf.tensors[plan.name].type == plan.type:
                yield gguf.raw(plan.name).tobytes()
            else:
                numbers = gguf.dequantize(plan.name)
                yield quantize(
                    numbers if change is None else change(numbers),
                    plan.type,
                    importance=importance.get(plan.name),
                    threads=threads,
                )
            task.advance()
