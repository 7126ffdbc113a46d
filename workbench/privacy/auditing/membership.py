"""Who was learnt from? Membership inference by likelihood ratios, with shadow models.

Carlini and others (2022), "Membership inference attacks from first principles" (LiRA),
arXiv:2112.03570: of each row, how sure models are that have learnt from it and models that have
not; a target is asked which of the two it is like. Each model is the target once, with all others
as its shadows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import InputError
from workbench.core.progress import track
from workbench.core.seeds import derive_seed
from workbench.core.torch_threads import torch_threads
from workbench.core.viewers import Viewable

if TYPE_CHECKING:
    import numpy as np
    import torch

    from workbench.privacy.dp.task import ClassifierTask

_RAREST = 0.01
_STEPS = 30
_SHADOWS = 3  # on either side of a row, or nothing can be said of it


@dataclass(frozen=True)
class MembershipAttack(Viewable):
    """How well an attacker tells the rows that a model has learnt from.

    ``advantage`` is hits less false alarms at the ratio 1, chosen before anything is seen: 0 is
    guessing, 1 knowing; ``low`` and ``high`` its 95% interval over the targets.
    ``hits_at_1_percent`` is the share found where one false alarm in a hundred is let through.
    ``accuracy`` is the models' on rows that none of them learnt from; ``epsilon`` None means
    without any privacy.
    """

    epsilon: float | None
    advantage: float
    low: float
    high: float
    hits_at_1_percent: float
    accuracy: float
    models: int
    rows: int


def ratios(sureness: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Of each model and row, how much likelier the model is one that learnt from the row, in nats.

    Args:
        sureness: Logits of the true class' probability, ``[models, rows]``.
        inside: Whether the model learnt from the row, ``[models, rows]``.

    Returns:
        ``[models, rows]``; NaN where a row has too few shadows on one side.
    """
    import numpy as np

    if sureness.shape != inside.shape or sureness.ndim != 2:
        raise InputError(f"sureness is {sureness.shape} and inside {inside.shape}")
    found = np.full(sureness.shape, np.nan)
    for target in range(len(sureness)):
        others = np.arange(len(sureness)) != target
        sure, member = sureness[others], inside[others]
        sides = []
        for side in (member, ~member):
            count = side.sum(axis=0)
            mean = np.where(side, sure, 0).sum(axis=0) / np.maximum(count, 1)
            # One spread for all rows: few shadows do not tell a row's own.
            spread = np.sqrt(np.mean((sure - mean)[side] ** 2)) + 1e-9
            off = (sureness[target] - mean) / spread
            sides.append((count, -(off**2) / 2 - math.log(spread)))
        enough = np.minimum(sides[0][0], sides[1][0]) >= _SHADOWS
        found[target, enough] = (sides[0][1] - sides[1][1])[enough]
    return found


def judge(
    told: np.ndarray, inside: np.ndarray, *, epsilon: float | None, accuracy: float
) -> MembershipAttack:
    """What ratios are worth, against the truth.

    Raises:
        InputError: There are too few rows that shadows say something of.
    """
    import numpy as np

    each = []
    for ratio, member in zip(told, inside, strict=True):
        known = ~np.isnan(ratio)
        if not (known & member).any() or not (known & ~member).any():
            raise InputError(
                "of a model no row is known on both sides by enough shadows: nothing can be said",
                hint="more models, or more rows",
            )
        guess = ratio[known] > 0
        each.append(guess[member[known]].mean() - guess[~member[known]].mean())
    off = 1.96 * float(np.std(each, ddof=1)) / math.sqrt(len(each))
    known = ~np.isnan(told)
    cut = np.quantile(told[known & ~inside], 1 - _RAREST)
    return MembershipAttack(
        epsilon, float(np.mean(each)), float(np.mean(each)) - off, float(np.mean(each)) + off,
        float((told[known & inside] > cut).mean()), accuracy, len(told), told.shape[1],
    )  # fmt: skip


