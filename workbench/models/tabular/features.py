"""Which columns a model reads, and how a row becomes numbers and comes back.

Numbers stay as they are. A category becomes the place of its value in ``Feature.categories``.
What is missing, or a value that the training rows did not have, is NaN.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.core.near_names import near_names
from workbench.core.viewers import Viewable

from .tables import kind_of_column, numbers_of, to_arrow

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

log = logging.getLogger(__name__)

MAX_CATEGORIES = 200  # scikit-learn's boosting takes at most 255
OTHER = "(other values)"
EXCLUDED = "excluded by the caller"


@dataclass(frozen=True)
class Feature:
    """One column that a model reads, as its training rows had it.

    ``kind`` is ``number`` or ``category``. ``low`` and ``high`` are the observed range of a number,
    ``is_integer`` says that all its values were whole. ``categories`` are the observed values in
    order; with ``gathered`` the last of them, ``(other values)``, stands for that many rare ones.
    ``missing`` counts training rows without a value.
    """

    name: str
    kind: str
    low: float | None = None
    high: float | None = None
    is_integer: bool = False
    categories: tuple[Any, ...] = ()
    gathered: int = 0
    missing: int = 0

    @property
    def is_category(self) -> bool:
        """Whether its numbers are places in ``categories``."""
        return self.kind == "category"

    def value_of(self, number: float) -> Any:
        """A number as the column's own value; None where it is missing."""
        if number != number:
            return None
        if self.is_category:
            return self.categories[int(number)]
        return int(number) if self.is_integer and number == int(number) else float(number)

    def number_of(self, value: Any) -> float:
        """One value as its number.

        Raises:
            InputError: The training rows did not have that category, or it is no number.
        """
        if value is None or value != value:
            return float("nan")
        if not self.is_category:
            try:
                return float(value)
            except (TypeError, ValueError):
                raise InputError(f"{self.name!r} is a number, found {value!r}") from None
        by_text = {str(known): place for place, known in enumerate(self.categories)}
        if str(value) not in by_text:
            raise NotFoundError.among(f"value of {self.name}", str(value), by_text)
        return float(by_text[str(value)])


@dataclass(frozen=True)
class LeftOut(Viewable):
    """A column that the model does not read, and why."""

    column: str
    reason: str


def choose_features(
    table: Any, target: str, *, features: Sequence[str] | None, exclude: Iterable[str]
) -> tuple[tuple[Feature, ...], tuple[LeftOut, ...]]:
    """The features of a table, and the columns left out with their reasons.

    Args:
        table: An Arrow table.
        target: Its target column.
        features: The columns to read, in order; by default every other column that can be read.
        exclude: Columns not to read.

    Raises:
        NotFoundError: One of the columns is not there.
        InputError: A column that was asked for cannot be read, or none is left.
    """
    known = table.column_names
    unwanted = set(exclude)
    for name in (*(features or ()), *sorted(unwanted)):
        if name not in known:
            raise NotFoundError.among("column", name, known)
    if features is not None and target in features:
        raise InputError(f"{target!r} is the target and cannot be a feature")
    chosen, left = [], []
    for name in features if features is not None else known:
        if name == target:
            continue
        if name in unwanted:
            left.append(LeftOut(name, EXCLUDED))
            continue
        found = _describe(name, table.column(name))
        if isinstance(found, Feature):
            chosen.append(found)
        elif features is not None and not found.reason.startswith("constant"):
            raise InputError(
                f"column {name!r} cannot be a feature: {found.reason}",
                hint="leave it out of features",
            )
        else:
            left.append(found)
    if not chosen:
        said = "; ".join(f"{out.column}: {out.reason}" for out in left) or "there is no other"
        raise InputError(f"no column is left to predict {target!r} from ({said})")
    return tuple(chosen), tuple(left)


