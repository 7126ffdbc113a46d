"""Fitting the scorers: conditional logit over the candidates of a question, and Platt's line.

McFadden 1974, "Conditional Logit Analysis of Qualitative Choice Behavior"; Platt 1999,
"Probabilistic Outputs for Support Vector Machines".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import InputError

from .scorers import Scorer

if TYPE_CHECKING:
    import numpy as np

_STEPS = 300


@dataclass(frozen=True)
class Choice:
    """The candidates of a question: features, shape (candidates, features), and which are right."""

    table: np.ndarray
    right: np.ndarray
    weight: float = 1.0


def fit_choices(choices: Sequence[Choice], features: Sequence[str], *, l2: float) -> Scorer:
    """Weights under which the right candidates of each question are the likeliest (softmax).

    Args:
        choices: Questions; those of which no candidate is right teach nothing and are left out.
        features: Their names.
        l2: How strongly weights of standardised features are held down.

    Raises:
        InputError: No question has a right candidate.
    """
    import numpy as np
    from scipy.optimize import minimize

    used = [each for each in choices if each.right.any()]
    if not used:
        raise InputError("no question has a right candidate: there is nothing to learn")
    mean, spread = _spread(np.concatenate([each.table for each in used]))
    tables = [(each.table - mean) / spread for each in used]
    total = sum(each.weight for each in used)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = 0.0, np.zeros_like(weights)
        for each, table in zip(used, tables, strict=True):
            scores = table @ weights
            chances = np.exp(scores - scores.max())
            chances /= chances.sum()
            right = max(float(chances[each.right].sum()), 1e-12)
            value -= each.weight * np.log(right)
            drawn = np.where(each.right, chances, 0.0) / right
            slope -= each.weight * (table.T @ (drawn - chances))
        return value / total + l2 * float(weights @ weights), slope / total + 2 * l2 * weights

    start = np.zeros(len(features))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}).x
    return _plain(found, 0.0, mean, spread, features)


def fit_logistic(
    table: np.ndarray,
    right: np.ndarray,
    features: Sequence[str],
    *,
    l2: float,
    weights: np.ndarray | None = None,
) -> Scorer:
    """Logistic regression: the chance that a row is right.

    Args:
        table: Shape (rows, features).
        right: Shape (rows,), booleans.
        features: Their names.
        l2: How strongly weights of standardised features are held down; the bias is free.
        weights: How much each row counts.

    Raises:
        InputError: All rows are right, or none.
    """
    import numpy as np
    from scipy.optimize import minimize

    said = np.asarray(right, dtype=float)
    if not 0 < said.sum() < len(said):
        raise InputError("rows of both kinds are needed to learn to tell them apart")
    mean, spread = _spread(table)
    rows = np.hstack([(table - mean) / spread, np.ones((len(table), 1))])
    counts = np.ones(len(said)) if weights is None else np.asarray(weights, dtype=float)
    held = np.append(np.ones(table.shape[1]), 0.0) * l2

    def loss(line: np.ndarray) -> tuple[float, np.ndarray]:
        scores = rows @ line
        value = counts @ (np.logaddexp(0, scores) - said * scores) / counts.sum()
        slope = rows.T @ (counts * (1 / (1 + np.exp(-scores)) - said)) / counts.sum()
        return float(value + held @ line**2), slope + 2 * held * line

    start = np.zeros(rows.shape[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}).x
    return _plain(found[:-1], float(found[-1]), mean, spread, features)


def _spread(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of each feature; 1 for one that never varies."""
    import numpy as np

    spread = table.std(axis=0)
    return table.mean(axis=0), np.where(spread > 1e-9, spread, 1.0)


def _plain(
    weights: np.ndarray, bias: float, mean: np.ndarray, spread: np.ndarray, features: Sequence[str]
) -> Scorer:
    """A scorer of features as they are, in place of standardised ones."""
    scaled = weights / spread
    return Scorer(
        tuple(features), tuple(float(each) for each in scaled), bias - float(mean @ scaled)
    )
