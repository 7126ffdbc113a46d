"""Best of n answers, by what their models thought of them.

The score is the mean log-probability of an answer's tokens, which does not favour short answers as
their sum would (Y. Wu and others, Google's Neural Machine Translation System, 2016, section 7, on
normalising by length). It says how sure a model is, not whether it is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.models.ensembles.agreement import confidence
from workbench.models.ensembles.drawing import most_tokens_of, questions_for
from workbench.models.virtual import Deliberation, Messages, Outcome, need_replies


@dataclass(frozen=True)
class BestOf:
    """The answer that its model was surest of, of ``samples`` a member."""

    name: str
    members: tuple[str, ...]
    samples: int = 4
    temperature: float = 0.7

    def deliberate(self, messages: Messages, sampling: Mapping[str, Any]) -> Deliberation:
        """See ``VirtualModel.deliberate``."""
        answers = yield questions_for(
            self.members, messages, sampling, samples=self.samples, temperature=self.temperature
        )
        replies = need_replies(self.name, answers)
        scores = [confidence(reply) or 0.0 for reply in replies]
        place = max(range(len(replies)), key=lambda each: (scores[each], -each))
        told = ", ".join(f"{score:.2f}" for score in sorted(scores, reverse=True))
        return Outcome(replies[place], f"surest of {len(replies)}: {told}")

    def most_tokens(self, prompt_tokens: int, answer_tokens: int) -> tuple[int, int]:
        """See ``VirtualModel.most_tokens``."""
        return most_tokens_of(len(self.members) * self.samples, prompt_tokens, answer_tokens)
