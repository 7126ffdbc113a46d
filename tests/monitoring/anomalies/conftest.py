"""Made series with one incident at a known place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.signal import lfilter

from workbench.monitoring.forecasting.series import HOUR_S, TimeSeries

MONDAY_S = 1_767_571_200.0  # 5 January 2026, 00:00 UTC


def made(
    seed: int = 0, *, days: int = 35, change: Any = None, keeps: float = 0.6, sigma: float = 0.08
) -> TimeSeries:
    """Load with days, weeks and growth, times noise that wanders; ``change`` is added to its
    logarithm, in standard deviations of the noise."""
    draw = np.random.default_rng(seed)
    at = np.arange(24 * days)
    noise = lfilter([1.0], [1.0, -keeps], draw.normal(0, sigma * np.sqrt(1 - keeps**2), len(at)))
    shape = 0.7 * np.sin(2 * np.pi * (at - 9) / 24) - 0.6 * (at // 24 % 7 >= 5) + 0.1 * at / len(at)
    added = 0.0 if change is None else sigma * change(at)
    return TimeSeries(
        "load", "calls", MONDAY_S, HOUR_S, 400 * np.exp(shape + noise + added), (24, 168)
    )


@pytest.fixture
def make() -> Any:
    """The maker of series."""
    return made
