"""Integrated gradients and DeepLift of the small network, by captum.

Both compare a row with every background row and take the mean, so that the values add up to the
same difference as Shapley values do. They are computed on the prepared columns; those of one
feature are added.

References:
    Sundararajan, Taly, Yan, "Axiomatic attribution for deep networks", ICML 2017.
    Shrikumar, Greenside, Kundaje, "Learning important features through propagating activation
    differences", ICML 2017 (the rescale rule).
"""

from __future__ import annotations

import copy
import warnings
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError
from workbench.core.optional import require
from workbench.models.tabular.estimators import groups_of

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.tabular.model import TabularModel

    from .outputs import Output

METHODS = ("integrated_gradients", "deeplift")
STEPS = 64


def attribute_gradients(
    model: TabularModel,
    numbers: np.ndarray,
    background: np.ndarray,
    *,
    output: Output,
    method: str,
    steps: int = STEPS,
) -> np.ndarray:
    """The values of rows, ``[rows, features]``, in the unit of ``output``.

    Args:
        model: An ``mlp``.
        numbers: The rows, ``[rows, features]``.
        background: The baselines, ``[background, features]``.
        output: A margin or a number.
        method: One of ``METHODS``.
        steps: Points of the integral (Gauss-Legendre), for integrated gradients.

    Raises:
        CapabilityError: The model has no gradients, or the output is a probability.
    """
    final = getattr(model.estimator, "named_steps", {}).get("final")
    if not hasattr(final, "module"):
        raise CapabilityError(f"{model.name} has no gradients", hint="model='mlp'")
    if output.scale == "probability":
        raise CapabilityError(f"{method} explains the margin", hint="scale='margin'")
    torch = require("torch", extra="models")
    attribution = require("captum.attr", extra="interpretability")
    import numpy as np

    network = _one_output(torch, final, output)
    prepare = model.estimator.named_steps["prepare"].transform
    rows = torch.from_numpy(np.asarray(prepare(numbers), dtype=np.float64))
    baselines = torch.from_numpy(np.asarray(prepare(background), dtype=np.float64))
    means = []
    for row in rows:
        check_cancelled()
        against = row.expand_as(baselines)
        if method == "integrated_gradients":
            found = attribution.IntegratedGradients(network).attribute(
                against, baselines, n_steps=steps, internal_batch_size=8192
            )
        else:
            with warnings.catch_warnings():  # it says that it sets hooks, and takes them off again
                warnings.simplefilter("ignore", UserWarning)
                found = attribution.DeepLift(network).attribute(against, baselines)
        means.append(found.mean(dim=0).detach().numpy())
    scale = getattr(final, "spread_", 1.0)
    columns = np.stack(means) * scale
    groups = groups_of(model.estimator, model.columns)
    return np.stack([columns[:, group].sum(axis=1) for group in groups], axis=1)


def _one_output(torch: Any, final: Any, output: Output) -> Any:
    """The network with one number at its end, ``[rows, 1]``."""
    module = copy.deepcopy(final.module)  # DeepLift sets hooks on it
    last = module[-1]
    weight, bias = last.weight, last.bias
    if output.scale == "margin" and len(weight) == 2:
        sign = 1.0 if output.place == 1 else -1.0
        weight, bias = sign * (weight[1:] - weight[:1]), sign * (bias[1:] - bias[:1])
    elif output.scale == "margin":
        one = slice(output.place, output.place + 1)
        weight, bias = weight[one], bias[one]
    head = torch.nn.Linear(weight.shape[1], 1).double()
    head.weight, head.bias = torch.nn.Parameter(weight), torch.nn.Parameter(bias)
    return torch.nn.Sequential(*module[:-1], head)
