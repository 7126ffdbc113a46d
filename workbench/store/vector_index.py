"""Nearest neighbours by cosine: an HNSW graph (usearch), in memory or mapped from its file.

An index is derived: it carries the stamp of what it was built from, and deleting it loses nothing
but the time to build it again. Keys are the caller's whole numbers; what they stand for is kept
where the vectors come from.

Malkov and Yashunin 2018, "Efficient and Robust Approximate Nearest Neighbor Search Using
Hierarchical Navigable Small World Graphs".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workbench.core import settings
from workbench.core.errors import CapabilityError, InputError, IntegrityError, NotFoundError
from workbench.core.optional import require

from . import files
from .documents import check_text

Precision = Literal["f16", "f32"]
_PRECISIONS: tuple[Precision, ...] = ("f16", "f32")
_CONNECTIVITY = 16  # usearch's own defaults, written down because a file depends on the first
_EXPANSION_ADD = 128
_EXPANSION_SEARCH = 64


@dataclass(frozen=True)
class VectorHit:
    """One neighbour. ``similarity`` is the cosine, from -1 to 1."""

    key: int
    similarity: float


class VectorIndex:
    """An index of vectors of one length.

    Args:
        dimensions: Their length.
        precision: How they are kept; ``f16`` takes half the memory of ``f32``.
        expansion_search: How many candidates a search keeps; more finds more and takes longer.
    """

    def __init__(
        self,
        dimensions: int,
        *,
        precision: Precision = "f16",
        expansion_search: int = _EXPANSION_SEARCH,
    ) -> None:
        if dimensions < 1 or precision not in _PRECISIONS:
            raise InputError(
                f"an index of {dimensions} dimensions in {precision!r}; it must be at least 1, in "
                f"one of {', '.join(_PRECISIONS)}"
            )
        self.dimensions, self.precision = dimensions, precision
        self.is_view = False
        self._stamp: str | None = None
        usearch = require("usearch.index", extra="store")
        self._index: Any = usearch.Index(
            ndim=dimensions,
            metric="cos",
            dtype=precision,
            connectivity=_CONNECTIVITY,
            expansion_add=_EXPANSION_ADD,
            expansion_search=expansion_search,
        )

    def add(self, keys: Sequence[int], vectors: Any) -> None:
        """Add vectors; a key that is there takes the new one.

        Args:
            keys: Whole numbers from 0, each once.
            vectors: Array of shape (keys, dimensions).

        Raises:
            CapabilityError: The index is a view of a file.
            InputError: Shapes differ, a key comes twice, or a vector is zero or not finite.
        """
        self._refuse_view()
        ids, rows = self._keys(keys), self._rows(vectors)
        if len(ids) != len(rows):
            raise InputError(f"{len(ids)} keys for {len(rows)} vectors; there must be one each")
        if not len(ids):
            return
        known = ids[self._index.contains(ids)]
        if len(known):
            self._index.remove(known)
        self._index.add(ids, rows, threads=settings.get("threads"))
        self._stamp = None

    def remove(self, keys: Sequence[int]) -> int:
        """Remove vectors; returns how many of the keys were there.

        Raises:
            CapabilityError: The index is a view of a file.
        """
        self._refuse_view()
        ids = self._keys(keys)
        known = ids[self._index.contains(ids)] if len(ids) else ids
        if len(known):
            self._index.remove(known)
            self._stamp = None
        return len(known)

    def search(self, vector: Any, *, limit: int = 10, exact: bool = False) -> list[VectorHit]:
        """The nearest neighbours of one vector, the nearest first.

        Args:
            vector: Array of shape (dimensions,).
            limit: At most so many.
            exact: Compare with every vector, in place of walking the graph.

        Raises:
            InputError: The vector has another shape, is zero or is not finite.
        """
        rows = self._rows([vector])
        if not len(self) or limit < 1:
            return []
        found = self._index.search(rows[0], min(limit, len(self)), exact=exact, threads=1)
        return [
            VectorHit(int(key), 1.0 - float(distance))
            for key, distance in zip(found.keys, found.distances, strict=True)
        ]

    def save(self, path: Path, *, stamp: str) -> None:
        """Write the index. Readers see the old one or the new one, whole.

        Args:
            path: A small JSON file that names the graph's file beside it, which it replaces last.
            stamp: The version or sha256 of the source.

        Raises:
            StorageError: The disk is full; the old index stays.
        """
        path = Path(path)
        content = self._index.save()
        digest = hashlib.sha256(content).hexdigest()
        graph = path.with_name(f"{path.name}.{digest[:16]}.usearch")
        files.write_bytes(graph, content)
        files.write_json(
            path,
            {
                "stamp": check_text(stamp, what="stamp"),
                "graph": graph.name,
                "sha256": digest,
                "size_bytes": len(content),
                "dimensions": self.dimensions,
                "precision": self.precision,
                "vectors": len(self),
            },
        )
        for old in path.parent.glob(f"{path.name}.*.usearch"):
            if old != graph:  # a process that has it mapped keeps its bytes
                old.unlink(missing_ok=True)
        self._stamp = stamp

    @classmethod
    def load(cls, path: Path) -> VectorIndex:
        """Read an index into memory, checked against its sha256; vectors can be added to it.

        Raises:
            NotFoundError: There is none.
            IntegrityError: Its bytes are not those that were written.
        """
        about, graph = _describe(path)
        try:
            content = graph.read_bytes()
        except FileNotFoundError:  # a writer has just put another one in its place
            about, graph = _describe(path)
            content = graph.read_bytes()
        found = hashlib.sha256(content).hexdigest()
        if found != about["sha256"]:
            raise IntegrityError(
                f"{graph} has sha256 {found}, {about['sha256']} was written",
                hint="delete it and build the index again",
            )
        index = cls(about["dimensions"], precision=about["precision"])
        index._index.load(content)
        index._stamp = about["stamp"]
        return index

    @classmethod
    def view(cls, path: Path) -> VectorIndex:
        """Map an index from its file: ready at once, its pages read when a search needs them.

        The bytes are checked for their number alone; ``load`` checks them all.

        Raises:
            NotFoundError: There is none.
            IntegrityError: The file is shorter or longer than it was.
        """
        about, graph = _describe(path)
        index = cls(about["dimensions"], precision=about["precision"])
        index._index.view(str(graph))
        index._stamp, index.is_view = about["stamp"], True
        return index

    @property
    def stamp(self) -> str | None:
        """What the saved index was built from; None once it was changed."""
        return self._stamp

    def is_current(self, stamp: str) -> bool:
        """Whether the index was built from this source, and not changed since."""
        return self._stamp == stamp

    def keys(self) -> set[int]:
        """The keys of all vectors."""
        return {int(key) for key in self._index.keys}

    def vectors(self, keys: Sequence[int]) -> Any:
        """The vectors of keys, of length 1 but for rounding: float32, shape (keys, dimensions).

        Raises:
            NotFoundError: One of them is not there.
        """
        import numpy as np

        ids = self._keys(keys)
        if not len(ids):
            return np.empty((0, self.dimensions), dtype=np.float32)
        missing = ids[~self._index.contains(ids)]
        if len(missing):
            raise NotFoundError(
                f"there is no vector {int(missing[0])}", hint="keys() lists those there are"
            )
        return np.asarray(self._index.get(ids, dtype="f32"), dtype=np.float32)

    def __len__(self) -> int:
        return len(self._index)

    def __contains__(self, key: int) -> bool:
        return bool(self._index.contains(key))

    def _refuse_view(self) -> None:
        if self.is_view:
            raise CapabilityError(
                "a view of a saved index cannot be changed", hint="VectorIndex.load(path)"
            )

    def _keys(self, keys: Sequence[int]) -> Any:
        import numpy as np

        ids = np.asarray(keys)
        if ids.size and (ids.ndim != 1 or ids.dtype.kind not in "iu" or ids.min() < 0):
            raise InputError("keys must be whole numbers from 0, in one row")
        ids = ids.astype(np.uint64)
        if len(np.unique(ids)) != len(ids):
            raise InputError("a key comes twice; each must come once")
        return ids

    def _rows(self, vectors: Any) -> Any:
        import numpy as np

        # In f64, so that the square of a component neither overflows nor vanishes.
        rows = np.asarray(vectors, dtype=np.float64)
        if rows.size == 0 and rows.ndim <= 2:
            return rows.reshape(0, self.dimensions)
        if rows.ndim != 2 or rows.shape[1] != self.dimensions:
            raise InputError(
                f"vectors of shape {rows.shape}; this index takes (n, {self.dimensions})"
            )
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or (lengths == 0).any():
            raise InputError("a vector is zero or not finite: it has no direction")
        # At length 1 a component that f16 could not hold, or would round to 0, fits.
        return np.ascontiguousarray(rows / lengths, dtype=np.float32)


def _describe(path: Path) -> tuple[dict[str, Any], Path]:
    """What stands in an index's JSON file, and where its graph lies, checked for its size."""
    path = Path(path)
    for last in (False, True):  # between the two reads a writer may have replaced the graph
        try:
            about = json.loads(path.read_text(encoding="utf-8"))
            graph = path.with_name(about["graph"])
            size_bytes = graph.stat().st_size
            break
        except FileNotFoundError:
            if last:
                raise NotFoundError(
                    f"there is no vector index {path}", hint="build it, then save it"
                ) from None
        except (ValueError, KeyError, TypeError):
            raise IntegrityError(
                f"{path} does not describe a vector index",
                hint="delete it and build the index again",
            ) from None
    if size_bytes != about["size_bytes"]:
        raise IntegrityError(
            f"{graph} has {size_bytes} bytes, {about['size_bytes']} were written",
            hint="delete it and build the index again",
        )
    return about, graph
