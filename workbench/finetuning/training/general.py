"""What a taught model still knows of what nobody taught it: general questions, before and after.

Rows about one thing may push out the rest, and no loss on them shows it. The questions are every
so manieth of those that the gate asks; they are answered greedily, all at once, by the module as
it was trained, so a few seconds tell what the gate will say with more certainty.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import InputError
from workbench.core.progress import progress
from workbench.finetuning.training.objective import judging
from workbench.finetuning.training.sampling import write_answers
from workbench.store.records import Records

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from workbench.finetuning.gate.questions import GateQuestion
    from workbench.finetuning.training.adapting import Learner

MANY = 20
NAMESPACE = "finetuning.general"
_MAX_TOKENS = 16  # in most answers that are right the word has come by then
_LEAST_LOST = 2  # one answer may turn by rounding alone
_MUCH = 0.25


@dataclass(frozen=True)
class GeneralAnswers:
    """How many of ``asked`` questions the base answers, and what was made of it."""

    asked: int
    before: int
    after: int

    @property
    def are_lost(self) -> bool:
        """Whether so many answers are gone that it is no chance: a quarter, and at least two."""
        return self.before - self.after >= max(_LEAST_LOST, _MUCH * self.before)

    def tell(self, base: str, name: str, anchors: int = 0) -> str:
        """Both in a line; where much is lost, with what keeps more and what that costs.

        Args:
            base: The base's name.
            name: What came of it.
            anchors: How many it was taught with.
        """
        said = f"of {self.asked} general questions {base} answers {self.before}"
        said = f"{said}, {name} answers {self.after}"
        if not self.are_lost:
            return said
        keeps = (
            "fewer --epochs, a lower --learning-rate or more --anchors keep more"
            if anchors
            else "--preset steady keeps most of it, and takes somewhat more than twice as long"
        )
        return f"{said}: much of what it knew is forgotten; {keeps}"


def choose_questions(many: int) -> tuple[GateQuestion, ...]:
    """So many of the frozen general questions, evenly over their topics.

    Raises:
        InputError: There are not so many.
    """
    from workbench.finetuning.gate.questions import read_general

    known = read_general().questions
    if not 0 <= many <= len(known):
        raise InputError(
            f"general_questions is {many}; there are {len(known)}", hint="0 asks none of them"
        )
    return tuple(known[number * len(known) // many] for number in range(many))


def ask_general(
    module: torch.nn.Module,
    learner: Learner,
    questions: int | Sequence[GateQuestion],
    *,
    base_sha256: str = "",
) -> GeneralAnswers | None:
    """Ask a model without its adapter, and with it; None where nothing is asked.

    What a base answers is kept, and not asked again.

    Args:
        module: The model that was trained; its adapter, if it has one, can be switched off.
        learner: What writes its prompts.
        questions: Or how many; see ``choose_questions``.
        base_sha256: Of the base's weights; without it nothing is kept.
    """
    questions = choose_questions(questions) if isinstance(questions, int) else questions
    if not questions:
        return None
    without = getattr(module, "disable_adapter", contextlib.nullcontext)
    prompts = _prompts(learner, questions)
    with progress("general questions", total=2, unit="models") as task:
        key = _key(base_sha256, learner.precision, questions, prompts)
        before = _find(key) if base_sha256 else None
        if before is None:
            with without():
                before = _count_right(module, learner, questions, prompts)
            if base_sha256:
                Records().put(NAMESPACE, key, document={"right": before})
        task.advance()
        after = _count_right(module, learner, questions, prompts)
    return GeneralAnswers(len(questions), before, after)


def _prompts(learner: Learner, questions: Sequence[GateQuestion]) -> list[list[int]]:
    from workbench.finetuning.examples import Example

    prompts = []
    for each in questions:
        encoded = learner.encoder.encode(Example((*each.messages, ("assistant", each.accept[0]))))
        prompts.append(list(encoded.ids[: encoded.start]))
    return prompts


def _key(
    base_sha256: str,
    precision: str,
    questions: Sequence[GateQuestion],
    prompts: Sequence[list[int]],
) -> str:
    accepted = [each.accept for each in questions]
    told = repr((base_sha256, precision, accepted, prompts, _MAX_TOKENS))
    return hashlib.sha256(told.encode()).hexdigest()


def _find(key: str) -> int | None:
    found = Records().find(NAMESPACE, key)
    return None if found is None else int(found.document["right"])


def _count_right(
    module: torch.nn.Module,
    learner: Learner,
    questions: Sequence[GateQuestion],
    prompts: Sequence[list[int]],
) -> int:
    with judging(module):
        said = write_answers(module, learner, prompts, max_tokens=_MAX_TOKENS)
    return sum(question.is_right(text) for question, (text, _) in zip(questions, said, strict=True))
