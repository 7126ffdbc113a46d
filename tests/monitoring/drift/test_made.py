"""The made streams and shifts: frozen by their hash, and as large as they say they are."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from workbench.monitoring.drift import made_shifts, made_streams
from workbench.monitoring.drift.made_streams import change_size, make_stream, population_psi

# Committed before any detector or estimate was tuned: a new hash means that figures begin anew.
FROZEN = {
    made_shifts: "9249f243edbefd7ef644be5542e0cfddc132ad00038ca734535563e77a646810",
    made_streams: "9b492dcf11a9bc58772e0e667db5a3d8925bac2532692cde3d25def371cfd897",
}


@pytest.mark.parametrize("module", FROZEN)
def test_the_generator_is_the_frozen_one(module: object) -> None:
    source = Path(str(module.__file__)).read_bytes()  # type: ignore[attr-defined]
    assert hashlib.sha256(source).hexdigest() == FROZEN[module]


@pytest.mark.parametrize("name", ["score", "turns", "cached_tokens", "team"])
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_change_is_as_large_as_it_says(name: str, sign: int) -> None:
    """The index of many drawn rows, counted here by itself, is the one asked for."""
    change = "tilt" if name == "team" else "spread"
    size = change_size(name, change, 0.2 * sign)
    assert population_psi(name, change, size) == pytest.approx(0.2)
    draw = np.random.default_rng(0).random
    before = made_streams._values(name, draw(200_000))
    after = made_streams._values(name, draw(200_000), change, size)
    if name == "team":
        shares = [np.unique(each, return_counts=True)[1] / 200_000 for each in (before, after)]
    else:
        edges = np.unique(made_streams._values(name, np.arange(1, 10) / 10))
        bins = [np.searchsorted(edges, each) for each in (before, after)]
        shares = [np.bincount(each, minlength=len(edges) + 1) / 200_000 for each in bins]
    drawn = float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
    assert drawn == pytest.approx(0.2, abs=0.01)


def test_only_one_column_changes_and_only_then() -> None:
    still, drifting = make_stream(5, drifts=False), make_stream(5)
    late = drifting.hours >= drifting.drift_hour
    for name, values in drifting.watched.items():
        assert np.array_equal(values[~late], still.watched[name][~late])
        changed = not np.array_equal(values[late], still.watched[name][late])
        assert changed == (name == drifting.column)
    assert still.drift_hour is None
