"""Columns that say the same, and values that were never seen together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_BINS = 10
_FEW = 200  # so many different numbers are still told apart one by one


def find_tied(numbers: np.ndarray) -> list[list[int]]:
    """Groups of columns of which each determines the others in every row.

    Two columns with as many different pairs as each has values are the same column in other words,
    such as the name of a school degree and its number. Columns with two values or fewer, and such
    as are different in most rows, say too little for that.

    Args:
        numbers: ``[rows, features]``.
    """
    import numpy as np

    codes = [_coded(column) for column in numbers.T]
    counts = [int(code.max()) + 1 for code in codes]
    groups: list[list[int]] = []
    for at, code in enumerate(codes):
        if not 2 < counts[at] <= len(numbers) / 2:
            continue
        for group in groups:
            first = group[0]
            if counts[first] == counts[at]:
                pairs = np.unique(codes[first].astype(np.int64) * counts[at] + code)
                if len(pairs) == counts[at]:
                    group.append(at)
                    break
        else:
            groups.append([at])
    return [group for group in groups if len(group) > 1]


def _coded(column: np.ndarray) -> np.ndarray:
    import numpy as np

    codes: np.ndarray = np.unique(column, return_inverse=True)[1]  # NaN counts as one value
    return codes


class SeenPairs:
    """Which values of each two columns occur together in some rows.

    Numbers with more than 200 different values are compared by tenths of the rows.

    Args:
        numbers: The rows, ``[rows, features]``.
    """

    def __init__(self, numbers: np.ndarray) -> None:
        import numpy as np

        self._edges = []
        for column in numbers.T:
            known = np.unique(column[~np.isnan(column)])
            if len(known) > _FEW:
                known = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[:-1]))
            self._edges.append(known)
        codes = self._codes(numbers)
        self._sizes = [len(edges) + 1 for edges in self._edges]
        self._seen: dict[tuple[int, int], np.ndarray] = {}
        for first in range(numbers.shape[1]):
            for second in range(first + 1, numbers.shape[1]):
                table = np.zeros((self._sizes[first], self._sizes[second]), dtype=bool)
                table[codes[:, first], codes[:, second]] = True
                self._seen[first, second] = table

    def holds(self, numbers: np.ndarray, changed: np.ndarray) -> np.ndarray:
        """Whether each pair with a changed value in it was seen; bool ``[rows]``.

        Args:
            numbers: ``[rows, features]``.
            changed: Which values are not the row's own, bool of the same shape.
        """
        import numpy as np

        codes = self._codes(numbers)
        found = np.ones(len(numbers), dtype=bool)
        for (first, second), table in self._seen.items():
            touched = changed[:, first] | changed[:, second]
            if touched.any():
                found &= ~touched | table[codes[:, first], codes[:, second]]
        return found

    def _codes(self, numbers: np.ndarray) -> np.ndarray:
        import numpy as np

        codes = np.empty(numbers.shape, dtype=np.int64)
        for at, edges in enumerate(self._edges):
            place = np.searchsorted(edges, numbers[:, at], side="right")
            codes[:, at] = np.where(np.isnan(numbers[:, at]), 0, np.clip(place, 1, None))
        return codes
