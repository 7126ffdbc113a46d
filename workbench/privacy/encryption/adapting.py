"""Teaching a network to live with polynomials: its weights go on learning behind them.

A ReLU network in which quadratics are put gives other scores; a few epochs in which it is held to
the scores of the network as it was trained (Hinton and others, 2015, arXiv:1503.02531, on logits),
on the same rows and on mixtures of two (Zhang and others, 2018, arXiv:1710.09412), bring most of
that back. What comes out is another model: it is what is deployed, and what the encrypted answers
are compared with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.progress import track

from .networks import Dense, Network
from .polynomials import PolynomialNetwork, with_weights

if TYPE_CHECKING:
    import numpy as np

_BATCH = 64
_LEARNING_RATE = 2e-3
_MOST_MIXED = 0.3
_ALIKE = 10.0
_MOST_GRADIENT = 1.0
_MOST_ROWS = 4000


def adapt_weights(
    network: PolynomialNetwork,
    rows: np.ndarray,
    *,
    teacher: Network,
    epochs: int = 16,
    seed: int = 0,
) -> PolynomialNetwork:
    """Train the weights further with the polynomials in place.

    The loss is Huber's of the distance to the teacher's scores, in their standard deviations, and a
    price on inputs of a polynomial outside of its range. No labels are needed. If it leads nowhere
    nearer to the teacher, the network is given back as it was.

    Args:
        network: What ``fit_polynomials`` gave.
        rows: ``[n, features]``, those it was trained on.
        teacher: The network as it was trained.
        epochs: How often the rows are gone through, each as it is and once mixed; at most 4,000 of
            them, drawn anew.
        seed: Of the order and the mixtures.

    Raises:
        CancelledError: The run was cancelled.
    """
    import numpy as np
    import torch
    from torch.nn.functional import huber_loss

    scale = _column_scale(rows)
    first, *others = (layer.dense for layer in network.layers)
    weights = [_parameters(each) for each in (Dense(first.weight * scale, first.bias), *others)]
    parameters = [each for pair in weights for each in pair]
    optimizer = torch.optim.Adam(parameters, lr=_LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    rng = np.random.default_rng(seed)
    spread = max(float(teacher.scores(rows).std()), 1e-6)
    for _ in track(range(epochs), "teaching the weights to live with polynomials", unit="epochs"):
        some = rows[rng.permutation(len(rows))[:_MOST_ROWS]]
        seen = np.concatenate([some, _mixed(some, rng)])
        seen = seen[rng.permutation(len(seen))]
        x = torch.tensor(seen / scale, dtype=torch.float32)
        wanted = torch.tensor(teacher.scores(seen), dtype=torch.float32)
        for start in range(0, len(x), _BATCH):
            part = slice(start, start + _BATCH)
            scores, outside = _forward(network, weights, x[part])
            loss = huber_loss(scores / spread, wanted[part] / spread) + outside
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, _MOST_GRADIENT)
            optimizer.step()
        schedule.step()
    learnt = [
        Dense(weight.detach().double().numpy(), bias.detach().double().numpy())
        for weight, bias in weights
    ]
    learnt[0] = Dense(learnt[0].weight / scale, learnt[0].bias)
    made = with_weights(network, learnt, np.asarray(rows, dtype=np.float64))
    return min(network, made, key=lambda each: _distance(each, teacher, rows))


def _distance(network: PolynomialNetwork, teacher: Network, rows: np.ndarray) -> float:
    """The mean absolute distance of the scores."""
    import numpy as np

    return float(np.abs(network.scores(rows) - teacher.scores(rows)).mean())


def _mixed(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each row with a little of another."""
    share = rng.uniform(0.0, _MOST_MIXED, size=(len(rows), 1))
    mixed: np.ndarray = (1.0 - share) * rows + share * rows[rng.permutation(len(rows))]
    return mixed


def _column_scale(rows: np.ndarray) -> np.ndarray:
    """What columns are divided by where they are of very different sizes; otherwise 1."""
    import numpy as np

    spread = rows.std(axis=0)
    alike = spread.max() <= _ALIKE * np.median(spread)
    return np.ones(len(spread)) if alike else np.where(spread > 0, spread, 1.0)


def _parameters(dense: Dense) -> tuple[Any, Any]:
    import torch

    return (
        torch.tensor(dense.weight, dtype=torch.float32, requires_grad=True),
        torch.tensor(dense.bias, dtype=torch.float32, requires_grad=True),
    )


def _forward(network: PolynomialNetwork, weights: list[tuple[Any, Any]], x: Any) -> tuple[Any, Any]:
    """Scores, and how far inputs of polynomials lie outside, as a mean square."""
    import torch

    outside = torch.zeros(())
    for layer, (weight, bias) in zip(network.layers, weights, strict=True):
        x = x @ weight.T + bias
        if layer.ranges is None or layer.coefficients is None:
            continue
        t = x / torch.tensor(layer.ranges, dtype=torch.float32)
        outside = outside + torch.relu(t.abs() - 1.0).square().mean()
        coefficients = torch.tensor(layer.coefficients, dtype=torch.float32)
        x = torch.zeros_like(t)
        for power in range(coefficients.shape[1] - 1, -1, -1):
            x = x * t + coefficients[:, power]
    return x, outside
