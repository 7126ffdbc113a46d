"""How good retrieval is on labelled questions: what is found, what is passed over, at what cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from .training.questions import Labelled


@dataclass(frozen=True)
class Abstaining:
    """What a bound costs: the share of questions with an answer that are lost, and of those
    without one that are passed over."""

    bound: float
    lost: float
    passed: float


def supports_within(
    asked: Sequence[Labelled], lists: Sequence[Sequence[int]], *, first: int = 5
) -> np.ndarray:
    """For each question 1 if all its passages are among the first of its list, else 0.

    Args:
        asked: Questions with their passages.
        lists: For each the passages that were found, the best first.
        first: How many of these count.

    Raises:
        ValueError: There are not as many lists as questions.
    """
    import numpy as np

    pairs = zip(asked, lists, strict=True)
    return np.array([float(set(each.gold) <= set(found[:first])) for each, found in pairs])


def abstain_at(having: Iterable[float], without: Iterable[float], bound: float) -> Abstaining:
    """What a bound costs.

    Args:
        having: The chances of questions with an answer.
        without: Those of questions without one.
        bound: Under it a question is passed over.
    """
    import numpy as np

    shares = [float((np.array(list(each)) < bound).mean()) for each in (having, without)]
    return Abstaining(bound, *shares)


def abstention_curve(having: Sequence[float], without: Sequence[float]) -> list[Abstaining]:
    """What each bound costs that makes a difference, the lowest first."""
    bounds = sorted({0.0, *map(float, having), *map(float, without), 1.0 + 1e-9})
    return [abstain_at(having, without, bound) for bound in bounds]


def area_under(having: Sequence[float], without: Sequence[float]) -> float:
    """How often a question with an answer has the higher chance of two (AUC); ties count half."""
    import numpy as np

    apart = np.subtract.outer(np.asarray(having, dtype=float), np.asarray(without, dtype=float))
    return float((apart > 0).mean() + 0.5 * (apart == 0).mean())
