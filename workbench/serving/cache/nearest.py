"""The nearest of some vectors: few are compared one by one, many are walked as a graph."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from workbench.core.errors import WorkbenchError

SCANNED_MOST = 256  # up to here comparing all is faster than walking a graph


class Nearest:
    """Vectors of one length by their ids, compared by their cosine. For one thread."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._rows: Any = None
        self._graph: Any = None

    def __len__(self) -> int:
        return len(self._ids) if self._graph is None else len(self._graph)

    @classmethod
    def of(cls, ids: Sequence[int], rows: Any, *, saved: Path | None = None) -> Nearest:
        """The nearest of many vectors at once.

        Args:
            ids: Their ids.
            rows: The vectors of length 1, shape (ids, length).
            saved: Where ``save`` may have put their graph; it is used if it is of just these.
        """
        made = cls()
        if len(ids) > SCANNED_MOST:
            made._build(ids, rows, saved)
        else:
            for ident, row in zip(ids, rows, strict=True):
                made.add(ident, row)
        return made

    @property
    def is_graph(self) -> bool:
        """Whether they are many."""
        return self._graph is not None

    def save(self, path: Path, ids: Sequence[int]) -> None:
        """Write the graph.

        Args:
            path: Where.
            ids: All that are in it.
        """
        self._graph.save(path, stamp=_stamp(ids))

    def add(self, ident: int, vector: Any) -> None:
        """Add a vector of length 1 under an id that is not there."""
        import numpy as np

        if self._graph is not None:
            self._graph.add([ident], [vector])
            return
        count = len(self._ids)
        if self._rows is None:
            self._rows = np.empty((4, len(vector)), dtype=np.float32)
        elif count == len(self._rows):
            self._rows = np.concatenate((self._rows, np.empty_like(self._rows)))
        self._rows[count] = vector
        self._ids.append(ident)
        if len(self._ids) > SCANNED_MOST:
            self._build(self._ids, self._rows[: count + 1])

    def items(self) -> Iterator[tuple[int, Any]]:
        """Ids with their vectors, while they are few."""
        return zip(self._ids, self._rows[: len(self._ids)] if self._ids else (), strict=True)

    def remove(self, ident: int) -> None:
        """Forget a vector."""
        if self._graph is not None:
            self._graph.remove([ident])
            return
        place = self._ids.index(ident)
        last = self._ids.pop()
        if last != ident:
            self._ids[place] = last
            self._rows[place] = self._rows[len(self._ids)]

    def search(self, vector: Any, *, limit: int) -> list[tuple[int, float]]:
        """Ids with their cosines, the nearest first."""
        import numpy as np

        if self._graph is not None:
            return [(hit.key, hit.similarity) for hit in self._graph.search(vector, limit=limit)]
        if not self._ids:
            return []
        cosines = self._rows[: len(self._ids)] @ np.asarray(vector, dtype=np.float32)
        best = np.argsort(-cosines, kind="stable")[:limit]
        return [(self._ids[place], float(cosines[place])) for place in best.tolist()]

    def _build(self, ids: Sequence[int], rows: Any, saved: Path | None = None) -> None:
        from workbench.store.vector_index import VectorIndex

        self._ids, self._rows = [], None
        if saved is not None:
            with contextlib.suppress(WorkbenchError):  # there is none, or it is damaged
                found = VectorIndex.load(saved)
                if found.is_current(_stamp(ids)) and found.dimensions == rows.shape[1]:
                    self._graph = found
                    return
        self._graph = VectorIndex(rows.shape[1])
        self._graph.add(ids, rows)


def _stamp(ids: Sequence[int]) -> str:
    return hashlib.sha256(repr(sorted(ids)).encode()).hexdigest()


def to_unit(vector: Sequence[float]) -> Any:
    """A vector of length 1 in its direction; None if it has none."""
    import numpy as np

    row = np.asarray(vector, dtype=np.float64)
    length = float(np.linalg.norm(row)) if row.ndim == 1 and row.size else 0.0
    return (row / length).astype(np.float32) if 0 < length < np.inf else None
