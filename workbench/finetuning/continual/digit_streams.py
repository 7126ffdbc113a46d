"""Streams of handwritten digits: new classes task by task, or the same classes on other pixels.

Class-incremental: van de Ven and Tolias (2019), arXiv:1904.07734: the model is never told which
task a digit belongs to. Permuted: Goodfellow and others (2013), arXiv:1312.6211.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.seeds import derive_seed
from workbench.finetuning.continual.streams import Stream, Task

if TYPE_CHECKING:
    import numpy as np

TASKS = 5
_TEST_SHARE = 0.25
_BRIGHTEST = 16.0


@dataclass(frozen=True)
class Digit:
    """One picture: ``pixels`` float32 ``[64]`` from 0 to 1, and its class."""

    pixels: np.ndarray
    label: int


def class_stream(seed: int) -> Stream:
    """Five tasks of two classes each, the classes in an order of the seed's."""
    import numpy as np

    train, test = _split(seed)
    order = np.random.default_rng(derive_seed(seed, "class order")).permutation(10)
    pairs = [sorted(int(each) for each in order[at : at + 2]) for at in range(0, 10, 2)]
    return _stream(
        "digits-class",
        [
            Task(
                f"{pair[0]} and {pair[1]}",
                tuple(digit for digit in train if digit.label in pair),
                tuple(digit for digit in test if digit.label in pair),
            )
            for pair in pairs
        ],
    )


def permuted_stream(seed: int) -> Stream:
    """Five tasks of all classes; each after the first has its pixels in another fixed order."""
    import numpy as np

    train, test = _split(seed)
    random = np.random.default_rng(derive_seed(seed, "pixel orders"))
    orders = [np.arange(64), *(random.permutation(64) for _ in range(TASKS - 1))]
    return _stream(
        "digits-permuted",
        [
            Task(
                f"order {number}",
                tuple(Digit(digit.pixels[order], digit.label) for digit in train),
                tuple(Digit(digit.pixels[order], digit.label) for digit in test),
            )
            for number, order in enumerate(orders, start=1)
        ],
    )


def _split(seed: int) -> tuple[list[Digit], list[Digit]]:
    """A quarter of each class is kept for the test."""
    import numpy as np

    from workbench import data

    table = data.load("digits")
    labels = np.asarray(table["label"])
    pixels = np.asarray(table["pixels"], dtype=np.float32) / _BRIGHTEST
    random = np.random.default_rng(derive_seed(seed, "split"))
    train: list[Digit] = []
    test: list[Digit] = []
    for label in range(10):
        rows = random.permutation(np.flatnonzero(labels == label))
        kept = round(_TEST_SHARE * len(rows))
        test += [Digit(pixels[row], label) for row in rows[:kept]]
        train += [Digit(pixels[row], label) for row in rows[kept:]]
    return train, test


def _stream(name: str, tasks: list[Task]) -> Stream:
    from workbench import data

    entry = next(each for each in data.entries().values() if each.name == "digits")
    return Stream(name, tuple(tasks), source=entry.origin, license=entry.license)
