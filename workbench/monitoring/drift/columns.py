"""Tables as columns of a known kind: numbers, categories, texts and embeddings."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NUMBER, CATEGORY, TEXT, EMBEDDING = "number", "category", "text", "embedding"
TEXT_FEATURES = 128
TIMES = "times change by themselves"
_LONG_CHARS, _MOST_DISTINCT = 25, 0.5
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class ColumnValues:
    """``values`` are float64 of shape ``[n]`` (a number; NaN is missing), objects with None (a
    category or a text), or float64 of shape ``[n, dimensions]``."""

    name: str
    kind: str
    values: Any

    def __len__(self) -> int:
        return len(self.values)


def read_known(
    name: str, series: pd.Series, kind: str, *, dimensions: int | None = None
) -> ColumnValues:
    """Rows of a column whose table as a whole was read as of this kind.

    Args:
        name: Of the column.
        series: Some of its rows.
        kind: Of the whole.
        dimensions: Of an embedding; one of another length is taken as missing.
    """
    if kind == NUMBER:
        import pandas as pd

        numbers = pd.to_numeric(series, errors="coerce")
        return ColumnValues(name, NUMBER, numbers.to_numpy("float64", na_value=float("nan")))
    if kind == EMBEDDING:
        import numpy as np

        assert dimensions is not None
        known = [value is not None and len(value) == dimensions for value in series]
        rows = np.full((len(series), dimensions), np.nan)
        if any(known):
            rows[known] = np.stack(list(series[known]))
        return ColumnValues(name, EMBEDDING, rows)
    return ColumnValues(name, kind, _as_text(series.astype(object)))


def read_column(name: str, series: pd.Series, *, kind: str | None = None) -> ColumnValues | str:
    """A column by its kind, or in words why it is of none.

    Args:
        name: Of the column.
        series: Its values.
        kind: What it must be, as the reference is; by default what it looks like.
    """
    found = _look(name, series)
    if isinstance(found, str) or kind in (None, found.kind):
        return found
    if {kind, found.kind} <= {CATEGORY, TEXT}:  # as its reference was read
        return ColumnValues(name, str(kind), found.values)
    if bool(series.isna().all()):
        return _all_missing(name, str(kind), len(series))
    return f"{kind} in the reference, {found.kind} now"


def text_features(texts: Any) -> np.ndarray:
    """Texts as unit vectors of hashed letter groups, shape ``[n, 128]``; a missing one is NaN."""
    import numpy as np
    from sklearn.feature_extraction.text import HashingVectorizer

    given = [text if isinstance(text, str) else "" for text in texts]
    hashing = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 4), n_features=TEXT_FEATURES)
    rows: np.ndarray = hashing.transform(given).toarray()
    rows[[text is None for text in texts]] = np.nan
    return rows


def _look(name: str, series: pd.Series) -> ColumnValues | str:
    import pandas as pd
    from pandas.api import types

    if types.is_complex_dtype(series):
        return "complex numbers have no order"
    if types.is_timedelta64_dtype(series):
        series = series.dt.total_seconds()
    if types.is_bool_dtype(series):
        return ColumnValues(name, CATEGORY, _as_text(series.astype(object)))
    if types.is_numeric_dtype(series):
        return ColumnValues(name, NUMBER, series.to_numpy("float64", na_value=float("nan")))
    if types.is_datetime64_any_dtype(series):
        return TIMES
    known = series.dropna()
    if len(known) and isinstance(known.iloc[0], dt.date):
        return TIMES
    if len(known) and known.map(lambda value: isinstance(value, Decimal)).all():
        return ColumnValues(name, NUMBER, pd.to_numeric(series).astype("float64").to_numpy())
    words = bool(len(known)) and bool(known.map(lambda value: isinstance(value, str)).all())
    if len(known) and not words and known.map(lambda value: hasattr(value, "__len__")).all():
        return _look_at_vectors(name, series, known)
    if words:
        finite = known[~known.str.strip().str.fullmatch(_NOT_FINITE.pattern, case=False)]
        if len(finite) < len(known) and len(finite):  # numbers that a reader took for words
            numbers = pd.to_numeric(series, errors="coerce")
            if numbers[finite.index].notna().all():
                return ColumnValues(name, NUMBER, numbers.to_numpy("float64"))
    values = _as_text(series.astype(object))
    texts = [value for value in values if value is not None]
    long = bool(texts) and sum(map(len, texts)) / len(texts) >= _LONG_CHARS
    if long and len(set(texts)) > _MOST_DISTINCT * len(texts):
        return ColumnValues(name, TEXT, values)
    return ColumnValues(name, CATEGORY, values)


def _look_at_vectors(name: str, series: pd.Series, known: pd.Series) -> ColumnValues | str:
    import numpy as np

    sizes = sorted({len(value) for value in known})
    if len(sizes) > 1 or not sizes[0]:
        return f"lists of {sizes[0]} to {sizes[-1]} items are no embeddings"
    rows = np.full((len(series), sizes[0]), np.nan)
    try:
        rows[series.notna().to_numpy()] = np.array(known.tolist(), dtype=float)
    except (TypeError, ValueError):
        return "it holds neither numbers, words nor lists of numbers"
    return ColumnValues(name, EMBEDDING, rows)


def _all_missing(name: str, kind: str, rows: int) -> ColumnValues | str:
    import numpy as np

    if kind == EMBEDDING:
        return "no row has a value now"
    if kind == NUMBER:
        return ColumnValues(name, NUMBER, np.full(rows, np.nan))
    return ColumnValues(name, kind, np.full(rows, None, dtype=object))


def _as_text(values: Any) -> np.ndarray:
    import numpy as np
    import pandas as pd

    found = np.empty(len(values), dtype=object)
    found[:] = [None if pd.isna(value) else str(value) for value in values]
    return found
