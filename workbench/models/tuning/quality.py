"""How well a variant of a model answers: perplexity on frozen passages, agreement when greedy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.progress import Progress
from workbench.models.tuning.frozen_sets import SHA256, read_set

if TYPE_CHECKING:
    from workbench.models.model import Model

_ANSWER_TOKENS = 24
_QUICK_PASSAGES, _QUICK_PROMPTS = 4, 6


@dataclass(frozen=True)
class Quality:
    """What was measured of one variant.

    ``perplexity`` is ``exp`` of the mean nats of each passage's tokens after its first.
    ``answers`` are the first tokens' texts of greedy answers to the frozen prompts.
    """

    perplexity: float
    tokens: int
    answers: tuple[str, ...]


def sets_used(*, full: bool) -> str:
    """What a record says of the texts: two qualities are compared only on the same."""
    return f"{SHA256['passages'][:12]}+{SHA256['prompts'][:12]}{'' if full else ' quick'}"


def steps_of(*, full: bool) -> int:
    """How many steps of progress ``measure_quality`` takes."""
    passages, prompts = len(read_set("passages")), len(read_set("prompts"))
    return passages + prompts if full else _QUICK_PASSAGES + _QUICK_PROMPTS


def measure_quality(model: Model, task: Progress, *, full: bool) -> Quality:
    """Score the passages and answer the prompts."""
    passages = read_set("passages")[: None if full else _QUICK_PASSAGES]
    prompts = read_set("prompts")[: None if full else _QUICK_PROMPTS]
    nats, tokens = 0.0, 0
    for row in passages:
        first = model.detokenize(model.tokenize(row["text"])[:1])
        scores = model.score(first, row["text"].removeprefix(first))
        nats, tokens = nats - math.fsum(scores), tokens + len(scores)
        task.advance()
    answers = []
    for row in prompts:
        messages = [{"role": "user", "content": row["prompt"]}]
        answers.append(model.chat(messages, max_tokens=_ANSWER_TOKENS, temperature=0).text)
        task.advance()
    return Quality(math.exp(nats / tokens), tokens, tuple(answers))


def agreement(first: Quality, second: Quality) -> float:
    """The share of the answers' characters before the first that differs, over all answers.

    One token that falls the other way at a near tie changes all that follows: 1 is the same
    answers throughout, and .5 is no sign of a worse model by itself.
    """
    shared = sum(
        _common(one, other) for one, other in zip(first.answers, second.answers, strict=True)
    )
    longest = sum(
        max(len(one), len(other)) for one, other in zip(first.answers, second.answers, strict=True)
    )
    return shared / longest if longest else 1.0


def _common(first: str, second: str) -> int:
    for place, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return place
    return min(len(first), len(second))
