"""A made table in which one group is accepted more often, and the study of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.fairness.mitigation.study import Study, begin_study


def make_table(rows: int = 6000, seed: int = 3) -> Any:
    """Made data: ``skill`` decides, and ``group`` b is recorded as good less often."""
    import pandas as pd

    random = np.random.default_rng(seed)
    group = random.choice(["a", "b", "c"], rows, p=[0.55, 0.43, 0.02])
    skill = random.normal(size=rows)
    town = np.where(group == "b", random.random(rows) < 0.8, random.random(rows) < 0.2)
    chance = 1 / (1 + np.exp(-(1.5 * skill - 1.4 * (group == "b"))))
    good = np.where(random.random(rows) < chance, "yes", "no")
    return pd.DataFrame({"skill": skill, "town": town.astype(str), "group": group, "good": good})


@pytest.fixture(scope="session")
def study() -> Study:
    """Logistic regression on the made table; group c is too small to be made equal."""
    return begin_study(
        make_table(), sensitive=["group"], target="good", model="logistic", min_rows=150
    )


@pytest.fixture(scope="session")
def blind() -> Study:
    """The same with a model that does not read the group."""
    return begin_study(
        make_table(2500), sensitive=["group"], target="good", model="logistic",
        exclude=["group"], min_rows=100,
    )  # fmt: skip
