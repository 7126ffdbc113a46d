"""The questions by which an ensemble draws its answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.models.virtual import Messages, Question


def questions_for(
    members: tuple[str, ...],
    messages: Messages,
    sampling: Mapping[str, Any],
    *,
    samples: int,
    temperature: float,
) -> tuple[Question, ...]:
    """Each member's questions, ``samples`` a member, with log-probabilities.

    Several answers of one member are drawn at ``temperature`` unless the caller asked for another
    above 0: at 0 they would all be the same. With a seed, each is drawn from one of its own.
    """
    questions = []
    for member in members:
        for sample in range(samples):
            chosen = {**sampling, "logprobs": sampling.get("logprobs") or 0}
            if samples > 1 and not chosen.get("temperature"):
                chosen["temperature"] = temperature
            if chosen.get("seed") is not None:
                chosen["seed"] = (int(chosen["seed"]) + sample) % 2**31
            questions.append(Question(member, messages, chosen))
    return tuple(questions)


def most_tokens_of(questions: int, prompt_tokens: int, answer_tokens: int) -> tuple[int, int]:
    """What so many questions with the caller's own prompt need at most."""
    return questions * prompt_tokens, questions * answer_tokens
