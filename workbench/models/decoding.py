"""How the next token is chosen from the logits: one meaning of ``Sampling`` for every engine.

The order is llama.cpp's: repeat penalty, top-k, top-p, min-p, temperature.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from workbench.core.errors import InputError
from workbench.models.protocol import Sampling, TokenLogprob

if TYPE_CHECKING:
    import numpy as np

PENALTY_TOKENS = 64  # llama.cpp looks this far back for repeats


class Sampler:
    """Chooses tokens for one request; its seed alone decides what it draws.

    Args:
        sampling: What was asked for.
    """

    def __init__(self, sampling: Sampling) -> None:
        import numpy as np

        self.sampling = sampling
        self.seed = draw_seed(sampling)
        self._random = np.random.Generator(np.random.PCG64(self.seed))

    def choose(self, logits: np.ndarray, before: Sequence[int]) -> int:
        """The next token.

        Args:
            logits: Shape ``[vocabulary]``, float32; minus infinity where a token is not allowed.
            before: All ids before it, of which the last 64 count for the repeat penalty.
        """
        import numpy as np

        logits = penalise_repeats(logits, before, self.sampling.repeat_penalty)
        if self.sampling.temperature <= 0 or self.sampling.top_k == 1:
            return int(np.argmax(logits))
        ids, probabilities = filter_candidates(logits, self.sampling)
        place = np.searchsorted(np.cumsum(probabilities), self._random.random(), side="right")
        return int(ids[min(int(place), len(ids) - 1)])


def draw_seed(sampling: Sampling) -> int:
    """The request's seed, or a new one if it names none."""
    return secrets.randbits(32) if sampling.seed is None else int(sampling.seed) % 2**63


def penalise_repeats(logits: np.ndarray, before: Sequence[int], penalty: float) -> np.ndarray:
    """Make tokens that came among the last 64 less likely, each once (CTRL, arXiv:1909.05858, 4.1).

    Args:
        logits: Shape ``[vocabulary]``.
        before: All ids so far.
        penalty: Divides a positive logit and multiplies another; 1 leaves all as they are.

    Returns:
        The same array if nothing changes, else a new one.

    Raises:
        InputError: The penalty is not above 0.
    """
    import numpy as np

    if penalty <= 0:
        raise InputError(f"repeat_penalty is {penalty!r}; it must be above 0 (1 is off)")
    if penalty == 1.0 or not before:
        return logits
    recent = np.unique(np.asarray(before[-PENALTY_TOKENS:]))
    found = logits[recent]
    logits = logits.copy()
    logits[recent] = np.where(found > 0, found / penalty, found * penalty)
    return logits


def filter_candidates(logits: np.ndarray, sampling: Sampling) -> tuple[np.ndarray, np.ndarray]:
    """The tokens that may be drawn and how likely each is.

    Args:
        logits: Shape ``[vocabulary]``.
        sampling: ``temperature`` above 0.

    Returns:
        Ids, the likeliest first, and their probabilities, which sum to 1 (float64).
    """
    import numpy as np

    ids = _sort_likeliest(logits, sampling.top_k)
    kept = logits[ids].astype(np.float64)
    if sampling.top_p < 1.0:
        cumulative = np.cumsum(_softmax(kept))
        # The token that reaches top_p still belongs to those that are kept.
        kept = kept[: int(np.searchsorted(cumulative, sampling.top_p)) + 1]
    if sampling.min_p > 0.0:
        kept = kept[kept >= kept[0] + np.log(sampling.min_p)]
    return ids[: len(kept)], _softmax(kept / sampling.temperature)


def _sort_likeliest(logits: np.ndarray, top_k: int) -> np.ndarray:
    import numpy as np

    if 0 < top_k < len(logits):
        ids = np.argpartition(logits, -top_k)[-top_k:]
    else:
        ids = np.arange(len(logits))
    ids = ids[np.argsort(-logits[ids], kind="stable")]
    allowed = int(np.isfinite(logits[ids]).sum())
    return ids[: max(1, allowed)]


def _softmax(numbers: np.ndarray) -> np.ndarray:
    import numpy as np

    weights = np.exp(numbers - numbers[0])  # the first is the largest
    return weights / weights.sum()


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Natural log-probabilities along the last axis, float64, in the shape of ``logits``."""
    import numpy as np

    numbers = logits.astype(np.float64)
    numbers -= numbers.max(axis=-1, keepdims=True)
    return numbers - np.log(np.exp(numbers).sum(axis=-1, keepdims=True))


def describe_logprob(
    logits: np.ndarray, token_id: int, count: int, text_of: Callable[[int], str]
) -> TokenLogprob:
    """A token's log-probability under the model itself, with the likeliest others.

    Args:
        logits: Shape ``[vocabulary]``, before any filter, penalty or constraint.
        token_id: The token that was chosen.
        count: How many alternatives to name.
        text_of: Gives a token's text.
    """
    import numpy as np

    logprobs = log_softmax(logits)
    top: list[tuple[str, float]] = []
    if count := min(count, len(logprobs)):
        best = np.argpartition(logprobs, -count)[-count:]
        best = best[np.argsort(-logprobs[best], kind="stable")]
        top = [(text_of(int(one)), float(logprobs[one])) for one in best]
    return TokenLogprob(token_id, text_of(token_id), float(logprobs[token_id]), tuple(top))