def attack_digits(
    task: ClassifierTask,
    *,
    epsilon: float | None,
    delta: float = 1e-5,
    models: int = 32,
    rows: int = 400,
    seed: int = 0,
) -> MembershipAttack:
    """Attack classifiers of digits, each taught half of the rows by coins.

    Args:
        task: The digits.
        epsilon: Of the private models; None fits them until they know their rows by heart.
        delta: Of the epsilon.
        models: How many, each a target and a shadow.
        rows: From which each learns about half.
        seed: Of everything.

    Raises:
        InputError: There are too few models to say anything, or more rows than the task has.
    """
    import numpy as np

    if models < 8:
        raise InputError(f"{models} models are too few for shadows", hint="16 or more")
    if not 20 <= rows <= len(task.train_y):
        raise InputError(f"rows is {rows}; it must be from 20 to {len(task.train_y)}")
    random = np.random.default_rng(derive_seed(seed, "members"))
    inside = random.random((models, rows)) < 0.5
    sure, right = np.zeros((models, rows)), []
    chosen = random.permutation(len(task.train_y))[:rows]
    noise = None if epsilon is None else _find_noise(epsilon, delta)
    features, labels = task.train_x[chosen], task.train_y[chosen]
    for number in track(range(models), "shadow models", unit="models"):
        member = inside[number]
        with torch_threads(1):
            weights = _teach(
                features[member], labels[member], epsilon=epsilon, delta=delta,
                noise_multiplier=noise, seed=derive_seed(seed, "model", number),
            )  # fmt: skip
        sure[number] = _sureness(features @ weights, labels)
        right.append(float(((task.test_x @ weights).argmax(axis=1) == task.test_y).mean()))
    return judge(ratios(sure, inside), inside, epsilon=epsilon, accuracy=float(np.mean(right)))


def _find_noise(epsilon: float, delta: float) -> float:
    """The noise for a half of the rows a step. One of an odd number of rows takes a little less
    than half, and loses a little less: a search for each number of rows would cost more than the
    models."""
    from workbench.privacy.dp.calibration import find_noise_multiplier

    return find_noise_multiplier(epsilon=epsilon, delta=delta, sampling_rate=0.5, steps=_STEPS)


def _teach(
    features: np.ndarray,
    labels: np.ndarray,
    *,
    epsilon: float | None,
    delta: float,
    noise_multiplier: float | None,
    seed: int,
) -> np.ndarray:
    """The weights ``[features, classes]`` of a linear classifier."""
    import numpy as np
    import torch

    from workbench.privacy.dp.digits import CLASSES
    from workbench.privacy.dp.make_private import make_private
    from workbench.privacy.dp.training import CLIP_NORM, choose_rate

    model = torch.nn.Linear(features.shape[1], CLASSES, bias=False)
    torch.nn.init.zeros_(model.weight)
    rows = torch.utils.data.TensorDataset(torch.from_numpy(features), torch.from_numpy(labels))
    if epsilon is None:
        optimizer: torch.optim.Optimizer = torch.optim.Adam(model.parameters(), lr=0.3)
        for _ in range(200):
            optimizer.zero_grad()
            given, wanted = rows.tensors
            torch.nn.functional.cross_entropy(model(given), wanted).backward()
            optimizer.step()
    else:
        optimizer = torch.optim.SGD(model.parameters(), lr=choose_rate(epsilon))
        private = make_private(
            model, optimizer, torch.utils.data.DataLoader(rows, batch_size=len(rows) // 2),
            noise_multiplier=noise_multiplier, delta=delta, steps=_STEPS, clipping=CLIP_NORM,
            seed=seed, mode="linear", losses=_losses,
        )  # fmt: skip
        for _ in private.run():
            pass
        private.close()
    return np.asarray(model.weight.detach().numpy().T)


def _losses(model: torch.nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    import torch

    return torch.nn.functional.cross_entropy(model(batch[0]), batch[1], reduction="none")


def _sureness(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The logit of the true class' probability, which is nearly Gaussian over models."""
    import numpy as np

    rows = np.arange(len(labels))
    true = logits[rows, labels]
    rest = logits.copy()
    rest[rows, labels] = -np.inf
    most = rest.max(axis=1)
    others = most + np.log(np.exp(rest - most[:, None]).sum(axis=1))
    return np.asarray(true - others)
