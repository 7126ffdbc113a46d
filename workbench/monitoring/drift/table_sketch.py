"""A table as one sketch a column, on the grid of a reference; sketches of days merge by adding."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.evaluation.category_sketch import CategorySketch, reference_names, sketch_categories
from workbench.evaluation.embedding_sketch import (
    EmbeddingSketch,
    RandomFeatures,
    reference_features,
    sketch_embeddings,
)
from workbench.evaluation.number_sketch import NumberSketch, reference_edges, sketch_numbers

from .columns import (
    CATEGORY,
    EMBEDDING,
    NUMBER,
    TEXT,
    ColumnValues,
    read_column,
    read_known,
    text_features,
)

if TYPE_CHECKING:
    import pandas as pd

    from .reading import AnyRows

Sketch = NumberSketch | CategorySketch | EmbeddingSketch
_FEATURE_ROWS = 2000


@dataclass(frozen=True, eq=False)
class Grid:
    """How one column is counted: ``by`` are a number's edges, a category's names, or the random
    features of a text or an embedding."""

    kind: str
    by: Any


@dataclass(frozen=True, eq=False)
class TableSketch:
    """``columns`` by name; ``rows`` of the table. ``left_out`` says which columns are in no sketch,
    and why."""

    rows: int
    columns: Mapping[str, Sketch]
    left_out: Mapping[str, str] = field(default_factory=dict)

    def __add__(self, other: TableSketch) -> TableSketch:
        """The sketch of the rows of both. A column that one of them has not is left out.

        Raises:
            InputError: They come from different references.
        """
        both = [name for name in self.columns if name in other.columns]
        lacking = (self.columns.keys() | other.columns.keys()) - set(both)
        left = {**self.left_out, **other.left_out}
        left |= {name: "not in every part" for name in sorted(lacking) if name not in left}
        columns: dict[str, Sketch] = {
            name: self.columns[name] + other.columns[name]  # type: ignore[operator]
            for name in both
        }
        return TableSketch(self.rows + other.rows, columns, left)


def make_grids(table: pd.DataFrame) -> tuple[dict[str, Grid], dict[str, str]]:
    """The grid of each column of a reference; beside it the columns that have none, and why.

    Raises:
        InputError: The table has fewer than two rows, or no column that can be sketched.
    """
    if len(table) < 2:
        raise InputError(
            f"the reference has {len(table)} row{'s' * (len(table) != 1)}",
            hint="two at least, and hundreds to tell anything",
        )
    grids: dict[str, Grid] = {}
    left = {}
    for name in map(str, table.columns):
        column = read_column(name, table[name])
        made = column if isinstance(column, str) else _grid(column)
        if isinstance(made, str):
            left[name] = made
        else:
            grids[name] = made
    if not grids:
        said = "; ".join(f"{name}: {why}" for name, why in left.items())
        raise InputError(f"no column of the reference can be compared: {said}")
    return grids, left


def sketch_table(
    table: pd.DataFrame, grids: Mapping[str, Grid], *, kinds_known: bool = False
) -> TableSketch:
    """Count a table's rows on the grids of its reference.

    Args:
        table: The rows.
        grids: From ``make_grids``.
        kinds_known: The rows are part of a table whose columns were found to be of these kinds: of
            few rows it could not be told anew.
    """
    columns: dict[str, Sketch] = {}
    left = {}
    for name, grid in grids.items():
        if name not in table.columns:
            left[name] = "not in the current table"
            continue
        column: ColumnValues | str
        if kinds_known:
            dimensions = len(grid.by.weights) if grid.kind == EMBEDDING else None
            column = read_known(name, table[name], grid.kind, dimensions=dimensions)
        else:
            column = read_column(name, table[name], kind=grid.kind)
        if isinstance(column, str):
            left[name] = column
        elif grid.kind not in (NUMBER, CATEGORY, TEXT) and column.values.shape[1] != len(
            grid.by.weights
        ):
            left[name] = f"{len(grid.by.weights)} numbers each before, {column.values.shape[1]} now"
        else:
            columns[name] = sketch_column(column, grid)
    left |= {str(name): "not in the reference" for name in table.columns if name not in grids}
    return TableSketch(len(table), columns, left)


def sketch_rows(rows: AnyRows, grids: Mapping[str, Grid]) -> TableSketch:
    """Count all rows on the grids of their reference, part by part where not all lie in memory."""
    whole = sketch_table(rows.sample, grids)
    if rows.is_whole:
        return whole
    kept = {name: grids[name] for name in whole.columns}
    made = (sketch_table(part, kept, kinds_known=True) for part in rows.parts(list(kept)))
    total = functools.reduce(operator.add, made)
    return TableSketch(total.rows, total.columns, whole.left_out)


def sketch_column(column: ColumnValues, grid: Grid) -> Sketch:
    """Count one column's rows on its grid."""
    if grid.kind == NUMBER:
        return sketch_numbers(column.values, grid.by)
    if grid.kind == CATEGORY:
        return sketch_categories(column.values, grid.by)
    rows = text_features(column.values) if grid.kind == TEXT else column.values
    return sketch_embeddings(rows, grid.by)


def _grid(column: ColumnValues) -> Grid | str:
    import numpy as np

    if column.kind == NUMBER:
        if np.isnan(column.values).all():
            return "no row has a value"
        return Grid(NUMBER, reference_edges(column.values))
    if column.kind == CATEGORY:
        names = reference_names(column.values)
        if names:
            return Grid(CATEGORY, names)
        is_told = any(value is not None for value in column.values)
        return "its values hardly repeat: they name rows" if is_told else "no row has a value"
    rows = column.values
    if column.kind == TEXT:
        rows = text_features(column.values[:_FEATURE_ROWS])
    try:
        made: RandomFeatures = reference_features(rows)
    except InputError as error:
        return str(error)
    return Grid(column.kind, made)
