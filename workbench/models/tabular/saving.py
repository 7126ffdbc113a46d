"""Models on the disk without pickle: the record is kept, and the model is fitted again from it.

A pickle runs what it holds when it is opened. A record holds names and digests only: the table must
have the same fingerprint, and the model that is fitted must make the same predictions.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from workbench.core.errors import IntegrityError, NotFoundError
from workbench.core.plain import to_plain
from workbench.store.files import write_text

from .fitting import fit_tabular
from .model import TabularModel
from .record import TrainingRecord, as_record, versions_for
from .tables import to_arrow

_FORMAT = "workbench-tabular-1"


def save_tabular(model: TabularModel, path: str | Path) -> Path:
    """Write a model's record as JSON.

    Raises:
        IntegrityError: Its estimator is not the one that the record is of.
    """
    if model.name != model.record.model:
        raise IntegrityError(
            f"{model.name} was not made by fit_tabular, so its record cannot make it again",
            hint="keep what makes it, and the record of the model that it came from",
        )
    path = Path(path)
    text = json.dumps({"format": _FORMAT, **to_plain(model.record)}, indent=1, sort_keys=True)
    write_text(path, text + "\n")
    return path


def load_tabular(path: str | Path, table: Any, *, weights: Any = None) -> TabularModel:
    """Fit the model of a record again, and make sure that it is the same.

    Args:
        path: What ``save_tabular`` wrote.
        table: The table that it was fitted to, split as it was.
        weights: The rows' weights, if it was fitted with any.

    Raises:
        NotFoundError: There is no such file.
        IntegrityError: The file is no record, the table or the weights are others, or the model
            predicts otherwise (other versions of the libraries may do that; the message says so).
    """
    record = read_record(path)
    from workbench.data.fingerprints import fingerprint

    arrow = to_arrow(table)
    found = fingerprint(arrow)
    if found != record.data:
        raise IntegrityError(
            f"the model of {path} was fitted to the table {record.data[:12]}, this is {found[:12]}",
            hint="give the same rows in the same order, split as they were",
        )
    made = fit_tabular(
        arrow,
        record.target,
        model=record.model,
        features=record.features,
        weights=weights,
        task=record.task,
        seed=record.seed,
    )
    if made.record.weights != record.weights:
        raise IntegrityError(f"the model of {path} was fitted with other weights of the rows")
    if made.record.predictions != record.predictions:
        raise IntegrityError(
            f"fitted again, the model of {path} predicts otherwise{_other_versions(record)}",
            hint="fit it anew, and save it again",
        )
    return made


def read_record(path: str | Path) -> TrainingRecord:
    """The record in a file. Raises NotFoundError, or IntegrityError if it is none."""
    path = Path(path)
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        if plain.pop("format", None) != _FORMAT:
            raise ValueError(f"its format is not {_FORMAT}")
        return as_record(plain)
    except FileNotFoundError:
        raise NotFoundError(f"there is no record {path}", hint=f"ls {path.parent}") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise IntegrityError(f"{path} is no record of a model: {error}") from None


def _other_versions(record: TrainingRecord) -> str:
    now = versions_for(record.model)
    changed = [
        f"{name} {then} then, {now[name]} now"
        for name, then in record.versions.items()
        if now.get(name) not in (then, None)
    ]
    return f" ({'; '.join(changed)})" if changed else ", though every version is the same"
