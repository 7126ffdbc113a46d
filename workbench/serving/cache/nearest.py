"""The nearest of some vectors: few are compared one by one, many are walked as a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SCANNED_MOST = 256  # up to here comparing all is faster than walking a graph


class Nearest:
    """Vectors of one length by their ids, compared by their cosine. For one thread."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._rows: Any = None
        self._graph: Any = None

    def __len__(self) -> int:
        return len(self._ids) if self._graph is None else len(self._graph)

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

    def _build(self, ids: Sequence[int], rows: Any) -> None:
        from workbench.store.vector_index import VectorIndex

        self._graph = VectorIndex(rows.shape[1])
        self._graph.add(ids, rows)
        self._ids, self._rows = [], None


def to_unit(vector: Sequence[float]) -> Any:
    """A vector of length 1 in its direction; None if it has none."""
    import numpy as np

    row = np.asarray(vector, dtype=np.float64)
    length = float(np.linalg.norm(row)) if row.ndim == 1 and row.size else 0.0
    return (row / length).astype(np.float32) if 0 < length < np.inf else None
