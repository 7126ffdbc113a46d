"""A cascade: a small model first, a larger one when it is unsure.

L. Chen, M. Zaharia, J. Zou, FrugalGPT: How to Use Large Language Models While Reducing Cost and
Improving Performance, 2023, section 3 (LLM cascade). Their scorer is a model that was trained for
it; ours is the geometric mean of the answer's token probabilities, which needs no training and
is as good as the model is calibrated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.models.ensembles.agreement import confidence
from workbench.models.ensembles.drawing import most_tokens_of, questions_for
from workbench.models.reply import Reply
from workbench.models.virtual import Deliberation, Messages, Outcome, need_replies


@dataclass(frozen=True)
class Cascade:
    """The first member that is sure enough answers; the last one always may.

    ``threshold`` is the least confidence (0 to 1) with which an answer is taken. A member that
    fails, or whose answer was cut off by its length, counts as unsure.
    """

    name: str
    members: tuple[str, ...]
    threshold: float = 0.8

    def deliberate(self, messages: Messages, sampling: Mapping[str, Any]) -> Deliberation:
        """See ``VirtualModel.deliberate``."""
        passed: list[str] = []
        error: WorkbenchError | None = None
        kept: Reply | None = None
        for place, member in enumerate(self.members, start=1):
            answers = yield questions_for((member,), messages, sampling, samples=1, temperature=0.0)
            answer = answers[0]
            if isinstance(answer, WorkbenchError):
                error = answer
                passed.append(f"{member} failed")
                continue
            kept = answer
            sure = confidence(answer)
            told = "?" if sure is None else f"{sure:.2f}"
            if place == len(self.members):
                passed.append(f"{member} is the last ({told})")
            elif sure is not None and sure >= self.threshold and answer.finish_reason == "stop":
                passed.append(f"{member} is sure ({told})")
            else:
                passed.append(f"{member} is unsure ({told})")
                continue
            return Outcome(answer, "; ".join(passed))
        if kept is None:
            assert error is not None
            need_replies(self.name, [error])
        assert kept is not None
        return Outcome(kept, "; ".join(passed))

    def most_tokens(self, prompt_tokens: int, answer_tokens: int) -> tuple[int, int]:
        """See ``VirtualModel.most_tokens``."""
        return most_tokens_of(len(self.members), prompt_tokens, answer_tokens)