def _describe(name: str, column: Any) -> Feature | LeftOut:
    import numpy as np
    import pyarrow.compute as pc

    kind = kind_of_column(column)
    if kind not in ("number", "category"):
        return LeftOut(name, f"a {kind} is neither a number nor a category")
    if column.null_count == len(column):
        return LeftOut(name, "every value is missing")
    if kind == "number":
        values = numbers_of(column, name=name)
        missing = int(np.isnan(values).sum())
        there = values[~np.isnan(values)]
        if missing == 0 and there.min() == there.max():
            return LeftOut(name, f"constant: every value is {there[0]:g}")
        if not len(there):
            return LeftOut(name, "every value is missing")
        is_integer = bool((there == np.round(there)).all())
        return Feature(
            name, kind, float(there.min()), float(there.max()), is_integer, (), 0, missing
        )
    counts = {item["values"]: item["counts"] for item in pc.value_counts(column).to_pylist()}
    missing = counts.pop(None, 0)
    if len(counts) == 1 and not missing:
        return LeftOut(name, f"constant: every value is {next(iter(counts))!r}")
    rows = len(column) - missing
    if len(counts) > MAX_CATEGORIES and len(counts) > rows / 2:
        return LeftOut(
            name, f"{len(counts)} different values in {rows} rows: a name or a text, no category"
        )
    kept = _kept(counts)
    gathered = len(counts) - len(kept) + 1 if len(counts) > len(kept) else 0
    return Feature(name, kind, categories=kept, gathered=gathered, missing=missing)


def _kept(counts: dict[Any, int]) -> tuple[Any, ...]:
    if len(counts) <= MAX_CATEGORIES:
        return tuple(sorted(counts))
    frequent = sorted(counts, key=lambda value: (-counts[value], value))[: MAX_CATEGORIES - 1]
    return (*sorted(frequent), OTHER)


def encode(features: Sequence[Feature], table: Any) -> tuple[np.ndarray, dict[str, dict[str, int]]]:
    """Rows as numbers, and what was not known from training.

    Args:
        features: The columns, in order.
        table: Anything that ``to_arrow`` takes; other columns are ignored.

    Returns:
        float64 of shape ``[rows, features]``, and column to unseen value to its number of rows.

    Raises:
        NotFoundError: A column is missing; near matches are named.
        DataError: A number column holds something else.
    """
    import numpy as np

    arrow = to_arrow(table)
    numbers = np.empty((arrow.num_rows, len(features)))
    unseen: dict[str, dict[str, int]] = {}
    for at, feature in enumerate(features):
        if feature.name not in arrow.column_names:
            near = near_names(feature.name, arrow.column_names)
            said = f"; it has {' and '.join(map(repr, near))}" if near else ""
            raise NotFoundError(
                f"the model reads the column {feature.name!r}, which the table lacks{said}",
                hint="model.features names all the columns that it reads",
            )
        column = arrow.column(feature.name)
        if feature.is_category:
            numbers[:, at], found = _codes(feature, column)
            if found:
                unseen[feature.name] = found
        else:
            numbers[:, at] = numbers_of(column, name=feature.name)
    for name, found in unseen.items():
        log.warning(
            "%s: %d rows hold values that the training rows did not have (%s); taken as missing",
            name,
            sum(found.values()),
            ", ".join(list(found)[:3]),
        )
    return numbers, unseen


def _codes(feature: Feature, column: Any) -> tuple[np.ndarray, dict[str, int]]:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    real = feature.categories[:-1] if feature.gathered else feature.categories
    known = pa.array(real)
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan), {}
    if pa.types.is_boolean(known.type) != pa.types.is_boolean(column.type):
        raise DataError(f"column {feature.name!r} held {known.type} in training, now {column.type}")
    column = column if pa.types.is_boolean(column.type) else column.cast(pa.string())
    places = pc.index_in(column, value_set=known)
    codes = pc.fill_null(places.cast(pa.float64()), float("nan")).to_numpy().copy()
    strange = column.filter(pc.and_(places.is_null(), column.is_valid()))
    if feature.gathered:
        mask = pc.and_(places.is_null(), column.is_valid()).to_numpy()
        codes[mask] = len(feature.categories) - 1
        return codes, {}
    counted = strange.value_counts().to_pylist()
    return codes, {str(item["values"]): item["counts"] for item in counted}


def decode(features: Sequence[Feature], numbers: np.ndarray) -> pd.DataFrame:
    """Numbers of shape ``[rows, features]`` as a frame with the columns' own values."""
    import pandas as pd

    columns: dict[str, Any] = {}
    for at, feature in enumerate(features):
        values = [feature.value_of(number) for number in numbers[:, at]]
        kind = "Int64" if feature.is_integer else "Float64"
        columns[feature.name] = values if feature.is_category else pd.array(values, dtype=kind)
    return pd.DataFrame(columns)
