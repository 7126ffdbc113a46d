"""Fitting a named estimator to a table."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError

from .estimators import MISSING_TAKEN, PREPARED, build_estimator
from .features import Feature, choose_features, encode
from .model import TabularModel
from .record import TrainingRecord, digest_of, versions_for
from .tables import to_arrow
from .targets import Target, read_target
from .threads import threads_for

log = logging.getLogger(__name__)


def fit_tabular(
    table: Any,
    target: str,
    *,
    model: str = "gradient_boosting",
    features: Sequence[str] | None = None,
    exclude: Iterable[str] = (),
    weights: Any = None,
    task: str | None = None,
    seed: int = 0,
) -> TabularModel:
    """Fit a model to all rows of a table.

    Missing values are taken in the model's own way (``MISSING_TAKEN``), and categories that turn up
    later for missing ones. Constant columns, texts that are different in most rows, times and lists
    are left out; of a category with more than 200 values the rarer ones are one. The model says all
    of it in ``left_out`` and ``notes``.

    Args:
        table: What ``data.load`` gives (of several splits it is ``train``), or a pandas frame.
        target: The column to predict.
        model: One of ``MODELS``.
        features: The columns to read, in order; by default all that can be read.
        exclude: Columns not to read, e.g. sensitive ones or a weight.
        weights: A positive weight for each row, of shape ``[rows]``.
        task: ``classification`` or ``regression``; by default found from the target's values.
        seed: The same seed and the same table give the same model.

    Raises:
        NotFoundError: There is no such column or model.
        InputError: There is one class only, no column to read, or a column that cannot be read.
        DataError: The target has missing values, or a column infinite or mixed ones.
    """
    from workbench.data.fingerprints import fingerprint

    arrow = to_arrow(table)
    wanted = read_target(arrow, target, task=task)
    columns, left_out = choose_features(arrow, target, features=features, exclude=exclude)
    estimator = build_estimator(model, columns, task=wanted.task, seed=seed)
    numbers, _ = encode(columns, arrow)
    weighed = _checked_weights(weights, arrow.num_rows)
    check_cancelled()
    with threads_for(arrow.num_rows):
        fit_estimator(estimator, numbers, wanted.values, weighed)
    names = tuple(column.name for column in columns)
    record = TrainingRecord(
        model=model,
        task=wanted.task,
        target=target,
        features=names,
        seed=seed,
        rows=arrow.num_rows,
        data=fingerprint(arrow),
        weights=None if weighed is None else hashlib.sha256(weighed.tobytes()).hexdigest(),
        predictions="",
        versions=versions_for(model),
    )
    made = TabularModel(
        name=model,
        task=wanted.task,
        target=target,
        columns=columns,
        classes=wanted.classes,
        left_out=left_out,
        notes=_notes(columns, wanted, numbers, model),
        record=record,
        estimator=estimator,
    )
    digest = digest_of(made.score_numbers(numbers))
    return replace(made, record=replace(record, predictions=digest))


def fit_estimator(estimator: Any, numbers: Any, values: Any, weights: Any = None) -> None:
    """Fit what ``build_estimator`` gave; weights of shape ``[rows]`` or None."""
    if weights is None:
        estimator.fit(numbers, values)
    elif hasattr(estimator, "named_steps"):
        estimator.fit(numbers, values, final__sample_weight=weights)
    else:
        estimator.fit(numbers, values, sample_weight=weights)


def _checked_weights(weights: Any, rows: int) -> Any:
    import numpy as np

    if weights is None:
        return None
    found = np.asarray(weights, dtype="<f8")
    if found.shape != (rows,) or not np.isfinite(found).all() or (found < 0).any():
        raise InputError(
            f"weights must be {rows} finite numbers of at least 0, found the shape {found.shape}",
            hint="one weight a row",
        )
    if not found.any():
        raise InputError("every weight is 0")
    return found


def _notes(columns: Sequence[Feature], wanted: Target, numbers: Any, model: str) -> tuple[str, ...]:
    import numpy as np

    told = []
    missing = {column.name: column.missing for column in columns if column.missing}
    if missing:
        said = ", ".join(f"{name} {count:,}" for name, count in missing.items())
        told.append(f"{MISSING_TAKEN.get(model, PREPARED)}: {said}")
    told += [
        f"{column.name}: {column.gathered} rarer values are one, {column.categories[-1]!r}"
        for column in columns
        if column.gathered
    ]
    for at, column in enumerate(columns):
        whole = column.is_integer and not column.missing and len(numbers) > 50
        if whole and len(np.unique(numbers[:, at])) == len(numbers):
            # A fine quantity (an income) looks the same: which it is only the user knows.
            told.append(
                f"{column.name} has a different whole number in every row: a quantity may stay, an "
                "identifier is better excluded"
            )
    if wanted.task == "classification":
        smallest = np.bincount(wanted.values).argmin()
        count = int((wanted.values == smallest).sum())
        if count < 10:
            told.append(f"the class {wanted.classes[smallest]!r} has {count} rows only")
    return tuple(told)
