"""Which texts was a language model taught? By their loss, and by their least likely tokens.

Shi and others (2024), "Detecting pretraining data from large language models", arXiv:2310.16789:
a text that was not learnt has a few tokens that surprise the model; the mean log-probability of the
k% least likely ones tells more than the mean of all (Yeom and others (2018), arXiv:1709.01604).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import InputError
from workbench.core.viewers import Viewable

from .answer_scoring import Request, Scoring

if TYPE_CHECKING:
    import numpy as np

SHARE = 0.2  # of the tokens: the paper's best
_LEAST = 10  # texts of a kind


@dataclass(frozen=True)
class TextAttack:
    """How well one way tells members.

    ``auc`` is the probability that a member has the higher score, .5 is guessing, ``low`` and
    ``high`` its 95% interval. ``advantage`` is hits less false alarms at a threshold that was
    chosen on the other half of the texts. ``hits_at_1_percent`` is the share of members found
    where one other in a hundred is taken for one (None with fewer than 100 others).
    """

    method: str
    auc: float
    low: float
    high: float
    advantage: float
    hits_at_1_percent: float | None


@dataclass(frozen=True)
class TextMembership(Viewable):
    """Attacks on a model with texts that it was taught and texts that it was not.

    ``told`` is whether any way's interval lies above .5 (for the number of ways, corrected)."""

    model: str
    reference: str | None
    members: int
    others: int
    attacks: tuple[TextAttack, ...]
    told: bool


def min_k(logprobs: np.ndarray, share: float = SHARE) -> float:
    """The mean of the least ``share`` of a text's log-probabilities, of one token at least."""
    import numpy as np

    count = max(1, math.floor(share * len(logprobs)))
    return float(np.sort(logprobs)[:count].mean())


def attack_texts(
    scoring: Scoring,
    members: Sequence[Request],
    others: Sequence[Request],
    *,
    model: str = "",
    reference: Sequence[np.ndarray] | None = None,
    reference_name: str | None = None,
    share: float = SHARE,
) -> TextMembership:
    """Tell texts that a model was taught from others of their kind.

    Args:
        scoring: Of the model.
        members: It was taught these.
        others: It was not, and they are of the same kind: else the attack tells the kinds apart.
        model: What it is called.
        reference: The log-probabilities of members and others by a model that was taught neither,
            such as the base: what it finds likely anyhow is taken off.
        reference_name: What that is called.
        share: Of the tokens that Min-K% looks at.

    Raises:
        InputError: There are too few texts to say anything.
    """
    check_texts(members, others)
    if not 0 < share <= 1:
        raise InputError(f"share is {share}, which must be above 0, up to 1")
    texts = [*members, *others]
    found = scoring(texts)
    scores = {
        "loss": [float(each.mean()) for each in found],
        f"Min-{100 * share:g}%": [min_k(each, share) for each in found],
    }
    if reference is not None:
        scores["loss against reference"] = [
            float(now.mean() - then.mean()) for now, then in zip(found, reference, strict=True)
        ]
    attacks = tuple(judge_texts(name, each, len(members)) for name, each in scores.items())
    wider = _quantile(0.025 / len(attacks)) / _quantile(0.025)
    told = any(each.auc - wider * (each.auc - each.low) > 0.5 for each in attacks)
    return TextMembership(model, reference_name, len(members), len(others), attacks, told)


def check_texts(members: Sequence[Request], others: Sequence[Request]) -> None:
    """Raise InputError where there are too few to say anything."""
    if min(len(members), len(others)) < _LEAST:
        raise InputError(
            f"{len(members)} members and {len(others)} others: from {_LEAST} of each on something "
            "can be said"
        )


def judge_texts(method: str, scores: Sequence[float], members: int) -> TextAttack:
    """What scores are worth; the first ``members`` are of members."""
    import numpy as np

    inside, outside = np.asarray(scores[:members]), np.asarray(scores[members:])
    auc, spread = _auc(inside, outside)
    off = _quantile(0.025) * spread
    hits = None
    if len(outside) >= 100:
        hits = float((inside > np.quantile(outside, 0.99)).mean())
    advantage = np.mean(
        [
            _advantage(inside[half::2], outside[half::2], inside[1 - half :: 2],
                       outside[1 - half :: 2])
            for half in (0, 1)
        ]
    )  # fmt: skip
    return TextAttack(method, auc, max(0.0, auc - off), min(1.0, auc + off), float(advantage), hits)


def _auc(inside: np.ndarray, outside: np.ndarray) -> tuple[float, float]:
    """The area under the curve and its standard error (DeLong and others, 1988).

    Where it is 0 or 1 that error is 0; then Hanley and McNeil's of half a pair off stands in.
    """
    import numpy as np

    above = (inside[:, None] > outside).astype(float) + 0.5 * (inside[:, None] == outside)
    auc = float(above.mean())
    variance = above.mean(axis=1).var(ddof=1) / len(inside)
    variance += above.mean(axis=0).var(ddof=1) / len(outside)
    if variance == 0:
        edge = 0.5 / min(len(inside), len(outside))
        variance = edge * (1 - edge) / min(len(inside), len(outside))
    return auc, float(np.sqrt(variance))


def _advantage(
    inside: np.ndarray, outside: np.ndarray, asked_in: np.ndarray, asked_out: np.ndarray
) -> float:
    """Hits less false alarms of the second pair, at the threshold that is best for the first."""
    import numpy as np

    cuts = np.concatenate([[-np.inf], np.sort(np.concatenate([inside, outside]))])
    gains = [(inside > cut).mean() - (outside > cut).mean() for cut in cuts]
    cut = cuts[int(np.argmax(gains))]
    return float((asked_in > cut).mean() - (asked_out > cut).mean())


def _quantile(tail: float) -> float:
    from scipy.stats import norm

    return float(norm.isf(tail))
