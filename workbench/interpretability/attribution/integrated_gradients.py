"""Integrated gradients: Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks"
(arXiv 1703.01365), sections 3 and 5, on the embeddings of a prompt.

The first position is held where it is: a language model parks attention there (the "attention
sink"), and a path that moves it crosses a cliff that no number of steps follows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import InputError
from workbench.core.progress import progress
from workbench.interpretability.attribution.differentiable import BATCH_TOKENS, Differentiable
from workbench.interpretability.attribution.fitted_panels import integrate_fitted
from workbench.interpretability.attribution.quadrature import quadrature

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

STEPS = 64
FITTED = "fitted"
LEAST_CHANGE = 1.0


@dataclass(frozen=True)
class PathScores:
    """``scores[i, j]``: the share of token ``j`` in the change of output ``i``, ``[m or 1, n]``.

    ``value`` and ``baseline_value`` are the sums of the outputs at the prompt and at the baseline;
    ``steps`` is how many points of the line the gradient was taken at.
    """

    scores: np.ndarray
    value: float
    baseline_value: float
    steps: int

    @property
    def gap(self) -> float:
        """How far the scores are from adding up to the change, in the outputs' unit."""
        return abs(float(self.scores.sum()) - (self.value - self.baseline_value))

    @property
    def relative_gap(self) -> float | None:
        """``gap`` as a part of the change; None of no change at all."""
        change = abs(self.value - self.baseline_value)
        return self.gap / change if change > 0 else None


def integrated_gradients(
    function: Differentiable,
    baseline: Tensor,
    *,
    steps: int = STEPS,
    rule: str = FITTED,
    hold: Sequence[int] = (0,),
    per_output: bool = True,
    least_change: float = LEAST_CHANGE,
    batch_tokens: int = BATCH_TOKENS,
) -> PathScores:
    """Follow the straight line from a baseline to the prompt and add up the gradients on it.

    Args:
        function: What is explained, with its prompt of n tokens.
        baseline: Embeddings ``[n, d]`` or ``[d]`` for every token.
        steps: How many points of the line the gradient is taken at.
        rule: ``gauss_legendre``, ``midpoint``, ``trapezoid``, or ``fitted``: the steps go where
            the outputs bend, for which the line is looked at once without gradients, and up to as
            many more go where they are seen to miss.
        hold: Positions that keep their embedding all along; their score is 0. Negative ones count
            from the end.
        per_output: Scores of each output, ``[m, n]``; else of their sum, ``[1, n]``, for the cost
            of one.
        least_change: The least |f(prompt) - f(baseline)| that is explained, in the outputs' unit.
        batch_tokens: About as many tokens of points are run at a time; bounds the memory.

    Raises:
        InputError: Nothing is left to attribute to, or the change is too small to be shared out.
    """
    import numpy as np
    import torch

    prompt = function.embed(function.ids)
    start = hold_positions(prompt, baseline, hold)
    ends = function.values(torch.stack([prompt, start])).double().sum(dim=1)
    value, baseline_value = ends.tolist()
    check_change(function, value - baseline_value, least=least_change)
    way = prompt - start
    at_once = max(1, batch_tokens // (len(prompt) + function.outputs))
    with progress("integrate gradients", total=steps, unit="steps") as task:

        def slopes(alphas: np.ndarray) -> np.ndarray:
            parts = []
            for first in range(0, len(alphas), at_once):
                some = alphas[first : first + at_once]
                parts.append(_slopes(function, start, way, some, per_output=per_output))
                done = task.done + len(some)
                task.update(done, total=max(steps, done))
            return np.concatenate(parts)

        if rule == FITTED:
            look = _along(function, start, way, at_once)
            scores, taken = integrate_fitted(look, slopes, steps)
        else:
            nodes, weights = quadrature(rule, steps)
            scores, taken = np.einsum("k,kmn->mn", weights, slopes(nodes)), steps
    return PathScores(scores, value, baseline_value, taken)


def _slopes(
    function: Differentiable, start: Tensor, way: Tensor, alphas: np.ndarray, *, per_output: bool
) -> np.ndarray:
    """The slope along the line at some of its points, by token: float64 ``[k, m or 1, n]``."""
    import torch

    points = start + torch.as_tensor(alphas).to(way)[:, None, None] * way
    _, gradients = function.gradients(points, per_output=per_output)
    by_token = [(gradient * way).sum(dim=2) for gradient in gradients]
    found: np.ndarray = torch.stack(by_token, dim=1).double().cpu().numpy()
    return found


def _along(
    function: Differentiable, start: Tensor, way: Tensor, at_once: int
) -> Callable[[np.ndarray], np.ndarray]:
    """The outputs at points of the line, without gradients: ``[k]`` to ``[k, m]``."""
    import torch

    def look(alphas: np.ndarray) -> np.ndarray:
        points = torch.as_tensor(alphas).to(way)[:, None, None]
        parts = [function.values(start + part * way) for part in points.split(at_once)]
        found: np.ndarray = torch.cat(parts).double().cpu().numpy()
        return found

    return look


def hold_positions(prompt: Tensor, baseline: Tensor, hold: Sequence[int]) -> Tensor:
    """The baseline ``[n, d]`` with the prompt's own embedding at the positions that are held.

    Raises:
        InputError: A position is not in the prompt, all of it is held, or the shapes differ.
    """
    count = len(prompt)
    if tuple(baseline.shape) not in {(count, prompt.shape[1]), (prompt.shape[1],)}:
        raise InputError(
            f"the baseline has the shape {tuple(baseline.shape)}; the prompt's embeddings have "
            f"{tuple(prompt.shape)}"
        )
    outside = [position for position in hold if not -count <= position < count]
    if outside:
        raise InputError(f"position {outside[0]} is to be held; the prompt has {count} tokens")
    start: Tensor = baseline.to(prompt).expand_as(prompt).clone()
    held = sorted({position % count for position in hold})
    start[held] = prompt[held]
    if len(held) == count:
        raise InputError(
            f"all {count} tokens of the prompt are held, so none is left to attribute to",
            hint="a longer prompt; the first token is held unless hold=() says otherwise",
        )
    return start


def check_change(function: Differentiable, change: float, *, least: float) -> None:
    """Refuse a change that is too small: its shares would be made of rounding and curvature.

    Raises:
        InputError: It is, with the reason.
    """
    if abs(change) < least:
        raise InputError(
            f"the target changes by {change:+.3f} {function.unit} from the baseline to the prompt, "
            f"and integrated gradients share out no less than {least:g}: their sum would say "
            "little of any token",
            hint="another baseline, a longer target, or method='ablation'",
            change=change,
            least=least,
        )
