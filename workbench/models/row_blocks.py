"""Products of matrices for spaCy by numpy's BLAS, in blocks of a fixed number of rows.

blis, which spaCy multiplies with, comes in wheels without kernels for newer processors: there it is
a third as fast as the OpenBLAS of numpy. That rounds a row otherwise by how many stand beside it,
so a text would be read otherwise in other company. In blocks of one size, the last one filled up,
every row is multiplied by the same kernel, and a text is read the same wherever it stands.

Not by every kernel, though: those for Haswell round a row by its place in a block as well. So each
shape is tried once, and where places differ blis multiplies, which is slow and the same anywhere.
"""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from thinc.api import NumpyOps
from threadpoolctl import ThreadpoolController

ROWS = 256


class RowBlockOps(NumpyOps):
    """thinc's operations on numpy arrays, but for products; training is left as it is."""

    def gemm(
        self, x: Any, y: Any, *, out: Any = None, trans1: bool = False, trans2: bool = False
    ) -> Any:
        """``x @ y``, or with ``trans2`` ``x @ y.T``: float32 [rows, columns]."""
        if trans1 or x.dtype != np.float32 or y.dtype != np.float32:
            return super().gemm(x, y, out=out, trans1=trans1, trans2=trans2)
        if not places_are_alike(x.shape[1], y.shape[0] if trans2 else y.shape[1], trans2):
            return super().gemm(x, y, out=out, trans1=trans1, trans2=trans2)
        weights = y.T if trans2 else y
        found = np.empty((len(x), weights.shape[1]), np.float32) if out is None else out
        whole = len(x) - len(x) % ROWS
        for start in range(0, whole, ROWS):
            np.dot(x[start : start + ROWS], weights, out=found[start : start + ROWS])
        if whole < len(x):
            filled = np.zeros((ROWS, x.shape[1]), np.float32)
            filled[: len(x) - whole] = x[whole:]
            found[whole:] = np.dot(filled, weights)[: len(x) - whole]
        return found


@functools.cache
def places_are_alike(inner: int, columns: int, turned: bool) -> bool:
    """Whether a row of ``inner`` numbers times ``columns`` of them is the same at every place of a
    block; ``turned`` where the weights are a transposed array. Tried with one row, repeated."""
    chance = np.random.default_rng(0)
    row = chance.standard_normal(inner, dtype=np.float32)
    shape = (columns, inner) if turned else (inner, columns)
    weights = chance.standard_normal(shape, dtype=np.float32)
    found = np.dot(np.tile(row, (ROWS, 1)), weights.T if turned else weights)
    return bool((found == found[0]).all())


def use_row_blocks(pipeline: Any) -> None:
    """Have all models of a spaCy pipeline multiply so."""
    ops = RowBlockOps()
    for _, part in pipeline.components:
        for layer in part.model.walk() if getattr(part, "model", None) else ():
            layer.ops = ops


def one_thread() -> AbstractContextManager[Any]:
    """A block in which numpy's BLAS uses one thread: its threads wait for each other by spinning,
    and beside the processes that read as well there is no core for a second one."""
    limited: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limited


@functools.cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
