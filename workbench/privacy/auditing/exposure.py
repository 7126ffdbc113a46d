"""How well a language model knows a planted secret: its exposure in bits.

Carlini and others (2019), "The secret sharer", arXiv:1802.08232, definition 2: of all secrets of
the same form, how many does the model find likelier than the one that was planted? Exposure is log2
of their number less log2 of its rank. Here the rank is among a sample of the form, so that no more
than log2 of the sample can be shown.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import InputError
from workbench.core.seeds import derive_seed
from workbench.core.viewers import Viewable

from .answer_scoring import Request, Scoring
from .planted import Canary

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class CanaryExposure:
    """One secret: its rank among candidates, 1 is the likeliest, and the exposure in bits."""

    prompt: str
    planted: bool
    rank: int
    exposure_bits: float


@dataclass(frozen=True)
class Exposure(Viewable):
    """What a model knows of secrets.

    Attributes:
        model: Which was asked.
        candidates: So many secrets of the same form stood beside each.
        most_bits: What can be shown at most; the likeliest of all has it.
        chance_bits: What a model that knows nothing has in the mean.
        planted_bits: The mean over the planted ones.
        control_bits: The mean over those that were not planted; None if there are none.
        first: How many of the planted ones were the likeliest of all.
        p_value: How often a model that knows nothing would rank the planted ones so high. Their
            secrets were drawn as the candidates, so their ranks would be uniform (Fisher's
            combination, which for ranks is a little too large, never too small).
        learnt: Whether that is under 1 in 100.
        canaries: Each of them.
    """

    model: str
    candidates: int
    most_bits: float
    chance_bits: float
    planted_bits: float
    control_bits: float | None
    first: int
    p_value: float
    learnt: bool
    canaries: tuple[CanaryExposure, ...]


def measure_exposure(
    scoring: Scoring,
    canaries: Sequence[Canary],
    *,
    model: str = "",
    candidates: int = 200,
    seed: int = 0,
) -> Exposure:
    """Rank each canary's secret among others of its form.

    Args:
        scoring: Of the model.
        canaries: Some of them planted in what it learnt from.
        model: What it is called.
        candidates: Beside each secret.
        seed: Of the candidates.

    Raises:
        InputError: None was planted, or the form has not so many secrets.
    """
    if not any(each.planted for each in canaries):
        raise InputError("no canary was planted: there is nothing to find", hint='"planted": true')
    drawn = [
        _draw(each, candidates, random.Random(derive_seed(seed, "candidates", number)))
        for number, each in enumerate(canaries)
    ]
    requests = [
        _request(canary, secret)
        for canary, others in zip(canaries, drawn, strict=True)
        for secret in (canary.secret, *others)
    ]
    told = [float(each.sum()) for each in scoring(requests)]
    found = []
    for number, canary in enumerate(canaries):
        own, *others = told[number * (candidates + 1) : (number + 1) * (candidates + 1)]
        rank = 1 + sum(each >= own for each in others)
        bits = math.log2(candidates + 1) - math.log2(rank)
        found.append(CanaryExposure(canary.prompt, canary.planted, rank, bits))
    return conclude(found, candidates=candidates, model=model)


def conclude(found: Sequence[CanaryExposure], *, candidates: int, model: str) -> Exposure:
    """What the ranks come to."""
    import numpy as np
    from scipy.stats import chi2

    size = candidates + 1
    planted = [each for each in found if each.planted]
    control = [each.exposure_bits for each in found if not each.planted]
    ranks: np.ndarray = np.array([each.rank for each in planted])
    p_value = float(chi2.sf(-2 * np.log(ranks / size).sum(), 2 * len(ranks)))
    return Exposure(
        model=model,
        candidates=candidates,
        most_bits=math.log2(size),
        chance_bits=float(math.log2(size) - np.log2(np.arange(1, size + 1)).mean()),
        planted_bits=float(np.mean([each.exposure_bits for each in planted])),
        control_bits=float(np.mean(control)) if control else None,
        first=int((ranks == 1).sum()),
        p_value=p_value,
        learnt=p_value < 0.01,
        canaries=tuple(found),
    )


def _draw(canary: Canary, count: int, source: random.Random) -> list[str]:
    """``count`` different secrets of the form, none of them the canary's."""
    space = 10 ** sum(letter.isdigit() for letter in canary.secret)
    if count < 1 or count > space // 2:
        raise InputError(
            f"{count} candidates for {canary.secret!r}, a form of {space:,} secrets",
            hint=f"candidates=1 to {space // 2}",
        )
    found: dict[str, None] = {}
    while len(found) < count:
        secret = canary.draw(source)
        if secret != canary.secret:
            found[secret] = None
    return list(found)


def _request(canary: Canary, secret: str) -> Request:
    """The answer as far as the secret is given, so that only the secret is scored."""
    asked = [{"role": "user", "content": canary.prompt}]
    before = canary.answer[: canary.answer.index(canary.secret)]
    gap = before[len(canary.begun) :]
    if not canary.begun:
        return asked, f"{gap}{secret}"
    return [*asked, {"role": "assistant", "content": canary.begun}], f"{gap}{secret}"
