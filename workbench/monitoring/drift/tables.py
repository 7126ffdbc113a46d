"""Two tables compared: columns by their sketches, all together by a classifier, truth by strata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError, NotFoundError
from workbench.evaluation.classifier_two_sample import LEAST_ROWS, classifier_two_sample_test

from .columns import CATEGORY, NUMBER, read_column
from .comparing import Correction, Test, compare_columns, compare_sketches
from .concept import compare_concepts
from .reading import AnyRows
from .result import ColumnDrift, ConceptDrift, DriftReport, TogetherDrift
from .table_sketch import Grid, make_grids, sketch_rows

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_TOGETHER = "(all columns together)"
_FREQUENT = 30  # categories that a classifier is told apart


def compare_tables(
    reference: AnyRows,
    current: AnyRows,
    *,
    test: Test = "psi",
    level: float = 0.05,
    correction: Correction = "holm",
    prediction: str | None = None,
    label: str | None = None,
    classifier: bool = True,
    gate: bool = False,
    seed: int = 0,
) -> DriftReport:
    """Say what has changed from a reference to now.

    Args:
        reference: What was normal; two rows at least.
        current: What came since.
        test: Which decides on a column.
        level: Of each of up to four questions: inputs, all of them together, predictions, truth.
        correction: Of the inputs' p-values.
        prediction: The column that a model predicted; it is no input.
        label: The column of the truth, 0 or 1, empty where it is not known yet. With predictions
            that are probabilities it is told whether the truth changed.
        classifier: Whether to ask if all columns together tell the rows apart.
        gate: Whether ``ok`` is False where something drifted.
        seed: Of the classifier's halves.

    Raises:
        InputError: A table is too small, or they have no column in common.
        NotFoundError: A column that was named is not in both.
    """
    for name in filter(None, (prediction, label)):
        for side in (reference, current):
            if name not in side.names:
                raise NotFoundError.among("column", name, side.names)
    if not current.count:
        raise InputError(f"{current.name} has no rows", hint="give a period with traffic")
    outside = [name for name in (prediction, label) if name]
    inputs = [side.without(*outside) for side in (reference, current)]
    grids: dict[str, Grid] = {}
    left: dict[str, str] = {}
    columns: tuple[ColumnDrift, ...] = ()
    if inputs[0].names or prediction is None:
        grids, left = make_grids(inputs[0].sample)
        sketches = [sketch_rows(each, grids) for each in inputs]
        columns = compare_sketches(*sketches, test=test, level=level, correction=correction)
        left = {**left, **{k: v for k, v in sketches[1].left_out.items() if k not in left}}
    together = None
    if classifier and columns:
        samples = [each.sample for each in inputs]
        together = _compare_together(samples, grids, columns, left, level=level, seed=seed)
    return DriftReport(
        reference.name,
        current.name,
        reference.count,
        current.count,
        level,
        correction,
        columns,
        _compare_prediction(reference, current, prediction, test, level),
        together,
        _compare_truth(reference, current, prediction, label, level),
        left,
        gate,
    )


def _compare_prediction(
    reference: AnyRows, current: AnyRows, name: str | None, test: Test, level: float
) -> ColumnDrift | None:
    """The predictions by themselves: one test, which needs no correction."""
    if name is None:
        return None
    sides = [
        side.without(*(each for each in side.names if each != name))
        for side in (reference, current)
    ]
    grids, why = make_grids(sides[0].sample)
    sketches = [sketch_rows(side, grids) for side in sides]
    if name in sketches[1].left_out or name in why:
        raise InputError(f"the column {name} cannot be compared: {sketches[1].left_out[name]}")
    found = compare_columns(name, *(each.columns[name] for each in sketches), test=test)
    return replace(found, adjusted_p_value=found.p_value, drifted=found.p_value <= level)


def _compare_truth(
    reference: AnyRows, current: AnyRows, prediction: str | None, label: str | None, level: float
) -> ConceptDrift | None:
    if label is None:
        return None
    if prediction is None:
        raise InputError("the truth is compared given the prediction", hint="--prediction COLUMN")
    sides = []
    for side in (reference, current):
        for name in (prediction, label):
            column = read_column(name, side.sample[name], kind=NUMBER)
            if isinstance(column, str):
                raise InputError(
                    f"the column {name} of {side.name} holds no numbers",
                    hint="a probability in [0, 1], and a truth of 0 or 1",
                )
            sides.append(column.values)
    return compare_concepts(*sides, level=level)


def _compare_together(
    inputs: list[pd.DataFrame],
    grids: Mapping[str, Grid],
    columns: tuple[ColumnDrift, ...],
    left: dict[str, str],
    *,
    level: float,
    seed: int,
) -> TogetherDrift | None:
    names = [each.name for each in columns if grids[each.name].kind in (NUMBER, CATEGORY)]
    least = min(map(len, inputs))
    if least < LEAST_ROWS:
        left[_TOGETHER] = f"a classifier needs {LEAST_ROWS} rows of each; {least}"
        return None
    if not names:
        left[_TOGETHER] = "no numbers and no categories"
        return None
    sides = [_as_numbers(table, names, grids) for table in inputs]
    try:
        found = classifier_two_sample_test(*sides, names=names, seed=seed)
    except InputError as error:  # one thing that cannot be said takes away none of the others
        left[_TOGETHER] = str(error)
        return None
    ranked = dict(sorted(found.importance.items(), key=lambda pair: -pair[1]))
    return TogetherDrift(found.auc, found.p_value, found.p_value <= level, ranked)


def _as_numbers(table: pd.DataFrame, names: list[str], grids: Mapping[str, Grid]) -> np.ndarray:
    """Columns as numbers: of a category its place among the frequent ones of the reference."""
    import numpy as np

    made: list[Any] = []
    for name in names:
        grid = grids[name]
        column = read_column(name, table[name], kind=grid.kind)
        assert not isinstance(column, str)
        if grid.kind == NUMBER:
            made.append(np.clip(column.values, -1e300, 1e300))
        else:
            place = {known: at for at, known in enumerate(grid.by[:_FREQUENT])}
            made.append([np.nan if v is None else place.get(v, -1) for v in column.values])
    return np.column_stack(made).astype(float)
