"""Majority vote over several answers.

X. Wang and others, Self-Consistency Improves Chain of Thought Reasoning in Language Models, 2022,
sections 2 and 3.1: several answers are drawn, and the one that most of them give is taken. Here
the answers may also come from different models.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.models.ensembles.agreement import confidence, find_medoid, normal_form
from workbench.models.ensembles.drawing import most_tokens_of, questions_for
from workbench.models.reply import Reply
from workbench.models.virtual import Deliberation, Messages, Outcome, need_replies


@dataclass(frozen=True)
class Majority:
    """The answer that most members give.

    Each member answers ``samples`` times. Answers are compared by ``agreement.normal_form``, by
    ``field`` alone if they are JSON objects. Of those with equally many votes the one wins that
    its model was surest of; if all differ, the one that is most like the others by its words.
    """

    name: str
    members: tuple[str, ...]
    samples: int = 1
    temperature: float = 0.7
    field: str | None = None
    quorum: float = 0.5

    def deliberate(self, messages: Messages, sampling: Mapping[str, Any]) -> Deliberation:
        """See ``VirtualModel.deliberate``."""
        questions = questions_for(
            self.members, messages, sampling, samples=self.samples, temperature=self.temperature
        )
        answers = yield questions
        needed = max(1, round(self.quorum * len(questions)))
        replies = need_replies(self.name, answers, at_least=needed)
        outcome = self._choose(replies)
        if len(replies) == len(answers):
            return outcome
        return Outcome(outcome.reply, f"{outcome.reason}; {len(answers)} were asked")

    def most_tokens(self, prompt_tokens: int, answer_tokens: int) -> tuple[int, int]:
        """See ``VirtualModel.most_tokens``."""
        return most_tokens_of(len(self.members) * self.samples, prompt_tokens, answer_tokens)

    def _choose(self, replies: list[Reply]) -> Outcome:
        forms = [normal_form(reply.text, field=self.field) for reply in replies]
        votes = Counter(forms)
        most = max(votes.values())
        if most == 1 and len(replies) > 1:
            place = find_medoid([reply.text for reply in replies])
            return Outcome(replies[place], f"no two of {len(replies)} agree; nearest to the others")
        leading = [place for place, form in enumerate(forms) if votes[form] == most]
        place = max(leading, key=lambda each: (confidence(replies[each]) or 0.0, -each))
        return Outcome(replies[place], f"{most} of {len(replies)} agree")
