"""Handwritten digits as a task for private training: features that no data decided, and a split.

With little data and much noise a linear model on good features beats a network that has to find
its own: Tramèr and Boneh (2021), arXiv:2011.11660. The features are the pixels and histograms of
oriented gradients (Dalal and Triggs, 2005), each centred and scaled within its own picture, so that
they tell nothing of others.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from workbench.core.errors import IntegrityError

from .task import ClassifierTask

if TYPE_CHECKING:
    import numpy as np

CLASSES = 10
SIDE = 8
# The split was frozen before anything was tuned: the rows of the test part, in their order. What
# is chosen is chosen on the last fifth of each class's other rows.
_SPLIT_SEED = 12345
TEST_SHA256 = "4e9705ca057e51a92d5ab83f40bbfc6f767bdb2ad6605c4e24e8ecf1b8cdf799"
_DIRECTIONS = 8
_CELLS = (0, 2, 4)
_CELL_SIDE = 4
_GRADIENT_WEIGHT = 0.6


def load_digits_task(*, tuning: bool = False) -> ClassifierTask:
    """The digits in their frozen split, with 136 features.

    Args:
        tuning: Learn from four fifths of the rows to learn from and test on the last; the test
            part is not read.

    Raises:
        IntegrityError: The split is not the one that was written down.
    """
    import numpy as np

    from workbench import data

    table = data.load("digits")
    pixels = np.asarray(table["pixels"], dtype=np.float64) / 16.0
    labels = np.asarray(table["label"])
    train, kept, test = split_rows(labels)
    if tuning:
        learnt, asked = train, kept
    else:
        learnt, asked = np.concatenate([train, kept]), test
    features = describe_pictures(pixels)
    return ClassifierTask(
        "digits", features[learnt], labels[learnt], features[asked], labels[asked], CLASSES,
        data.fingerprint(table),
    )  # fmt: skip


def split_rows(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows to learn from, to tune on and to test on; a quarter of each class is for the test.

    Raises:
        IntegrityError: See ``load_digits_task``.
    """
    import numpy as np

    random = np.random.default_rng(_SPLIT_SEED)
    train: list[int] = []
    kept: list[int] = []
    test: list[int] = []
    for label in range(CLASSES):
        rows = random.permutation(np.flatnonzero(labels == label)).tolist()
        asked = round(0.25 * len(rows))
        tuned = round(0.2 * (len(rows) - asked))
        test += rows[:asked]
        kept += rows[asked : asked + tuned]
        train += rows[asked + tuned :]
    found = hashlib.sha256(",".join(map(str, test)).encode()).hexdigest()
    if found != TEST_SHA256:
        raise IntegrityError(
            f"the digits' test rows have the sha256 {found[:12]}, written down is "
            f"{TEST_SHA256[:12]}: figures on them cannot be compared",
            hint="workbench data pull digits",
        )
    return np.asarray(train), np.asarray(kept), np.asarray(test)


def describe_pictures(pixels: np.ndarray) -> np.ndarray:
    """Features of length 1: pixels ``[n, 64]`` from 0 to 1 give float32 ``[n, 136]``."""
    import numpy as np

    parts = [_centred(pixels), _GRADIENT_WEIGHT * _centred(np.sqrt(_oriented(pixels)))]
    return _unit(np.concatenate(parts, axis=1)).astype(np.float32)


def _oriented(pixels: np.ndarray) -> np.ndarray:
    """How much the brightness changes in each of 8 directions in 9 overlapping cells."""
    import numpy as np

    count = len(pixels)
    framed = np.pad(pixels.reshape(count, SIDE, SIDE), ((0, 0), (1, 1), (1, 1)))
    across = framed[:, 1:-1, 2:] - framed[:, 1:-1, :-2]
    down = framed[:, 2:, 1:-1] - framed[:, :-2, 1:-1]
    place = (np.arctan2(down, across) / (2 * np.pi) * _DIRECTIONS) % _DIRECTIONS
    first, share = np.floor(place).astype(int) % _DIRECTIONS, place - np.floor(place)
    size = np.hypot(across, down)
    votes = np.zeros((count, _DIRECTIONS, SIDE, SIDE))
    picture, row, column = np.indices(size.shape)
    np.add.at(votes, (picture, first, row, column), size * (1 - share))
    np.add.at(votes, (picture, (first + 1) % _DIRECTIONS, row, column), size * share)
    cells = [
        votes[:, :, top : top + _CELL_SIDE, left : left + _CELL_SIDE].sum(axis=(2, 3))
        for top in _CELLS
        for left in _CELLS
    ]
    return np.concatenate(cells, axis=1)


def _centred(values: np.ndarray) -> np.ndarray:
    import numpy as np

    return _unit(np.asarray(values - values.mean(axis=1, keepdims=True)))


def _unit(values: np.ndarray) -> np.ndarray:
    import numpy as np

    # A picture of one brightness has no length, and stays 0.
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12))
