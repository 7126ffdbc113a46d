"""What an epsilon costs in accuracy, measured: the same training at several, by several seeds.

The last curve that was measured is kept in the home, with its date: nothing is shown of a machine
that measured nothing.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError, IntegrityError
from workbench.core.progress import progress
from workbench.core.torch_threads import torch_threads
from workbench.core.viewers import Viewable
from workbench.evaluation.wilson import wilson_interval
from workbench.store.records import Records

if TYPE_CHECKING:
    from workbench.privacy.dp.task import ClassifierTask
    from workbench.privacy.dp.training import PrivateRun

NAMESPACE, KEY = "privacy", "accuracy by epsilon"
EPSILONS = (0.3, 0.6, 1.2, 2.0, 2.9, 5.0, 8.6)
MOST_RUNS = 200
CONFIDENCE = 0.95
# Of the classifier without privacy: the best of 1, 10, 100 and 1000 on the rows to tune on.
_PLAIN_C = 100.0


@dataclass(frozen=True)
class EpsilonPoint:
    """One epsilon: ``accuracies`` of its seeds, their mean, and its interval over rows and seeds.

    ``most_advantage`` is the most that anyone's hits can exceed their false alarms by when they
    guess whether a row was learnt from, whatever they know: 0 is guessing, 1 knowing.
    """

    epsilon: float
    accuracies: tuple[float, ...]
    accuracy: float
    low: float
    high: float
    noise_multiplier: float
    sampling_rate: float
    steps: int
    most_advantage: float


@dataclass(frozen=True)
class AccuracyCurve(Viewable):
    """Points from the smallest epsilon to the largest; ``plain_accuracy`` is without any privacy.

    ``measured_s`` is when (seconds since 1970), ``took_s`` how long it took here.
    """

    dataset: str
    dataset_sha256: str
    delta: float
    points: tuple[EpsilonPoint, ...]
    plain_accuracy: float
    learnt_rows: int
    asked_rows: int
    seed: int
    measured_s: float
    took_s: float


def measure_curve(
    task: ClassifierTask,
    *,
    epsilons: Sequence[float] = EPSILONS,
    delta: float = 1e-5,
    seeds: int = 3,
    seed: int = 0,
) -> AccuracyCurve:
    """Train at each epsilon with each seed, and once without privacy. No budget is spent.

    Args:
        task: The digits.
        epsilons: In any order.
        delta: Of all of them.
        seeds: How many runs an epsilon; 2 at least, or nothing is known of their spread.
        seed: The first; the others follow it.

    Raises:
        InputError: An epsilon is not above 0 or named twice, or there are too many runs.
    """
    from workbench.privacy.dp.training import train_classifier

    _check(epsilons, seeds)
    began_s = time.monotonic()
    points = []
    with progress("measuring", total=len(epsilons) * seeds + 1, unit="trainings") as shown:
        plain = _plain_accuracy(task)
        shown.advance(message="without privacy")
        for epsilon in sorted(epsilons):
            runs = []
            for each in range(seed, seed + seeds):
                check_cancelled()
                run = train_classifier(task, epsilon=epsilon, delta=delta, seed=each, canaries=0)
                runs.append(run)
                shown.advance(message=f"at epsilon {epsilon:g}")
            points.append(_point(epsilon, runs, asked=len(task.test_y)))
    return AccuracyCurve(
        "digits", task.sha256, delta, tuple(points), plain, len(task.train_y), len(task.test_y),
        seed, time.time(), time.monotonic() - began_s,
    )  # fmt: skip


def keep_curve(curve: AccuracyCurve) -> None:
    """Keep a curve in the place of the one before it."""
    Records().put(NAMESPACE, KEY, document=dataclasses.asdict(curve))


def kept_curve() -> AccuracyCurve | None:
    """The curve that was measured in this home; None if none was.

    Raises:
        IntegrityError: What is kept is no such curve.
    """
    found = Records().find(NAMESPACE, KEY)
    if found is None:
        return None
    try:
        return _load(found.document)
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError(
            f"the curve that is kept cannot be read: {error}",
            hint="workbench privacy accuracy-by-epsilon",
        ) from None


def accuracy_interval(accuracies: Sequence[float], *, asked: int) -> tuple[float, float]:
    """The interval of a mean accuracy, over the rows that were asked and the seeds.

    The variances of both are added (that of the rows as if each were one draw, which is more than
    it is for a mean of several runs), and Wilson's interval is that of as many rows as come to it.

    Args:
        accuracies: One a seed, all on the same rows.
        asked: How many rows that is.
    """
    mean = fmean(accuracies)
    spread = variance(accuracies) / len(accuracies) if len(accuracies) > 1 else 0.0
    rows = mean * (1 - mean) / asked
    counted = asked * (rows / (rows + spread)) if rows > 0 else float(asked)
    return wilson_interval(mean, counted, confidence=CONFIDENCE)


def _point(epsilon: float, runs: list[PrivateRun], *, asked: int) -> EpsilonPoint:
    from workbench.privacy.auditing.tradeoff import trade_off_of
    from workbench.privacy.dp.mechanisms import GaussianSteps

    first = runs[0]
    accuracies = tuple(run.accuracy for run in runs)
    low, high = accuracy_interval(accuracies, asked=asked)
    mechanism = GaussianSteps(first.noise_multiplier, first.sampling_rate, first.steps)
    # Delta at epsilon 0 is the total variation distance: hits less false alarms, of any test.
    most = float(trade_off_of(mechanism).deltas[0])
    return EpsilonPoint(
        epsilon, accuracies, fmean(accuracies), low, high, first.noise_multiplier,
        first.sampling_rate, first.steps, most,
    )  # fmt: skip


def _plain_accuracy(task: ClassifierTask) -> float:
    from sklearn.linear_model import LogisticRegression

    with torch_threads(1):
        model = LogisticRegression(C=_PLAIN_C, max_iter=2000).fit(task.train_x, task.train_y)
        return float(model.score(task.test_x, task.test_y))


def _check(epsilons: Sequence[float], seeds: int) -> None:
    if not epsilons or len(set(epsilons)) != len(epsilons):
        raise InputError("epsilons must be numbers, each of them once", hint="--epsilons 1.2,8.6")
    wrong = [each for each in epsilons if not (each > 0 and math.isfinite(each))]
    if wrong:
        raise InputError(f"epsilon is {wrong[0]}, which must be above 0")
    if seeds < 2:
        raise InputError(f"{seeds} seeds tell nothing of their spread", hint="--seeds 3")
    if len(epsilons) * seeds > MOST_RUNS:
        raise InputError(f"{len(epsilons) * seeds} trainings are more than {MOST_RUNS}")


def _load(document: dict[str, Any]) -> AccuracyCurve:
    points = tuple(
        EpsilonPoint(**{**each, "accuracies": tuple(each["accuracies"])})
        for each in document["points"]
    )
    if not points:
        raise ValueError("it has no points")
    return AccuracyCurve(**{**document, "points": points})
