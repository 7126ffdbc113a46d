"""What a fitted model was made from, so that it can be made again and recognised."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.viewers import Viewable

if TYPE_CHECKING:
    import numpy as np

_DECIMALS = 6


@dataclass(frozen=True)
class TrainingRecord(Viewable):
    """All that a fit depends on, and what it came to.

    ``data`` is the fingerprint of the training table, ``weights`` the sha256 of the rows' weights
    if there were any, ``predictions`` the sha256 of the model's predictions for the training rows
    (probabilities or numbers, to 6 decimals).
    """

    model: str
    task: str
    target: str
    features: tuple[str, ...]
    seed: int
    rows: int
    data: str
    weights: str | None
    predictions: str
    versions: dict[str, str]


def digest_of(values: np.ndarray) -> str:
    """The sha256 of numbers to 6 decimals; minus zero is zero."""
    import numpy as np

    rounded = np.round(np.asarray(values, dtype="<f8"), _DECIMALS) + 0.0
    return hashlib.sha256(f"{rounded.shape}".encode() + rounded.tobytes()).hexdigest()


def versions_for(model: str) -> dict[str, str]:
    """The versions of what the fit's figures come from."""
    from importlib.metadata import version

    names = ["workbench", "numpy", "scikit-learn", *(["torch"] if model == "mlp" else [])]
    return {name: version(name) for name in names}


def as_record(plain: dict[str, Any]) -> TrainingRecord:
    """A record from its plain form."""
    return TrainingRecord(**{**plain, "features": tuple(plain["features"])})
