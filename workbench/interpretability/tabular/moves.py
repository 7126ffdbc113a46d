"""What may be changed in a row, to which values, and what a change costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import InputError, NotFoundError

from .tied_columns import SeenPairs, find_tied

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.tabular.model import TabularModel

_COARSE = 32  # values of a number that are tried first
_PER_CHANGE = 0.5  # what each changed column costs besides its distance: few changes are preferred


@dataclass(frozen=True)
class Move:
    """Columns that change together, and the values that they may have, ``[values, columns]``.

    ``coarse`` are the places of some of the values, spread over all: those that are tried first.
    """

    columns: tuple[int, ...]
    values: np.ndarray
    coarse: np.ndarray


@dataclass(frozen=True)
class Moves:
    """All moves of a row.

    ``scales`` is what a distance of 1 is in each column: a number's standard deviation among the
    training rows, any change of a category. Values that were never seen together in the training
    rows, of which at least one is changed, are ``not seen``.
    """

    row: np.ndarray
    moves: tuple[Move, ...]
    scales: np.ndarray
    is_category: np.ndarray
    seen: SeenPairs

    def distances(self, numbers: np.ndarray, to: np.ndarray | None = None) -> np.ndarray:
        """How far rows are from the row, or from the row ``to``, in standard deviations and changed
        categories; a tied group counts once, by its largest. Shape ``[rows]``."""
        import numpy as np

        row = self.row if to is None else to
        each = np.where(self.is_category, 1.0, np.abs(numbers - row) / self.scales)
        each = np.where(np.isnan(each), 1.0, each) * differ(numbers, row)
        total: np.ndarray = each.sum(axis=1)
        for move in self.moves:
            if len(move.columns) > 1:
                own = each[:, list(move.columns)]
                total += own.max(axis=1) - own.sum(axis=1)
        return total

    def changed(self, numbers: np.ndarray) -> np.ndarray:
        """Which values are not the row's; bool of the same shape."""
        return differ(numbers, self.row)

    def counts(self, numbers: np.ndarray) -> np.ndarray:
        """How many moves made each row of the row; ``[rows]``."""
        import numpy as np

        changed = self.changed(numbers)
        return np.array([changed[:, list(move.columns)].any(axis=1) for move in self.moves]).sum(
            axis=0
        )

    def costs(self, numbers: np.ndarray) -> np.ndarray:
        """Distance and number of changes together; ``[rows]``."""
        return self.distances(numbers) + _PER_CHANGE * self.counts(numbers)

    def are_plausible(self, numbers: np.ndarray) -> np.ndarray:
        """Whether all pairs with a changed value were seen; bool ``[rows]``."""
        return self.seen.holds(numbers, self.changed(numbers))


def differ(numbers: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Where rows differ from a row; what is missing in both is the same."""
    import numpy as np

    found: np.ndarray = ~((numbers == row) | (np.isnan(numbers) & np.isnan(row)))
    return found


def choose_moves(
    model: TabularModel,
    row: np.ndarray,
    training: np.ndarray,
    *,
    fixed: Iterable[str],
    directions: Mapping[str, str],
) -> Moves:
    """The moves of a row: every column that is not fixed, to every value that was observed.

    Columns that determine each other change together, and if one of them is fixed all are. Nothing
    becomes missing.

    Args:
        model: Of the row.
        row: ``[features]``.
        training: The rows whose values are the allowed ones, ``[rows, features]``.
        fixed: Columns that stay as they are.
        directions: Number column to ``up`` or ``down``, where only one way is possible.

    Raises:
        NotFoundError: There is no such column.
        InputError: A direction is none or of a category, or nothing is left that could change.
    """
    import numpy as np

    fixed = set(fixed)
    for name in (*sorted(fixed), *directions):
        if name not in model.features:
            raise NotFoundError.among("feature", name, model.features)
    for name, way in directions.items():
        if way not in ("up", "down") or model.kinds[name] != "number":
            raise InputError(
                f"{name} ({model.kinds[name]}) cannot go {way!r}",
                hint="'up' or 'down', of a column of numbers",
            )
    groups = find_tied(training)
    tied = {at for group in groups for at in group}
    groups += [[at] for at in range(len(row)) if at not in tied]
    moves = []
    for group in sorted(groups):
        if fixed.isdisjoint(model.features[at] for at in group):
            move = _move(model, row, training, tuple(group), directions)
            if len(move.values):
                moves.append(move)
    if not moves:
        raise InputError(
            "no column can change: all are fixed, or have one value only",
            hint="fix fewer columns",
        )
    scales = np.nanstd(training, axis=0)
    return Moves(
        row,
        tuple(moves),
        np.where(scales > 0, scales, 1.0),
        np.array([column.is_category for column in model.columns]),
        SeenPairs(training),
    )


def _move(
    model: TabularModel,
    row: np.ndarray,
    training: np.ndarray,
    columns: tuple[int, ...],
    directions: Mapping[str, str],
) -> Move:
    import numpy as np

    values = np.unique(training[:, list(columns)], axis=0)
    keep = ~np.isnan(values).any(axis=1) & (values != row[list(columns)]).any(axis=1)
    for place, at in enumerate(columns):
        way = directions.get(model.features[at])
        if way is not None:
            ahead = values[:, place] > row[at] if way == "up" else values[:, place] < row[at]
            keep &= ahead
    values = values[keep]
    is_number = len(columns) == 1 and not model.columns[columns[0]].is_category
    coarse = np.arange(len(values))
    if is_number and len(values) > _COARSE:
        # By rank among the rows, so that long tails do not take all places.
        column = training[:, columns[0]]
        spread = np.nanquantile(column, np.linspace(0, 1, _COARSE), method="nearest")
        coarse = np.flatnonzero(np.isin(values[:, 0], spread))
    return Move(columns, values, coarse)
