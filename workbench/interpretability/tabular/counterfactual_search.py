"""The search for near rows that a model answers otherwise.

Two ways lead there. A beam goes out from the row: from the best rows so far every single move is
tried, first coarsely. And real rows with the wanted answer are walked back: change after change is
taken back while the answer holds. What either finds is then made as small as it goes.

References:
    Wachter, Mittelstadt, Russell, "Counterfactual explanations without opening the black box",
    Harvard JOLT 31 (2018): what is looked for.
    Laugel et al., "Comparison-based inverse classification", IPMU 2018: sparsity by taking
    changes back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.core.cancellation import check_cancelled

from .moves import Move, Moves

if TYPE_CHECKING:
    import numpy as np

_BEAM = 12
_EACH_SET = 2  # rows of the beam that may have the same columns changed
_WALKED_BACK = 8
_FINE = 64


class BudgetSpent(Exception):  # noqa: N818  # a signal inside this module, no error for anyone
    """No more rows may be asked about."""


class Search:
    """One row's search.

    Args:
        moves: What may change.
        ask: Rows ``[n, features]`` to how near each is to the wanted answer (more is nearer) and
            whether it has it, both ``[n]``.
        budget_rows: How many rows may be asked about.
        max_changes: Of moves in one answer.
    """

    def __init__(
        self,
        moves: Moves,
        ask: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
        *,
        budget_rows: int,
        max_changes: int,
    ) -> None:
        self.moves = moves
        self._ask = ask
        self._budget_rows = self._limit_rows = budget_rows
        self._max_changes = max_changes
        self.asked_rows = 0
        self.found: list[np.ndarray] = []
        self.implausible = 0

    def ask(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Ask the model; raises BudgetSpent once the budget is used."""
        check_cancelled()
        if self.asked_rows + len(rows) > self._limit_rows:
            raise BudgetSpent
        self.asked_rows += len(rows)
        return self._ask(rows)

    def go_out(self, *, enough: Callable[[], bool]) -> bool:
        """The beam, one more change at each level, until ``enough`` or ``max_changes``.

        Returns:
            Whether it came to its end within its part of the budget, four fifths; the rest is for
            what comes after it.
        """
        self._limit_rows = self._budget_rows * 4 // 5
        try:
            self._widen(enough)
        except BudgetSpent:
            return False
        finally:
            self._limit_rows = self._budget_rows
        return True

    def _widen(self, enough: Callable[[], bool]) -> None:
        import numpy as np

        beam = self.moves.row[None]
        start = self.ask(beam)[0][0]
        for _ in range(self._max_changes):
            rows = self._step(beam)
            if not len(rows):
                return
            scores, hits = self.ask(rows)
            self._keep(rows[hits])
            if enough():
                return
            rows, scores = rows[~hits], scores[~hits]
            # Half of the beam by how near they come, half by what they get for their cost.
            costs = self.moves.costs(rows)
            gains = (scores - start) / np.maximum(costs, 1e-9)
            first = self._best(rows, scores, _BEAM // 2)
            beam = np.unique(np.concatenate([first, self._best(rows, gains, _BEAM // 2)]), axis=0)

    def walk_back(self, examples: np.ndarray) -> None:
        """From real rows with the wanted answer (nearest first) towards the row."""
        import numpy as np

        if not len(examples):
            return
        # With the row's own values where nothing may change, some are answered otherwise.
        starts = np.array([self._only_moves(example) for example in examples[: 4 * _WALKED_BACK]])
        starts = starts[self.ask(starts)[1]]
        for start in starts[:_WALKED_BACK]:
            row = self._without_needless(start)
            if self.moves.counts(row[None])[0] <= self._max_changes:
                self._keep(row[None])

    def refine(self) -> list[np.ndarray]:
        """What was found, each made as small as it goes; the cheapest first, none twice."""
        import numpy as np

        rows: dict[bytes, np.ndarray] = {}
        if not self.found:
            return []
        order = np.argsort(self.moves.costs(np.array(self.found)))
        by_set: dict[bytes, int] = {}
        for at in order:
            changed = self.moves.changed(self.found[at][None]).tobytes()
            by_set[changed] = by_set.get(changed, 0) + 1
            if by_set[changed] > _EACH_SET:
                continue  # the same columns, and dearer: it would end at the same row
            row = self.found[at]
            # Where the budget ends, the row as it was found is right too, only not the nearest.
            with contextlib.suppress(BudgetSpent):
                row = self._nearer(self._without_needless(row))
            rows.setdefault(row.tobytes(), row)
        return sorted(rows.values(), key=lambda row: float(self.moves.costs(row[None])[0]))

    def _step(self, beam: np.ndarray) -> np.ndarray:
        """Every row that is one move away from a row of the beam."""
        import numpy as np

        steps = []
        for row in beam:
            changed = self.moves.changed(row[None])[0]
            for move in self.moves.moves:
                columns = list(move.columns)
                if not changed[columns].any():
                    each = np.repeat(row[None], len(move.coarse), axis=0)
                    each[:, columns] = move.values[move.coarse]
                    steps.append(each)
        return np.unique(np.concatenate(steps), axis=0) if steps else np.empty((0, beam.shape[1]))

    def _best(self, rows: np.ndarray, scores: np.ndarray, count: int) -> np.ndarray:
        import numpy as np

        changed = self.moves.changed(rows)
        taken: dict[bytes, int] = {}
        kept = []
        for at in np.argsort(-scores, kind="stable"):
            key = changed[at].tobytes()
            if taken.get(key, 0) < _EACH_SET:
                taken[key] = taken.get(key, 0) + 1
                kept.append(at)
                if len(kept) == count:
                    break
        return rows[kept]

    def _keep(self, rows: np.ndarray) -> None:
        if len(rows):
            good = self.moves.are_plausible(rows)
            self.implausible += int((~good).sum())
            self.found.extend(rows[good])

    def _only_moves(self, example: np.ndarray) -> np.ndarray:
        """An example with the row's own values where nothing may change."""
        row = self.moves.row.copy()
        for move in self.moves.moves:
            columns = list(move.columns)
            if (move.values == example[columns]).all(axis=1).any():
                row[columns] = example[columns]
        return row

    def _without_needless(self, row: np.ndarray) -> np.ndarray:
        """Take back change after change, the dearest first, while the answer holds."""
        import numpy as np

        while True:
            tried = []
            for move in self._changes(row):
                back = row.copy()
                back[list(move.columns)] = self.moves.row[list(move.columns)]
                tried.append(back)
            if len(tried) < 2:
                return row
            rows = np.array(tried)
            _, hits = self.ask(rows)
            hits &= self.moves.are_plausible(rows)
            if not hits.any():
                return row
            rows = rows[hits]
            row = rows[np.argmin(self.moves.costs(rows))]

    def _nearer(self, row: np.ndarray) -> np.ndarray:
        """Of each changed column the nearest value with which the answer holds."""
        import numpy as np

        for move in self._changes(row):
            columns = list(move.columns)
            rows = np.repeat(row[None], len(move.values), axis=0)
            rows[:, columns] = move.values
            costs = self.moves.costs(rows)
            nearer = np.flatnonzero(costs < self.moves.costs(row[None])[0])
            if len(nearer) > _FINE:  # evenly, the nearest among them
                order = nearer[np.argsort(costs[nearer])]
                nearer = order[np.linspace(0, len(order) - 1, _FINE).astype(int)]
            if len(nearer):
                _, hits = self.ask(rows[nearer])
                hits &= self.moves.are_plausible(rows[nearer])
                if hits.any():
                    good = nearer[hits]
                    row = rows[good[np.argmin(costs[good])]]
        return row

    def _changes(self, row: np.ndarray) -> list[Move]:
        changed = self.moves.changed(row[None])[0]
        return [move for move in self.moves.moves if changed[list(move.columns)].any()]
