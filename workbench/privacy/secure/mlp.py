"""The network that private inference asks: one hidden layer of ReLU, such as 64-32-10 on digits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.core.errors import CapabilityError, InputError

from .fixed_point import FRACTION_BITS, MOST

if TYPE_CHECKING:
    from workbench.privacy.encryption.tasks import Task


@dataclass(frozen=True, eq=False)
class Mlp:
    """Weights of one hidden layer: ``[d, h]``, ``[h]``, ``[h, k]``, ``[k]``, float64.

    ``classes`` names the k outputs.
    """

    w1: np.ndarray
    b1: np.ndarray
    w2: np.ndarray
    b2: np.ndarray
    classes: tuple[int | str, ...]

    def predict(self, x: np.ndarray) -> np.ndarray:
        """The plain model on rows ``[n, d]``: the places of the largest outputs, int64 ``[n]``."""
        hidden = np.maximum(x @ self.w1 + self.b1, 0)
        return np.asarray((hidden @ self.w2 + self.b2).argmax(axis=1))

    def for_columns(self, scales: np.ndarray) -> Mlp:
        """The same model for rows whose columns were divided by ``scales`` ``[d]``."""
        return replace(self, w1=self.w1 * scales[:, None])

    def check_range(self, most_input: float) -> None:
        """Refuse weights with which rows up to ``most_input`` could leave the range, unseen.

        Raises:
            InputError: Some sum could.
        """
        reach = np.abs(self.w1).sum(axis=0) * most_input + np.abs(self.b1)
        last = reach @ np.abs(self.w2) + np.abs(self.b2)
        # The tournament takes differences of two outputs.
        worst = max(float(reach.max()), 2 * float(last.max()))
        if worst >= MOST:
            raise InputError(
                f"the model's sums could reach {worst:,.0f} on rows up to {most_input:g}; shared "
                f"numbers with {FRACTION_BITS} bits behind the point lie below {MOST:,.0f}",
                hint="scale the rows, or the weights",
            )


def mlp_of(model: Any) -> Mlp:
    """A trained model of scikit-learn or torch as its weights; the same models that encrypted
    inference takes, with one hidden layer of ReLU.

    Raises:
        CapabilityError: It is another model, or not trained.
    """
    from workbench.privacy.encryption.networks import network_of

    if isinstance(model, Mlp):
        return model
    network = network_of(model)
    if network.activations != ("relu",):
        told = ", ".join(network.activations) or "none"
        raise CapabilityError(
            f"private inference takes one hidden layer of ReLU; the model's activations: {told}",
            hint="MLPClassifier((32,)), activation='relu'",
        )
    first, last = network.layers
    return Mlp(first.weight.T, first.bias, last.weight.T, last.bias, tuple(network.classes))


def learnt_mlp(
    *, seed: int, dataset: str = "digits", target: str | None = None
) -> tuple[Mlp, np.ndarray, np.ndarray]:
    """The network of encrypted inference, and the rows (with labels) that it was not learnt from.

    Args:
        seed: Of the learning, and of a file's split.
        dataset: digits (its frozen test part, pixels 0 to 1), or a file with columns of numbers.
        target: The column of a file that is foretold.
    """
    task = learnt_task(seed=seed, dataset=dataset, target=target)
    return mlp_of(task.model), task.asked, task.asked_labels


@lru_cache(maxsize=4)
def learnt_task(*, seed: int, dataset: str = "digits", target: str | None = None) -> Task:
    """What ``learnt_mlp`` learns, with the columns of a file that were read and left out."""
    from workbench.privacy.encryption.tasks import load_task

    return load_task("mlp", dataset=dataset, target=target, seed=seed)
