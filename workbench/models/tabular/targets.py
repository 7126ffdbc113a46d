"""The column that is predicted: classes, or a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import DataError, InputError, NotFoundError

from .tables import kind_of_column, numbers_of, to_arrow

if TYPE_CHECKING:
    import numpy as np

TASKS = ("classification", "regression")
MAX_CLASSES = 50
_FEW = 10  # so many different whole numbers are still taken for classes


@dataclass(frozen=True)
class Target:
    """``values`` are the places in ``classes`` (int64) of a classifier, numbers (float64) of a
    regressor, of shape ``[rows]``."""

    name: str
    task: str
    classes: tuple[Any, ...]
    values: np.ndarray


def read_target(table: Any, name: str, *, task: str | None) -> Target:
    """The target of a table.

    Args:
        table: Anything that ``to_arrow`` takes.
        name: The column.
        task: ``classification`` or ``regression``; by default text, true or false, and up to 10
            different whole numbers are classes, other numbers are a quantity.

    Raises:
        NotFoundError: There is no such column.
        InputError: There is one class only, or more than 50.
        DataError: A value is missing.
    """
    import numpy as np
    import pyarrow.compute as pc

    if task not in (None, *TASKS):
        raise InputError(f"task is {task!r}", hint="'classification' or 'regression'")
    arrow = to_arrow(table)
    if name not in arrow.column_names:
        raise NotFoundError.among("column", name, arrow.column_names)
    column = arrow.column(name)
    if not len(column):
        raise InputError(f"the table has no rows to learn {name!r} from")
    missing = column.null_count
    kind = kind_of_column(column)
    if kind == "number":
        missing = int(np.isnan(numbers_of(column, name=name)).sum())
    if missing:
        raise DataError(
            f"the target {name!r} is missing in {missing} of {len(column)} rows",
            hint="leave these rows out: what they should be cannot be learned",
        )
    if kind not in ("number", "category"):
        raise InputError(f"the target {name!r} is a {kind}", hint="a number, a text, or true/false")
    distinct = sorted(pc.unique(column).to_pylist())
    if task is None:
        few = (
            len(distinct) <= _FEW
            and kind == "number"
            and all(value == round(value) for value in distinct)
        )
        task = "classification" if kind == "category" or few else "regression"
    if task == "regression":
        if kind != "number":
            raise InputError(f"the target {name!r} is no number", hint="task='classification'")
        if len(distinct) == 1:
            raise InputError(f"the target {name!r} is always {distinct[0]}: nothing to learn")
        return Target(name, task, (), numbers_of(column, name=name))
    _check_classes(name, distinct)
    import pyarrow as pa

    places = pc.index_in(column, value_set=pa.array(distinct, column.type)).to_numpy()
    return Target(name, task, tuple(distinct), places.astype(np.int64))


def _check_classes(name: str, distinct: list[Any]) -> None:
    if len(distinct) < 2:
        raise InputError(
            f"the target {name!r} has one class only, {distinct[0]!r}: nothing to learn",
            hint="give rows of two classes or more",
        )
    if len(distinct) > MAX_CLASSES:
        raise InputError(
            f"the target {name!r} has {len(distinct)} classes; at most {MAX_CLASSES} are taken",
            hint="name another target, or task='regression' for a quantity",
        )


def read_values(table: Any, name: str, *, task: str, classes: tuple[Any, ...]) -> np.ndarray:
    """The target of rows as a model with these classes tells it; shape ``[rows]``.

    Raises:
        NotFoundError: There is no such column.
        DataError: A value is missing, or is none of the classes.
    """
    import numpy as np

    arrow = to_arrow(table)
    if name not in arrow.column_names:
        raise NotFoundError.among("column", name, arrow.column_names)
    column = arrow.column(name)
    if task == "regression":
        return numbers_of(column, name=name)
    values = column.to_pylist()
    strange = sorted({str(value) for value in values} - {str(known) for known in classes})
    if strange:
        raise DataError(
            f"{name!r} holds {strange[0]!r}, which is none of the model's classes "
            f"({', '.join(map(str, classes))})",
            hint="leave these rows out",
        )
    is_text = isinstance(classes[0], str)
    return np.array(values, dtype=object if is_text else None)
