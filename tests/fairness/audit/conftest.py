"""Adult as it is audited once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.fairness.audit.predictions import Predictions, predict_dataset


@pytest.fixture(scope="session")
def shared_environment(shared_home_path: Path) -> Iterator[None]:
    """The shared home for what is made once a run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(shared_home_path))
        yield


@pytest.fixture(scope="session")
def adult(shared_environment: None) -> Predictions:
    """The default model on Adult's own test rows, by sex and race."""
    return predict_dataset("adult", sensitive=["sex", "race"])
