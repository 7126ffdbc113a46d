"""Temperature scaling: one number that makes a classifier's probabilities honest.

Guo, Pleiss, Sun, Weinberger: "On Calibration of Modern Neural Networks", ICML 2017, section 4.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.viewers import Viewable

from .bootstrap import Interval, bootstrap_interval

if TYPE_CHECKING:
    import numpy as np

# 1 / temperature is looked for in this range; beyond it probabilities are 0 or 1 in doubles.
_SHARPNESS = (1e-6, 1e6)


@dataclass(frozen=True)
class TemperatureFit(Viewable):
    """The fitted temperature, and the mean negative log-likelihood in nats without and with it."""

    temperature: Interval
    nll_before: float
    nll_after: float


def fit_temperature(
    logits: Any,
    labels: Any,
    *,
    confidence: float = 0.95,
    draws: int = 200,
    seed: int = 0,
) -> TemperatureFit:
    """The temperature that minimises the negative log-likelihood of held-out labels.

    The likelihood is concave in 1 / temperature, so the root of its derivative is the one maximum;
    it is found by Brent's method.

    Args:
        logits: Shape ``[n, classes]``, before the softmax.
        labels: Shape ``[n]``, whole numbers below ``classes``.
        confidence: Of the percentile bootstrap interval.
        draws: Resamples, each a fit of its own.

    Raises:
        InputError: The shapes are wrong, or there is no such temperature: every label is the
            largest logit, or the logits say less than chance.
    """
    import numpy as np

    z, y = np.asarray(logits, float), np.asarray(labels)
    if z.ndim != 2 or y.shape != z.shape[:1] or not np.issubdtype(y.dtype, np.integer):
        raise InputError(
            f"logits have shape {z.shape}, labels {y.shape} of {y.dtype}",
            hint="logits [n, classes] and whole-number labels [n]",
        )
    if not np.isfinite(z).all() or y.min() < 0 or y.max() >= z.shape[1]:
        raise InputError("a logit is not finite, or a label has no logit", hint="check the labels")
    interval = bootstrap_interval(
        _temperature,
        z,
        y,
        vectorised=False,
        method="percentile",
        confidence=confidence,
        draws=draws,
        seed=seed,
    )
    return TemperatureFit(interval, _nll(z, y, 1.0), _nll(z, y, 1 / interval.estimate))


def apply_temperature(logits: Any, temperature: float) -> np.ndarray:
    """The probabilities at a temperature: shape as ``logits``, each row adding up to 1."""
    from scipy.special import softmax

    if not temperature > 0:
        raise InputError(f"temperature is {temperature}; it must be positive", hint="1 is neutral")
    probabilities: np.ndarray = softmax(_array(logits) / temperature, axis=-1)
    return probabilities


def _array(logits: Any) -> np.ndarray:
    import numpy as np

    return np.asarray(logits, float)


def _temperature(z: np.ndarray, y: np.ndarray) -> float:
    from scipy.optimize import brentq

    low, high = _SHARPNESS
    if _slope(low, z, y) >= 0 or _slope(high, z, y) <= 0:
        raise InputError(
            "no finite temperature fits: every label is the largest logit, or they say less than "
            "chance",
            hint="fit on more held-out rows, some of which the model gets wrong",
        )
    return 1 / float(brentq(_slope, low, high, args=(z, y), xtol=1e-12, rtol=1e-10))


def _slope(sharpness: float, z: np.ndarray, y: np.ndarray) -> float:
    """The derivative of the mean negative log-likelihood by 1 / temperature."""
    import numpy as np
    from scipy.special import softmax

    expected = (softmax(sharpness * z, axis=1) * z).sum(axis=1)
    return float((expected - z[np.arange(len(y)), y]).mean())


def _nll(z: np.ndarray, y: np.ndarray, sharpness: float) -> float:
    import numpy as np
    from scipy.special import log_softmax

    return float(-log_softmax(sharpness * z, axis=1)[np.arange(len(y)), y].mean())
