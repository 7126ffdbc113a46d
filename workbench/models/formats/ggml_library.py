"""llama.cpp's own quantiser, called in the shared library that its Python package brings.

``xllamacpp`` offers no call for it, but its library exports ggml's C functions, among them
``ggml_quantize_chunk`` of ``ggml.h``, of which llama.cpp's program for quantising is made. It knows
the k-quants, weighs the error of each column by an importance, and is some twenty times faster than
numpy (ADR 0073).
"""

from __future__ import annotations

import ctypes
import functools
import importlib.machinery
import importlib.util
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import DependencyError, InputError
from workbench.core.optional import install_command
from workbench.models.formats.gguf_types import TENSOR_TYPES, TYPE_IDS

if TYPE_CHECKING:
    import numpy as np

_PACKAGE = "xllamacpp"
_NEEDED = ("ggml_quantize_chunk", "ggml_row_size", "ggml_validate_row_data")
_NUMBERS_AT_ONCE = 1 << 20
# Where no input was ever seen, an error would cost nothing at all, and a block of such columns has
# no best scale: they count a millionth of the others.
_LEAST_SHARE = 1e-6


def is_available() -> bool:
    """Whether the library is here and exports what is needed."""
    return _find_library() is not None


def require_library(what: str) -> None:
    """Raise DependencyError where the library is not here; ``what`` needs it."""
    if not is_available():
        raise DependencyError(
            f"{what} needs llama.cpp's library, as the package {_PACKAGE!r} brings it",
            hint=install_command("models"),
            module=_PACKAGE,
        )


def quantize_rows(
    numbers: np.ndarray, type: str, *, importance: np.ndarray | None = None, threads: int = 1
) -> bytes:
    """The blocks of a matrix.

    Args:
        numbers: Float32 ``[rows, columns]``, the columns a whole number of the type's blocks.
        type: A quantised tensor type.
        importance: Float32 ``[columns]``: the mean square of each column's input. The squared error
            of a weight counts so much.
        threads: Rows are shared among so many.

    Raises:
        InputError: A number is not finite, or too large for the type; the importance has another
            length or a negative number.
        DependencyError: llama.cpp's library is not here.
    """
    import numpy as np

    require_library(f"quantising to {type}")
    numbers = np.ascontiguousarray(numbers, np.float32)
    rows, columns = numbers.shape
    if not np.isfinite(numbers).all():
        raise InputError("a weight is not a finite number", hint="the model's own file is damaged")
    weights = None if importance is None else _checked(importance, columns)
    library = _library()
    row_bytes = int(library.ggml_row_size(TYPE_IDS[type], columns))
    _, block, block_bytes = TENSOR_TYPES[TYPE_IDS[type]]
    assert row_bytes == columns // block * block_bytes, f"{type} has other blocks in this library"
    made = np.empty((rows, row_bytes), np.uint8)
    step = max(1, _NUMBERS_AT_ONCE // max(1, columns))

    def fill(start: int) -> None:
        count = min(step, rows - start)
        library.ggml_quantize_chunk(
            TYPE_IDS[type],
            numbers.ctypes.data,
            made.ctypes.data,
            start * columns,
            count,
            columns,
            None if weights is None else weights.ctypes.data,
        )

    with ThreadPoolExecutor(max(1, threads)) as pool:  # the library runs without Python's lock
        list(pool.map(fill, range(0, rows, step)))
    if not library.ggml_validate_row_data(TYPE_IDS[type], made.ctypes.data, made.nbytes):
        raise InputError(f"a weight is too large for the scales of {type}", hint="type='BF16'")
    return made.tobytes()


def _checked(importance: np.ndarray, columns: int) -> np.ndarray:
    import numpy as np

    found = np.asarray(importance, np.float32)
    if found.shape != (columns,) or not np.isfinite(found).all() or (found < 0).any():
        raise InputError(
            f"an importance of shape {list(found.shape)} does not weigh {columns} columns by "
            "numbers that are finite and not negative",
            hint="measure it with the same model",
        )
    if not found.any():
        return np.ones(columns, np.float32)
    return np.ascontiguousarray(np.maximum(found, found.mean() * _LEAST_SHARE))


def _library() -> Any:
    found = _find_library()
    assert found is not None, "asked for before"
    return found


@functools.cache
def _find_library() -> Any:
    for path in _candidates():
        try:
            library = ctypes.CDLL(str(path))
        except OSError:
            continue  # of another processor, or without what it needs itself
        if all(hasattr(library, name) for name in _NEEDED):
            return _declared(library)
    return None


def _candidates() -> list[Path]:
    try:
        spec = importlib.util.find_spec(_PACKAGE)
    except ValueError:
        return []
    folders = [Path(each) for each in (spec.submodule_search_locations or ())] if spec else []
    suffixes = tuple(importlib.machinery.EXTENSION_SUFFIXES)
    return [
        path
        for folder in folders
        for path in sorted(folder.glob(f"{_PACKAGE}*"))
        if path.name.endswith(suffixes)
    ]


def _declared(library: Any) -> Any:
    pointer, whole = ctypes.c_void_p, ctypes.c_int64
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    library.ggml_quantize_chunk.argtypes = [
        ctypes.c_int, pointer, pointer, whole, whole, whole, pointer
    ]  # fmt: skip
    library.ggml_row_size.restype = ctypes.c_size_t
    library.ggml_row_size.argtypes = [ctypes.c_int, whole]
    library.ggml_validate_row_data.restype = ctypes.c_bool
    library.ggml_validate_row_data.argtypes = [ctypes.c_int, pointer, ctypes.c_size_t]
    return library
