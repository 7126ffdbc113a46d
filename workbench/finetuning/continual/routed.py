"""An adapter for each task, and for each question the one of the task that it is most like.

An adapter per task: Madotto and others (2021), "Continual learning in task-oriented dialogue
systems", arXiv:2012.15504 (AdapterCL). They choose by the adapters' perplexity, which asks each of
them; here the nearest mean decides, as in Rebuffi and others (2017), "iCaRL", arXiv:1611.07725: one
vector a task, and no example is kept. What belongs to no task is answered without any adapter, as
before the first: a question that is less like its nearest task than half-way between what that
task was learnt from and everyday dialogues, which are the other class. Where a pupil knows of no
such class, a question has to be as like the task as the least like of what was learnt; fresh
phrasings of a language model's questions often are not (lab log, 26 Nov 2026).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.finetuning.continual.pupil import Pupil, Weights, put_weights, take_weights
from workbench.finetuning.continual.strategy import Settings, Strategy

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Route:
    """What is kept of a task: the mean of its questions ``[d]`` at length 1, how like it a question
    has to be at least (cosine), and the adapter's weights."""

    mean: np.ndarray
    least: float
    weights: Weights


class RoutedAdapters(Strategy):
    """See the module. What is forgotten is what is sent to the wrong adapter, and nothing else."""

    needs_adapter = True

    def __init__(self, pupil: Pupil, settings: Settings, *, seed: int) -> None:
        super().__init__(pupil, settings, seed=seed)
        self.first: Weights = take_weights(pupil.module)
        self.routes: list[Route] = []

    def begin_task(self, number: int, examples: Sequence[Any]) -> None:
        """See ``Strategy``: each task is learnt from the base, as if alone."""
        put_weights(self.pupil.module, self.first)

    def end_task(self, number: int, examples: Sequence[Any]) -> None:
        """See ``Strategy``."""
        seen = self.pupil.describe(examples)
        total = seen.sum(axis=0)
        # Each against the mean of the others, as a new one will be.
        others = _unit(total - seen if len(seen) > 1 else seen)
        mean = _unit(total)
        least = find_least((seen * others).sum(axis=1), mean, self.pupil.describe_everyday())
        self.routes.append(Route(mean, least, take_weights(self.pupil.module)))

    def choose(self, asked: Sequence[Any]) -> list[int | None]:
        """The task of each question; None where it is like none of them."""
        import numpy as np

        if not self.routes or not asked:
            return [None] * len(asked)
        likeness = self.pupil.describe(asked) @ np.stack([each.mean for each in self.routes]).T
        nearest = likeness.argmax(axis=1)
        return [
            int(task) if row[task] >= self.routes[task].least else None
            for task, row in zip(nearest, likeness, strict=True)
        ]

    def measure(self, tests: Sequence[Any]) -> float:
        """See ``Strategy``."""
        right = 0.0
        for places in self._by_adapter(tests):
            right += self.pupil.measure([tests[place] for place in places]) * len(places)
        return right / len(tests)

    def answer(self, asked: Sequence[Any]) -> list[str]:
        """See ``Strategy``."""
        said = [""] * len(asked)
        for places in self._by_adapter(asked):
            told = super().answer([asked[place] for place in places])
            for place, text in zip(places, told, strict=True):
                said[place] = text
        return said

    def _by_adapter(self, asked: Sequence[Any]) -> Iterator[list[int]]:
        """The places of the questions of each adapter, while it is on."""
        chosen = self.choose(asked)
        held = take_weights(self.pupil.module)
        try:
            for task in dict.fromkeys(chosen):
                put_weights(
                    self.pupil.module, self.first if task is None else self.routes[task].weights
                )
                yield [place for place, each in enumerate(chosen) if each == task]
        finally:
            put_weights(self.pupil.module, held)


def find_least(own: np.ndarray, mean: np.ndarray, everyday: np.ndarray | None) -> float:
    """How like a task's mean a question has to be to be the task's.

    Args:
        own: How like the mean of the others each of the task's questions is, ``[n]`` (cosine).
        mean: The task's, ``[d]``.
        everyday: What belongs to no task, ``[m, d]``; None where there is no such class.

    Returns:
        The middle of both means, which parts two classes of one variance best; without the other
        class the least of the task's own.
    """
    if everyday is None:
        return float(own.min())
    return float(own.mean() + (everyday @ mean).mean()) / 2


def _unit(vectors: np.ndarray) -> np.ndarray:
    import numpy as np

    scaled: np.ndarray = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-12)
    return scaled
