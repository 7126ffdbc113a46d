"""Rows to groups: intersections of sensitive columns; those too small to be judged set aside."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError

from .result import Exclusion

if TYPE_CHECKING:
    import numpy as np

EVERYONE = "everyone"
MISSING = "(missing)"
# A number with more values than this is cut into ranges; text with more groups is refused.
MOST_VALUES = 20
MOST_GROUPS = 50
MIN_DENOMINATOR = 10  # a figure that rests on fewer rows is not told


@dataclass(frozen=True)
class Groups:
    """Which row belongs to which group.

    ``codes`` has shape [n]: a place in ``names``, or ``len(names)`` for rows that belong to none of
    them. ``cut`` says how number columns were cut into ranges.
    """

    names: tuple[str, ...]
    codes: np.ndarray
    sizes: tuple[int, ...]
    excluded: tuple[Exclusion, ...]
    cut: tuple[str, ...] = ()


def make_groups(columns: Mapping[str, Any], *, min_rows: int = 30, ranges: int = 4) -> Groups:
    """The groups that the values of the sensitive columns make together.

    Args:
        columns: Name to values, each of shape [n]. None and NaN are missing.
        min_rows: A group with fewer rows is not judged but listed.
        ranges: Into how many ranges of equally many rows a number column is cut that has more
            than 20 values.

    Raises:
        InputError: There are no rows, lengths differ, a column has one value, there are too many
            groups, or fewer than two are large enough.
    """
    import numpy as np

    lengths = {name: len(values) for name, values in columns.items()}
    if not columns or len(set(lengths.values())) != 1 or not next(iter(lengths.values())):
        raise InputError(
            f"the sensitive columns have {lengths or 'no'} rows; they need the same number, not 0",
            hint="name at least one column with a value for each row",
        )
    if min_rows < 1 or ranges < 2:
        raise InputError(f"min_rows {min_rows} and ranges {ranges} must be at least 1 and 2")
    cut: list[str] = []
    parts = {name: _coded(name, values, ranges, cut) for name, values in columns.items()}
    shape = tuple(len(texts) for texts, _ in parts.values())
    flat = np.ravel_multi_index([codes for _, codes in parts.values()], shape)
    present, codes, counts = np.unique(flat, return_inverse=True, return_counts=True)
    places = np.unravel_index(present, shape)
    names, unknown = [], []
    for place in zip(*places, strict=True):
        texts = [parts[name][0][at] for name, at in zip(parts, place, strict=True)]
        unknown.append(None in texts)
        said = zip(parts, texts, strict=True)
        names.append(", ".join(f"{name}={MISSING if t is None else t}" for name, t in said))
    return _judge(names, unknown, codes, counts, list(columns), min_rows, tuple(cut))


def _judge(
    names: list[str],
    unknown: Any,
    codes: Any,
    counts: Any,
    columns: list[str],
    min_rows: int,
    cut: tuple[str, ...],
) -> Groups:
    import numpy as np

    excluded, kept = [], []
    for at, name in enumerate(names):
        rows = int(counts[at])
        if unknown[at]:
            excluded.append(Exclusion(name, rows, "a sensitive value is missing"))
        elif rows < min_rows:
            excluded.append(
                Exclusion(name, rows, f"fewer than {min_rows} rows: too few to judge a group by")
            )
        else:
            kept.append(at)
    sizes = [int(count) for count, lost in zip(counts, unknown, strict=True) if not lost]
    advice = advise_min_rows(sizes, min_rows=min_rows)
    told = " and ".join(columns) + (" makes" if len(columns) == 1 else " make")
    if len(kept) > MOST_GROUPS:
        raise InputError(
            f"{told} {len(kept)} groups; at most {MOST_GROUPS} are compared",
            hint=advice,
        )
    if len(kept) < 2:
        largest = ", ".join(f"{e.group} ({e.n})" for e in sorted(excluded, key=lambda e: -e.n)[:3])
        groups = "1 group" if len(kept) == 1 else f"{len(kept)} groups"
        raise InputError(
            f"{told} {groups} of at least {min_rows} rows out of "
            f"{len(names)}; two are needed" + (f"; left out: {largest}" if largest else ""),
            hint=advice,
        )
    to_kept = np.full(len(names), len(kept))
    to_kept[kept] = np.arange(len(kept))
    return Groups(
        tuple(names[at] for at in kept),
        to_kept[codes],
        tuple(int(counts[at]) for at in kept),
        tuple(excluded),
        cut,
    )


def advise_min_rows(sizes: Sequence[int], *, min_rows: int, most: int = MOST_GROUPS) -> str:
    """A hint for who got too few groups or too many: the nearest ``min_rows`` that would leave two
    or more, and not too many, if there is one that figures can rest on.

    Args:
        sizes: Rows of each group.
        min_rows: What was asked for.
        most: How many groups are allowed.
    """
    largest = sorted(sizes, reverse=True)
    together = "make a column of it with fewer values, or choose another"
    # From one row more than the first group too many has, to what the second largest has.
    low = largest[most] + 1 if len(largest) > most else 1
    high = largest[1] if len(largest) > 1 else 0
    nearest = min(max(min_rows, low), high)
    if nearest < max(low, MIN_DENOMINATOR):
        return f"{together}: no least size leaves 2 to {most} groups that can be judged"
    return f"min_rows={nearest} leaves {sum(n >= nearest for n in sizes)} groups; or {together}"


def nothing_to_compare(name: str, values: int) -> InputError:
    """The refusal of a sensitive column with so many values, none or one, in all its rows."""
    return InputError(
        f"the sensitive column {name!r} has {'one value' if values else 'no value'} in all "
        "its rows: there is nothing to compare",
        hint="choose another column",
    )


def _coded(name: str, values: Any, ranges: int, cut: list[str]) -> tuple[list[str | None], Any]:
    """The texts of a column's values or ranges in order, None for a missing one, and each row's
    place among them, shape [n]."""
    import numpy as np
    import pandas as pd

    series = pd.Series(values, dtype=None if hasattr(values, "dtype") else object)
    codes, found = pd.factorize(series, use_na_sentinel=True)
    if len(found) < 2:
        raise nothing_to_compare(name, len(found))
    known = list(found)
    are_numbers = all(
        isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))
        for value in known
    )
    if are_numbers and len(known) > MOST_VALUES:
        said = _ranges(np.array(known, float), codes, ranges)
        cut.append(f"{name} was cut into {ranges} ranges of about equally many rows")
    else:
        said = [_text(value) for value in known]
    order = list(dict.fromkeys(said if are_numbers else sorted(said)))
    if are_numbers:
        first = {
            text: min(v for v, t in zip(known, said, strict=True) if t == text) for text in order
        }
        order.sort(key=lambda text: first[text])
    texts: list[str | None] = [None, *order]
    place = {text: at for at, text in enumerate(texts)}
    # The sentinel of a missing value is -1, so its place comes last in the lookup.
    lookup = np.array([*(place[text] for text in said), 0])
    return texts, lookup[codes]


def _ranges(known: np.ndarray, codes: np.ndarray, ranges: int) -> list[str]:
    """The range of each known value, cut at the quantiles of the rows."""
    import numpy as np

    rows = known[codes[codes >= 0]]
    edges = np.unique(np.quantile(rows, np.linspace(0, 1, ranges + 1)[1:-1]))
    which = np.searchsorted(edges, known, side="left")
    names = {}
    for place in np.unique(which):
        inside = known[which == place]
        names[place] = f"{inside.min():g}..{inside.max():g}"
    return [names[place] for place in which]


def _text(value: Any) -> str:
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:g}"
    return str(value)
