"""Splits that come out the same on every machine, and a check that nothing leaks between them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import InputError, NotFoundError
from workbench.core.optional import require
from workbench.core.viewers import Viewable

from .fingerprints import batches_of

_SHOWN = 5


@dataclass(frozen=True)
class Leak(Viewable):
    """What two parts share: how many rows of each, and some of the shared keys."""

    first: str
    second: str
    first_rows: int
    second_rows: int
    examples: tuple[Any, ...]


def split_by_hash(
    dataset: Any, fractions: Mapping[str, float], *, by: Sequence[str] = (), seed: int = 0
) -> Any:
    """Split by the hash of each row's key, so a row stays where it is when others come or go.

    Rows with the same key are never parted: a group column as the key makes the split group-aware,
    the whole row as the key (the default) keeps duplicates together. The sizes are only near the
    fractions: a part of share p of n different keys is off by about sqrt(p (1 - p) / n).

    Args:
        dataset: A ``datasets.Dataset``.
        fractions: Part to share; they add up to 1.
        by: The columns of the key.
        seed: Another seed gives another split.

    Returns:
        A ``datasets.DatasetDict``.
    """
    bounds, total = [], 0.0
    for name, share in _checked(fractions).items():
        total += share
        bounds.append((name, total))
    indices: dict[str, list[int]] = {name: [] for name in fractions}
    for index, key in enumerate(_keys(dataset, by)):
        place = int.from_bytes(_digest(seed, key)[:8], "big") / 2**64
        name = next((name for name, bound in bounds if place < bound), bounds[-1][0])
        indices[name].append(index)
    return _select(dataset, indices)


def split_stratified(
    dataset: Any,
    fractions: Mapping[str, float],
    *,
    by: str,
    group: str | None = None,
    seed: int = 0,
) -> Any:
    """Split so that each part has the values of ``by`` in the same shares.

    Without a group each stratum is shared out exactly, to the row (largest remainders). With one,
    whole groups are placed, the largest first, each where the counts then come nearest to the
    shares; that is as near as the groups allow.

    Args:
        dataset: A ``datasets.Dataset``.
        fractions: Part to share; they add up to 1.
        by: The column whose shares are kept, usually the target.
        group: A column whose equal values must stay together, e.g. a person.
        seed: Another seed gives another split.

    Returns:
        A ``datasets.DatasetDict``.
    """
    shares = _checked(fractions)
    strata = _keys(dataset, [by])
    if group is None:
        return _select(dataset, _shared_out(strata, _keys(dataset, ()), shares, seed))
    return _select(dataset, _placed(strata, _keys(dataset, [group]), shares, seed))


def find_leaks(parts: Mapping[str, Any], *, by: Sequence[str] = ()) -> tuple[Leak, ...]:
    """What each two parts share.

    Args:
        parts: Part to data set, e.g. a ``DatasetDict``.
        by: The columns that must not occur in two parts, e.g. a person's id or the text; by
            default the whole row.

    Returns:
        One entry for each two parts that share something; empty if nothing leaks.
    """
    counts = {name: Counter(_keys(part, by)) for name, part in parts.items()}
    names, leaks = list(parts), []
    for at, first in enumerate(names):
        for second in names[at + 1 :]:
            shared = sorted(counts[first].keys() & counts[second].keys())
            if shared:
                leaks.append(
                    Leak(
                        first,
                        second,
                        sum(counts[first][key] for key in shared),
                        sum(counts[second][key] for key in shared),
                        tuple(json.loads(key) for key in shared[:_SHOWN]),
                    )
                )
    return tuple(leaks)


def _checked(fractions: Mapping[str, float]) -> dict[str, float]:
    total = sum(fractions.values())
    if not fractions or min(fractions.values()) <= 0 or abs(total - 1) > 1e-9:
        raise InputError(
            f"the fractions {dict(fractions)} add up to {total:g}; they must be positive and 1",
            hint="{'train': 0.8, 'test': 0.2}",
        )
    return dict(fractions)


def _keys(dataset: Any, by: Sequence[str]) -> list[str]:
    """Each row's key as JSON text."""
    keys: list[str] = []
    for batch in batches_of(dataset):
        known = batch.schema.names
        for name in by:
            if name not in known:
                raise NotFoundError.among("column", name, known)
        columns = [batch.column(name).to_pylist() for name in (by or sorted(known))]
        keys.extend(json.dumps(row, default=str) for row in zip(*columns, strict=True))
    return keys


def _digest(seed: int, *parts: object) -> bytes:
    return hashlib.sha256("\x1f".join([str(seed), *map(str, parts)]).encode()).digest()


def _shared_out(
    strata: Sequence[str], keys: Sequence[str], shares: Mapping[str, float], seed: int
) -> dict[str, list[int]]:
    members: dict[str, list[int]] = defaultdict(list)
    for index, stratum in enumerate(strata):
        members[stratum].append(index)
    indices: dict[str, list[int]] = {name: [] for name in shares}
    for found in members.values():
        # By content first, so that the order of the rows matters only among equal ones.
        found.sort(key=lambda index: (_digest(seed, keys[index]), index))
        start = 0
        for name, size in _sizes(len(found), shares).items():
            indices[name].extend(found[start : start + size])
            start += size
    return indices


def _sizes(rows: int, shares: Mapping[str, float]) -> dict[str, int]:
    sizes = {name: int(rows * share) for name, share in shares.items()}
    by_rest = sorted(shares, key=lambda name: sizes[name] - rows * shares[name])
    for name in by_rest[: rows - sum(sizes.values())]:
        sizes[name] += 1
    return sizes


def _placed(
    strata: Sequence[str], groups: Sequence[str], shares: Mapping[str, float], seed: int
) -> dict[str, list[int]]:
    members: dict[str, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        members[group].append(index)
    totals = Counter(strata)
    counts: dict[str, Counter[str]] = {name: Counter() for name in shares}
    indices: dict[str, list[int]] = {name: [] for name in shares}
    order = sorted(members, key=lambda group: (-len(members[group]), _digest(seed, group)))
    for group in order:
        added = Counter(strata[index] for index in members[group])

        def cost(name: str, added: Counter[str] = added) -> float:
            # How much worse the squared distance to the wanted counts gets, by stratum size.
            share, have = shares[name], counts[name]
            return sum(
                ((have[s] + n - share * totals[s]) ** 2 - (have[s] - share * totals[s]) ** 2)
                / (share * totals[s])
                for s, n in added.items()
            )

        name = min(shares, key=cost)
        counts[name].update(added)
        indices[name].extend(members[group])
    return indices


def _select(dataset: Any, indices: Mapping[str, list[int]]) -> Any:
    datasets = require("datasets", extra="data")
    return datasets.DatasetDict(
        {name: dataset.select(sorted(found)) for name, found in indices.items()}
    )
