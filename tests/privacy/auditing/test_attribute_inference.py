"""What a model that knows its rows tells of a kept back column; the population's part is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.privacy.auditing.attribute_inference import attack_attribute


def make_rows(count: int = 2400) -> dict[str, list[Any]]:
    """A made table: `near` half tells the secret; the label hangs on it and on `other0`."""
    drawn = np.random.default_rng(0)
    secret = drawn.integers(0, 4, count)
    near = np.where(drawn.random(count) < 0.5, secret, drawn.integers(0, 4, count))
    noise = [drawn.integers(0, 5, count) for _ in range(3)]
    label = (secret + noise[0] + drawn.integers(0, 4, count)) % 2
    return {
        "secret": [f"s{n}" for n in secret], "near": [f"n{n}" for n in near],
        **{f"other{k}": [f"o{n}" for n in each] for k, each in enumerate(noise)},
        "label": [f"l{n}" for n in label],
    }  # fmt: skip


def test_rows_that_are_known_by_heart_are_told_and_private_ones_are_not() -> None:
    rows = make_rows()
    heart = attack_attribute(rows, column="secret", label="label", epsilon=None, count=400)
    assert heart.low > 0.05 and heart.added > 0.05
    # What the population tells is far over guessing, and is not the model's.
    assert heart.population > heart.majority + 0.1
    assert heart.with_model == pytest.approx(heart.population + heart.added)
    private = attack_attribute(rows, column="secret", label="label", epsilon=1.0, count=400)
    assert private.low <= 0 and abs(private.leak) < 0.05
    assert private.population == heart.population


def test_the_same_seed_says_the_same() -> None:
    rows = make_rows(800)
    given: dict[str, Any] = {"column": "secret", "label": "label", "epsilon": None, "count": 150}
    first, again = attack_attribute(rows, **given), attack_attribute(rows, **given)
    assert first == again != attack_attribute(rows, **given, seed=1)


def test_bad_input() -> None:
    rows = make_rows(500)
    given: dict[str, Any] = {"label": "label", "epsilon": None}
    with pytest.raises(NotFoundError, match="secrets"):
        attack_attribute(rows, column="secrets", **given)
    with pytest.raises(InputError, match="kept back"):
        attack_attribute(rows, column="label", **given)
    with pytest.raises(InputError, match="twice as many"):
        attack_attribute(rows, column="secret", count=200, **given)
