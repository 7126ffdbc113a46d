"""An answer of a model, with what it cost."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.viewers import Viewable
from workbench.models.protocol import TokenLogprob


@dataclass(frozen=True)
class Reply(Viewable):
    """What a model answered.

    ``tokens_per_s`` is the decode rate: tokens after the first over the time after the first;
    None for an answer of one token. ``seed`` is the one that was used, drawn if none was given.
    ``cached_tokens`` of the prompt were known from before and not read again. ``stop_text`` is the
    one that ended the answer, if one did.
    """

    text: str
    model: str
    engine: str
    prompt_tokens: int
    completion_tokens: int
    tokens_per_s: float | None
    finish_reason: str
    seed: int
    duration_s: float
    time_to_first_token_s: float
    logprobs: tuple[TokenLogprob, ...] = ()
    cached_tokens: int = 0
    stop_text: str | None = None
