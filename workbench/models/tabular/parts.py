"""A table in two parts: what a model learns from, and what it is judged on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, NotFoundError, list_names
from workbench.core.viewers import Viewable

from .estimators import check_kind
from .tables import to_arrow
from .targets import read_target


@dataclass(frozen=True)
class TableParts(Viewable):
    """A table's two parts and how they came to be parted. ``name`` is the data set's or the file's;
    ``target`` the column to be predicted, ``sensitive`` columns that describe protected traits."""

    name: str
    target: str
    how: str
    train_rows: int
    test_rows: int
    sensitive: tuple[str, ...] = ()
    train: Any = field(default=None, repr=False)
    test: Any = field(default=None, repr=False)


@dataclass(frozen=True)
class Outline:
    """What the catalogue says of a table before a row of it is here."""

    name: str
    target: str
    columns: tuple[str, ...]
    sensitive: tuple[str, ...]


def outline_of(
    source: Any,
    target: str | None = None,
    *,
    model: str | None = None,
    columns: Iterable[str] = (),
) -> Outline | None:
    """What is known of a table that the catalogue names, so that nothing is fetched for a request
    that cannot be met; None of a file or a table, of which only its rows tell.

    Args:
        source: See ``load_parts``.
        target: The column to predict; by default the catalogue's.
        model: A kind of model of tables that is going to learn from it.
        columns: What else the request names, e.g. columns not to be read.

    Raises:
        NotFoundError: There is no such column or model.
        InputError: There is no target.
    """
    from workbench.data.catalogue import entries

    if model is not None:
        check_kind(model)
    entry = entries().get(str(source)) if isinstance(source, (str, Path)) else None
    if entry is None:
        return None
    known = tuple(column.name for column in entry.schema.columns)
    wanted = entry.target if target is None else target
    if wanted is None or not wanted.strip():
        raise _no_target(entry.name, target, known, usual=entry.target)
    for name in (wanted, *columns):
        if name not in known:
            raise NotFoundError.among("column", name, known)
    return Outline(entry.name, wanted, known, entry.sensitive)


def _no_target(
    name: str, target: str | None, columns: Sequence[str], *, usual: str | None = None
) -> InputError:
    said = "" if target is None else "the column to predict (target) is empty: "
    return InputError(
        f"{said}what is to be predicted in {name}? It has {list_names(columns)}",
        hint=f"name a column: target={usual or columns[-1]}, say",
    )


def load_parts(
    source: Any,
    target: str | None = None,
    *,
    test_share: float = 0.25,
    seed: int = 0,
) -> TableParts:
    """The training rows and the test rows of a data set, a file or a table.

    Where the set has a test split of its own, that is it. Otherwise the rows are split by the hash
    of their content, in the same shares of each class for a classifier (``data.split_stratified``).

    Args:
        source: A name of the catalogue, a path, a ``datasets`` object or a pandas frame.
        target: The column to predict; by default the catalogue's.
        test_share: Of the rows, where the set has no test split.
        seed: Another seed gives another split.

    Raises:
        NotFoundError: There is no such data set, file or column.
        InputError: There is no target.
    """
    from workbench.data.loading import load

    outline = outline_of(source, target)
    name, table, sensitive = "a table", source, tuple[str, ...]()
    if isinstance(source, (str, Path)):
        name, table = Path(source).name, load(source)
    if outline is not None:
        name, target, sensitive = outline.name, outline.target, outline.sensitive
    parts = table if isinstance(table, dict) else {"train": table}
    if "train" not in parts:
        raise InputError(f"{name} has the splits {', '.join(parts)} and no 'train'")
    if target is None or not target.strip():
        raise _no_target(name, target, to_arrow(parts["train"]).column_names)
    if "test" in parts:
        train, test, how = parts["train"], parts["test"], "the data set's own splits"
    else:
        train, test, how = _split(parts["train"], target, test_share=test_share, seed=seed)
    known = tuple(train.column_names)
    if target not in known:
        raise NotFoundError.among("column", target, known)
    return TableParts(
        name, target, how, train.num_rows, test.num_rows, sensitive, train=train, test=test
    )


def _split(table: Any, target: str, *, test_share: float, seed: int) -> tuple[Any, Any, str]:
    from workbench.data.splits import split_by_hash, split_stratified

    if not 0 < test_share < 1:
        raise InputError(f"test_share is {test_share:g}; it must lie between 0 and 1")
    dataset = _as_dataset(table)
    if target not in dataset.column_names:
        raise NotFoundError.among("column", target, dataset.column_names)
    fractions = {"train": 1 - test_share, "test": test_share}
    if read_target(dataset.select_columns([target]), target, task=None).task == "regression":
        parts = split_by_hash(dataset, fractions, seed=seed)
        how = f"split by the hash of each row, {test_share:.0%} to test, seed {seed}"
    else:
        parts = split_stratified(dataset, fractions, by=target, seed=seed)
        how = f"stratified by {target}, {test_share:.0%} to test, seed {seed}"
    if not parts["train"].num_rows or not parts["test"].num_rows:
        raise InputError(f"{dataset.num_rows} rows are too few to be split", hint="give more rows")
    return parts["train"], parts["test"], how


def _as_dataset(table: Any) -> Any:
    if hasattr(table, "with_format"):
        return table
    from workbench.core.optional import require

    datasets = require("datasets", extra="data")
    return datasets.Dataset(to_arrow(table))
