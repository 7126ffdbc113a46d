"""``Sampling`` in MLX's own operations, so that a step need not wait for the one before.

The meaning is that of ``decoding``; only the random numbers are MLX's.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.models.constraint import Constraint
from workbench.models.decoding import PENALTY_TOKENS, draw_seed
from workbench.models.protocol import Sampling

if TYPE_CHECKING:
    import mlx.core as mx

# Both are called with shapes [n] (all ids so far) and [1, vocabulary], or the latter alone.
LogitsStep = Callable[["mx.array", "mx.array"], "mx.array"]
TokenChoice = Callable[["mx.array"], "mx.array"]


def make_choice(sampling: Sampling) -> TokenChoice:
    """A function from logits ``[1, vocabulary]`` to a token ``[1]``; its seed alone decides."""
    import mlx.core as mx

    if sampling.temperature <= 0 or sampling.top_k == 1:
        return lambda logits: mx.argmax(logits, axis=-1)
    key = mx.random.key(draw_seed(sampling))

    def choose(logits: mx.array) -> mx.array:
        nonlocal key
        key, now = mx.random.split(key)
        ids, kept = filter_candidates(logits, sampling)
        place = mx.random.categorical(kept / sampling.temperature, key=now)
        return mx.take_along_axis(ids, place[..., None], axis=-1)[..., 0]

    return choose


def filter_candidates(logits: mx.array, sampling: Sampling) -> tuple[mx.array, mx.array]:
    """The tokens that may be drawn, the likeliest first, and their logits before the temperature.

    Args:
        logits: Shape ``[1, vocabulary]``.
        sampling: What was asked for.

    Returns:
        Ids and logits, both ``[1, k]``; minus infinity for those that a filter took out.
    """
    import mlx.core as mx

    logits = logits.astype(mx.float32)
    if 0 < sampling.top_k < logits.shape[-1]:
        ids = mx.argpartition(-logits, sampling.top_k - 1, axis=-1)[..., : sampling.top_k]
        some = mx.take_along_axis(logits, ids, axis=-1)
        ids = mx.take_along_axis(ids, mx.argsort(-some, axis=-1), axis=-1)
    else:
        ids = mx.argsort(-logits, axis=-1)
    kept = mx.take_along_axis(logits, ids, axis=-1)
    nothing = mx.array(-math.inf, mx.float32)
    if sampling.top_p < 1.0:
        probabilities = mx.softmax(kept, axis=-1)
        before = mx.cumsum(probabilities, axis=-1) - probabilities
        first = mx.arange(kept.shape[-1]) == 0
        kept = mx.where((before < sampling.top_p) | first, kept, nothing)
    if sampling.min_p > 0.0:
        kept = mx.where(kept >= kept[..., :1] + math.log(sampling.min_p), kept, nothing)
    return ids, kept


def make_penalty(penalty: float) -> LogitsStep:
    """The repeat penalty of ``decoding.penalise_repeats``.

    Raises:
        InputError: The penalty is not above 0.
    """
    import mlx.core as mx

    if penalty <= 0:
        raise InputError(f"repeat_penalty is {penalty!r}; it must be above 0 (1 is off)")

    def penalise(ids: mx.array, logits: mx.array) -> mx.array:
        recent = ids[-PENALTY_TOKENS:][None]
        found = mx.take_along_axis(logits, recent, axis=-1)
        changed = mx.where(found > 0, found / penalty, found * penalty)
        # The same token twice gets the same value twice, so the order of writing is no matter.
        return mx.put_along_axis(logits, recent, changed, axis=-1)

    return penalise


def make_mask(constraint: Constraint, *, prompt_tokens: int) -> LogitsStep:
    """A step that allows only what the schema allows; it waits for the token before."""
    import mlx.core as mx

    def mask(ids: mx.array, logits: mx.array) -> mx.array:
        if len(ids) > prompt_tokens:
            last: Any = ids[-1].item()
            constraint.accept(last)
        if constraint.complete:  # this step was begun ahead, and no one will look at it
            return logits
        allowed = mx.array(constraint.allowed())[None]
        return mx.where(allowed, logits, mx.array(-math.inf, logits.dtype))

    return mask


class LogitsRecord:
    """Keeps each step's logits before any filter, until the step's token is given out."""

    def __init__(self) -> None:
        self._steps: deque[mx.array] = deque()

    def __call__(self, ids: mx.array, logits: mx.array) -> mx.array:
        """Note the logits and hand them on unchanged."""
        self._steps.append(logits)
        return logits

    def pop(self) -> mx.array:
        """The logits of the oldest step that was not asked for yet: ``[1, vocabulary]``."""
        return self._steps.popleft()
