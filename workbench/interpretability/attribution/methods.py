"""The methods of attribution by name. Each is one function ``(Scorer, Options) -> Scores``."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import NotFoundError
from workbench.interpretability.reading_limit import MOST_TOKENS

from .forward import BATCH_TOKENS

if TYPE_CHECKING:
    import numpy as np

    from .scorer import Scorer


@dataclass(frozen=True)
class Options:
    """What the methods can be told; each takes what it knows.

    Attributes:
        steps: Points of a path of integration.
        samples: Draws of a method that samples; None leaves the number to it.
        window: Groups that an occlusion covers at a time.
        noise: Standard deviation of added noise, as a part of that of the embeddings.
        whole_target: One row of scores for the target as a whole, which for gradients is cheaper,
            in the place of one for each of its tokens.
        seed: Of all that is drawn.
        batch_tokens: Most tokens of one pass of the model.
        most_tokens: What would have the model read more tokens in all is refused.
    """

    steps: int = 64
    samples: int | None = None
    window: int = 3
    noise: float = 0.1
    whole_target: bool = False
    seed: int = 0
    batch_tokens: int = BATCH_TOKENS
    most_tokens: int = MOST_TOKENS


@dataclass(frozen=True)
class Scores:
    """What a method found.

    Attributes:
        by_group: Nats, float64 ``[targets, groups]``, or ``[1, groups]`` for the whole target.
        error_nats: The standard error of each, in the same shape, if it was sampled.
        steps: Points of the path that were used, or draws, where there are any.
        baseline_value: f(baseline) where it is not the scorer's ``bare``.
    """

    by_group: np.ndarray
    error_nats: np.ndarray | None = None
    steps: int | None = None
    baseline_value: float | None = None


@dataclass(frozen=True)
class Method:
    """What the core must know of a method.

    Attributes:
        where: ``module:function``, imported when it is first used.
        title: What it is called where people read it.
        complete: It promises that its scores sum to f(x) - f(baseline).
        baseline: The one it takes if none is named.
        hold_first: Whether position 0 stays unless the user says otherwise.
        seeded: It draws, unless it can do without: then it gives no ``steps``.
        replaces: It has a baseline at all; without one ``baseline`` serves the checks alone.
    """

    where: str
    title: str
    complete: bool
    baseline: str = "space"
    hold_first: bool = False
    seeded: bool = False
    replaces: bool = True


_HERE = "workbench.interpretability.attribution"
METHODS: dict[str, Method] = {
    "ablation": Method(f"{_HERE}.ablation:ablate", "Ablation", complete=False),
    "gradient_x_input": Method(
        f"{_HERE}.gradient_methods:multiply",
        "Gradient x input",
        complete=False,
        hold_first=True,
        replaces=False,
    ),
    "integrated_gradients": Method(
        f"{_HERE}.gradient_methods:integrate",
        "Integrated gradients",
        complete=True,
        baseline="mean_embedding",  # from a space, other sinks rise and fall on the way (lab log)
        hold_first=True,
    ),
    "lime": Method(f"{_HERE}.lime:explain_linearly", "LIME", complete=False, seeded=True),
    "occlusion": Method(f"{_HERE}.occlusion:occlude", "Occlusion", complete=False),
    "owen": Method(f"{_HERE}.owen_values:owen", "Owen values", complete=True, seeded=True),
    "shapley": Method(
        f"{_HERE}.shapley_values:shapley", "Shapley values", complete=True, seeded=True
    ),
    "smoothgrad": Method(
        f"{_HERE}.gradient_methods:smooth",
        "SmoothGrad",
        complete=False,
        hold_first=True,
        seeded=True,
        replaces=False,
    ),
}


def find_method(name: str) -> Method:
    """The method of that name. Raises NotFoundError with near matches."""
    if name not in METHODS:
        raise NotFoundError.among(
            "method of attribution", name, METHODS, hint="workbench interpretability methods"
        )
    return METHODS[name]


def load_method(name: str) -> Callable[[Scorer, Options], Scores]:
    """The function behind a name."""
    module, _, function = find_method(name).where.partition(":")
    found: Callable[[Scorer, Options], Scores] = getattr(importlib.import_module(module), function)
    return found
