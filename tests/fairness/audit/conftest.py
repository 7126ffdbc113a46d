"""Adult as it is audited once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core import settings
from workbench.fairness.audit.predictions import Predictions, predict_dataset


@pytest.fixture(scope="session")
def adult(shared_home_path: Path) -> Predictions:
    """The default model on Adult's own test rows, by sex and race."""
    with settings.override(home=shared_home_path):
        return predict_dataset("adult", sensitive=["sex", "race"])
