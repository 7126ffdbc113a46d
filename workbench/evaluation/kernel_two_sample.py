"""Whether two samples come from one distribution: the kernel two-sample test, by permutation.

Gretton, Borgwardt, Rasch, Schoelkopf and Smola, "A Kernel Two-Sample Test", JMLR 13 (2012). Which
row belongs to which sample is drawn anew, so the level is exact whatever the rows are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np

DRAWS = 999
# Draws at a time, 8 bytes an item: a block stays in 32 MB whatever the number of rows.
_BLOCK_ITEMS = 4_000_000
_FEATURES = 1 << 18


@dataclass(frozen=True)
class TwoSampleTest:
    """``mmd`` is the maximum mean discrepancy, squared and biased as in equation 5 of the paper;
    ``p_value`` that of "both samples come from one distribution"."""

    mmd: float
    p_value: float
    first_rows: int
    second_rows: int
    draws: int


def kernel_two_sample_test(
    kernel: Any, first_rows: int, *, draws: int = DRAWS, seed: int = 0
) -> TwoSampleTest:
    """Test whether the first rows of a kernel matrix and the others come from one distribution.

    Args:
        kernel: Shape ``[n, n]``: of each row of both samples with each, the first sample first.
        first_rows: How many rows the first sample has; at least 1, and fewer than n.
        draws: Of who belongs to which sample; the least p-value is ``1 / (draws + 1)``.
        seed: The same seed gives the same p-value.

    Raises:
        InputError: A sample is empty, the matrix is not square, or a value is not finite.
    """
    import numpy as np
    from scipy.stats import permutation_test

    found = np.asarray(kernel, dtype=float)
    if found.ndim != 2 or found.shape[0] != found.shape[1]:
        raise InputError(f"a kernel of shape {found.shape}", hint="a square matrix of all rows")
    rows = len(found)
    if not 1 <= first_rows < rows:
        raise InputError(
            f"{first_rows} of {rows} rows are the first sample", hint="both need at least one"
        )
    if not np.isfinite(found).all():
        raise InputError("a value of the kernel is not a finite number", hint="leave its row out")

    def discrepancy(first: np.ndarray, second: np.ndarray, axis: int = -1) -> np.ndarray:
        signs = np.zeros((*first.shape[:-1], rows))
        np.put_along_axis(signs, first, 1 / first_rows, axis)
        np.put_along_axis(signs, second, -1 / (rows - first_rows), axis)
        squared: np.ndarray = ((signs @ found) * signs).sum(axis)
        return squared

    done = permutation_test(
        (np.arange(first_rows), np.arange(first_rows, rows)),
        discrepancy,
        vectorized=True,
        n_resamples=draws,
        batch=max(1, _BLOCK_ITEMS // rows),
        alternative="greater",
        rng=np.random.default_rng(seed),
    )
    return TwoSampleTest(
        float(done.statistic), float(done.pvalue), first_rows, rows - first_rows, draws
    )


def spectrum_kernel(texts: Sequence[str]) -> np.ndarray:
    """How alike texts are, shape ``[n, n]`` in [0, 1]: the cosine of their counts of letter groups.

    Groups of three to five letters within words, whatever their case, hashed: Leslie, Eskin and
    Noble, "The Spectrum Kernel" (PSB 2002), as scikit-learn counts them.
    """
    from sklearn.feature_extraction.text import HashingVectorizer

    counts = HashingVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), n_features=_FEATURES, alternate_sign=False
    ).transform(texts)
    alike: np.ndarray = (counts @ counts.T).toarray()
    return alike
