"""Results as plain data: what ``--json`` prints and a record stores."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import math
import pathlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any


def to_plain(value: Any) -> Any:
    """Turn a result into what ``json.dumps`` takes.

    Dataclasses become objects, paths text, sets sorted lists, times ISO 8601. NaN and the
    infinities become null: JSON has no name for them.

    Raises:
        TypeError: There is no plain form; the message names the type.
    """
    if isinstance(value, enum.Enum):
        return to_plain(value.value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            f.name: to_plain(getattr(value, f.name))
            for f in dataclasses.fields(value)
            if not f.name.startswith("_")
        }
    if isinstance(value, Mapping):
        return {str(to_plain(key)): to_plain(item) for key, item in value.items()}
    if isinstance(value, AbstractSet):
        items = [to_plain(item) for item in value]
        try:
            return sorted(items)
        except TypeError:  # of several types, which have no order among them
            return sorted(items, key=lambda item: (type(item).__name__, repr(item)))
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, pathlib.PurePath):
        return str(value)
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if hasattr(value, "tolist"):  # numpy arrays and scalars, torch tensors
        return to_plain(value.tolist())
    raise TypeError(f"{type(value).__name__} has no plain form")
