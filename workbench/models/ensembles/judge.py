"""A model that judges the answers of others.

L. Zheng and others, Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena, 2023. Judges prefer
what stands first (section 3.3), so the judge is asked twice, with the answers in opposite order; a
choice counts only if both times it falls on the same answer (section 3.4).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.models.ensembles.agreement import confidence, normal_form
from workbench.models.ensembles.drawing import questions_for
from workbench.models.reply import Reply
from workbench.models.virtual import (
    Answered,
    Deliberation,
    Messages,
    Outcome,
    Question,
    need_replies,
)

_TASK = (
    "Below are a question and {count} answers. Choose the one that is most correct and helpful. "
    'Reply with JSON alone, for example {{"best": 1}}.\n\nQuestion:\n{question}\n\n{answers}'
)
_TASK_TOKENS = 64  # of the words around question and answers, at most
_CHOICE_TOKENS = 16


@dataclass(frozen=True)
class Judge:
    """The answer that ``judge`` chooses among those of the members.

    If the two choices differ, or the judge fails, the answer is taken that its model was surest of.
    """

    name: str
    members: tuple[str, ...]
    judge: str
    samples: int = 1
    temperature: float = 0.7

    def deliberate(self, messages: Messages, sampling: Mapping[str, Any]) -> Deliberation:
        """See ``VirtualModel.deliberate``."""
        answers = yield questions_for(
            self.members, messages, sampling, samples=self.samples, temperature=self.temperature
        )
        replies = _different(need_replies(self.name, answers))
        if len(replies) == 1:
            given = sum(isinstance(answer, Reply) for answer in answers)
            return Outcome(replies[0], _unjudged(given, len(answers)))
        order = list(range(len(replies)))
        verdicts = yield (
            self._question(messages, replies, order),
            self._question(messages, replies, order[::-1]),
        )
        first = _choice(verdicts[0], order)
        second = _choice(verdicts[1], order[::-1])
        if first is not None and first == second:
            return Outcome(replies[first], f"chosen by {self.judge}, in both orders")
        surest = max(order, key=lambda place: (confidence(replies[place]) or 0.0, -place))
        why = "failed" if first is None or second is None else "chose by place"
        return Outcome(replies[surest], f"{self.judge} {why}; the surest answer")

    def most_tokens(self, prompt_tokens: int, answer_tokens: int) -> tuple[int, int]:
        """See ``VirtualModel.most_tokens``."""
        count = len(self.members) * self.samples
        read = prompt_tokens + count * (answer_tokens + 8) + _TASK_TOKENS
        return count * prompt_tokens + 2 * read, count * answer_tokens + 2 * _CHOICE_TOKENS

    def _question(
        self, messages: Messages, replies: Sequence[Reply], order: Sequence[int]
    ) -> Question:
        asked = "\n".join(str(each["content"]) for each in messages if each["role"] == "user")
        shown = "\n\n".join(
            f"Answer {number}:\n{replies[place].text}" for number, place in enumerate(order, 1)
        )
        task = _TASK.format(count=len(order), question=asked, answers=shown)
        schema = {
            "type": "object",
            "properties": {"best": {"enum": list(range(1, len(order) + 1))}},
            "required": ["best"],
            "additionalProperties": False,
        }
        chosen = {"temperature": 0.0, "max_tokens": _CHOICE_TOKENS, "json_schema": schema}
        return Question(self.judge, [{"role": "user", "content": task}], chosen)


def _unjudged(given: int, asked: int) -> str:
    if given == asked and asked > 1:
        return "all answers are the same"
    return f"{given} of {asked} answered" + (", all the same" if given > 1 else "")


def _different(replies: Sequence[Reply]) -> list[Reply]:
    """One reply for each answer that was given."""
    found: dict[str, Reply] = {}
    for reply in replies:
        found.setdefault(normal_form(reply.text), reply)
    return list(found.values())


def _choice(verdict: Answered, order: Sequence[int]) -> int | None:
    """The place of the reply that was chosen, or None if none was."""
    if not isinstance(verdict, Reply):
        return None
    try:
        return order[int(json.loads(verdict.text)["best"]) - 1]
    except (ValueError, KeyError, TypeError, IndexError):
        return None
