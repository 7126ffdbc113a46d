"""Intervals from errors that were made on values that the model had not seen.

Split conformal prediction (Lei et al. 2018) over the errors of a backtest. They are divided by how
large errors of their step ahead are, so that all steps together give the quantile: twenty origins
alone are too few for a quantile of each step.
"""

from __future__ import annotations

from typing import Any


def spread_by_step(errors: Any) -> Any:
    """How large errors are so many steps ahead ([horizon]), never less than nearer ones."""
    import numpy as np

    mean = np.abs(errors).mean(axis=0)
    width = max(1, len(mean) // 6)
    padded = np.pad(mean, width, mode="edge")
    smooth = np.convolve(padded, np.ones(2 * width + 1) / (2 * width + 1), mode="valid")
    return np.maximum(np.maximum.accumulate(smooth), 1e-12)


def conformal_widths(errors: Any, *, level: float) -> Any:
    """Half of the interval's width for each step ahead ([horizon]).

    Args:
        errors: [origins, horizon], of a backtest.
        level: The share of what comes that is to lie inside.
    """
    import numpy as np

    spread = spread_by_step(errors)
    scaled = np.abs(errors) / spread
    # Errors of one origin go together: the origins, not the values, are what is counted.
    share = min(1.0, level * (1 + 1 / len(scaled)))
    return float(np.quantile(scaled, share)) * spread


def in_sample_widths(values: Any, *, horizon: int, level: float) -> Any:
    """The broken variant: widths by how a model fits what it was fitted to, one step ahead."""
    import numpy as np
    from statsmodels.tsa.ar_model import AutoReg

    fitted = AutoReg(values, min(24, len(values) // 6), trend="c").fit()
    return np.full(horizon, float(np.quantile(np.abs(fitted.resid), level)))
