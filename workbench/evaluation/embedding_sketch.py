"""Embeddings as moments of random features: the kernel two-sample test from sums that add up.

With features z(x) whose inner products are a Gaussian kernel (Rahimi and Recht, "Random Features
for Large-Scale Kernel Machines", NIPS 2007) the squared maximum mean discrepancy of two sets of
rows is the squared distance of their mean features, and what it comes to by chance follows from
the features' covariance. Both are sums over rows: days merge by adding, and no row is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np

FEATURES = 64
_MEDIAN_ROWS = 500


@dataclass(frozen=True, eq=False)
class RandomFeatures:
    """``z(x) = sqrt(2 / D) cos(x W + b)``: ``weights`` of shape ``[dimensions, D]``, ``phases`` of
    shape ``[D]``."""

    weights: np.ndarray
    phases: np.ndarray

    def of(self, rows: Any) -> np.ndarray:
        """The features of rows of shape ``[n, dimensions]``: ``[n, D]``."""
        import numpy as np

        found: np.ndarray = np.sqrt(2 / len(self.phases)) * np.cos(
            rows @ self.weights + self.phases
        )
        return found


@dataclass(frozen=True, eq=False)
class EmbeddingSketch:
    """``total`` is the sum of the features, shape ``[D]``; ``products`` that of their outer
    products, ``[D, D]``. ``missing`` rows have no embedding, or one that is not finite."""

    total: np.ndarray
    products: np.ndarray
    rows: int
    missing: int = 0

    def __add__(self, other: EmbeddingSketch) -> EmbeddingSketch:
        """The sketch of the rows of both.

        Raises:
            InputError: They have different numbers of features.
        """
        if self.total.shape != other.total.shape:
            raise InputError("sketches of different features do not belong together")
        return EmbeddingSketch(
            self.total + other.total,
            self.products + other.products,
            self.rows + other.rows,
            self.missing + other.missing,
        )


@dataclass(frozen=True)
class SketchedDiscrepancy:
    """``mmd`` is the squared discrepancy less what is expected by chance (it may lie below 0);
    ``feature_error`` the standard error that the random features leave on a kernel's value."""

    mmd: float
    p_value: float
    feature_error: float
    first_rows: int
    second_rows: int


def reference_features(rows: Any, *, features: int = FEATURES, seed: int = 0) -> RandomFeatures:
    """Features whose kernel is as wide as the median distance of reference rows.

    Args:
        rows: Shape ``[n, dimensions]``, at least two; those that are not finite are passed over.
        features: How many.
        seed: The same seed gives the same features.

    Raises:
        InputError: There are fewer than two rows that are finite.
    """
    import numpy as np
    from scipy.spatial.distance import pdist

    given = np.asarray(rows, dtype=float)
    if given.ndim != 2 or np.isfinite(given).all(axis=1).sum() < 2:
        raise InputError(f"embeddings of shape {given.shape}", hint="two finite rows at least")
    finite = given[np.isfinite(given).all(axis=1)]
    draw = np.random.default_rng(seed)
    some = finite[draw.permutation(len(finite))[:_MEDIAN_ROWS]]
    width = float(np.median(pdist(some))) or float(np.abs(some).max()) or 1.0
    weights = draw.normal(size=(given.shape[1], features)) / width
    return RandomFeatures(weights, draw.uniform(0, 2 * np.pi, features))


def sketch_embeddings(rows: Any, features: RandomFeatures) -> EmbeddingSketch:
    """Sum the features of rows of shape ``[n, dimensions]``.

    Raises:
        InputError: The rows have other dimensions than the features.
    """
    import numpy as np

    given = np.asarray(rows, dtype=float)
    if given.ndim != 2 or given.shape[1] != len(features.weights):
        raise InputError(
            f"embeddings of shape {given.shape} where [n, {len(features.weights)}] was expected",
            hint="of the same model as the reference's",
        )
    finite = given[np.isfinite(given).all(axis=1)]
    made = features.of(finite)
    return EmbeddingSketch(made.sum(0), made.T @ made, len(finite), len(given) - len(finite))


def sketched_discrepancy(first: EmbeddingSketch, second: EmbeddingSketch) -> SketchedDiscrepancy:
    """Test whether two sets of embeddings come from one distribution.

    By chance the squared distance of the mean features is a weighted sum of squared normals, the
    weights being the eigenvalues of the pooled covariance times ``1/n + 1/m``; its tail is taken
    from the chi-square with the same first three moments (Hall 1983; Buckley and Eagleson 1988).

    Raises:
        InputError: A sketch has fewer than two rows.
    """
    import numpy as np
    from scipy.stats import chi2

    n, m = first.rows, second.rows
    if n < 2 or m < 2:
        raise InputError(f"{n} and {m} embeddings", hint="two on each side at least")
    means = first.total / n, second.total / m
    within = first.products + second.products
    within = within - n * np.outer(means[0], means[0]) - m * np.outer(means[1], means[1])
    weights = np.linalg.eigvalsh(within / (n + m - 2)).clip(0) * (1 / n + 1 / m)
    distance = float(((means[0] - means[1]) ** 2).sum())
    one, two, three = (float((weights**power).sum()) for power in (1, 2, 3))
    error = 1 / np.sqrt(len(first.total))
    if one <= 1e-10 * (1 / n + 1 / m):  # each side is one point, but for rounding
        return SketchedDiscrepancy(distance, 1.0 if distance < 1e-12 else 0.0, error, n, m)
    freedom = two**3 / three**2
    at = (distance - one) * np.sqrt(2 * freedom) / np.sqrt(2 * two) + freedom
    return SketchedDiscrepancy(distance - one, float(chi2.sf(max(at, 0), freedom)), error, n, m)
