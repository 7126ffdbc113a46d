"""A linear classifier that can be worked out by hand, and made digits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from workbench.finetuning.continual.classifier import Classifier, Schooling
from workbench.finetuning.continual.digit_streams import Digit
from workbench.finetuning.continual.streams import Stream, Task


class LinearPupil(Classifier):
    """64 pixels to 10 classes, nothing between."""

    def __init__(self) -> None:
        super().__init__(seed=0, schooling=Schooling(epochs=1))
        self.module = torch.nn.Linear(64, 10)
        torch.nn.init.normal_(
            self.module.weight, std=0.2, generator=torch.Generator().manual_seed(1)
        )


@pytest.fixture
def linear() -> LinearPupil:
    return LinearPupil()


def made_digits(count: int, *, seed: int = 0, labels: tuple[int, ...] = (0, 1)) -> list[Digit]:
    """Noise with a bright row that tells the class: made, and easy."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(count):
        label = labels[number % len(labels)]
        pixels = random.random(64).astype(np.float32) * 0.2
        pixels[6 * label : 6 * label + 6] += 0.8
        found.append(Digit(pixels, label))
    return found


@pytest.fixture
def digits() -> Any:
    return made_digits


@pytest.fixture
def stream() -> Stream:
    """Two made tasks of two classes."""
    return Stream(
        "made",
        tuple(
            Task(
                str(labels),
                tuple(made_digits(64, seed=1, labels=labels)),
                tuple(made_digits(20, seed=2, labels=labels)),
            )
            for labels in ((0, 1), (2, 3))
        ),
        source="made here",
        license="the project's own",
    )
