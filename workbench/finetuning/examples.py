"""What a model is taught from: a conversation that ends with the answer that is wanted."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.errors import InputError

ROLES = ("system", "user", "assistant")
_FORM = '{"messages": [{"role": "user", "content": ...}, {"role": "assistant", "content": ...}]}'


@dataclass(frozen=True)
class Example:
    """One conversation to learn from; only its last message, the answer, is learnt.

    ``messages`` are pairs of role and content. ``identity`` names the row that it came from, and
    ``task`` what it belongs to where a stream has several; ``weight`` multiplies its loss.
    ``group`` names what it teaches (a fact): examples of one group are never parted by a split.
    ``user`` names whose row it is, where that was asked for; empty otherwise.
    """

    messages: tuple[tuple[str, str], ...]
    identity: str = ""
    task: str = ""
    weight: float = 1.0
    group: str = ""
    user: str = ""

    def __post_init__(self) -> None:
        if len(self.messages) < 2 or self.messages[-1][0] != "assistant":
            raise InputError(
                "an example needs a question and, as its last message, the assistant's answer",
                hint=_FORM,
            )
        for role, content in self.messages:
            if role not in ROLES:
                raise InputError(f"{role!r} is no role; they are {', '.join(ROLES)}", hint=_FORM)
            if not content.strip():
                raise InputError(f"a message of the {role} is empty", hint=_FORM)

    @property
    def answer(self) -> str:
        """What is to be learnt."""
        return self.messages[-1][1]

    @property
    def question(self) -> tuple[dict[str, str], ...]:
        """The messages before the answer, as a chat takes them."""
        return tuple({"role": role, "content": said} for role, said in self.messages[:-1])


@dataclass(frozen=True)
class Preference:
    """One question with an answer that is wanted and one that is not.

    ``messages`` are the question's, pairs of role and content.
    """

    messages: tuple[tuple[str, str], ...]
    chosen: str
    rejected: str
    identity: str = ""
    task: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        # What an example may not be, neither of its two answers may make of the question.
        Example((*self.messages, ("assistant", self.chosen)))
        Example((*self.messages, ("assistant", self.rejected)))
        if self.chosen.strip() == self.rejected.strip():
            raise InputError("chosen and rejected are the same", hint="leave the row out")

    @property
    def question(self) -> tuple[dict[str, str], ...]:
        """The messages before the answer, as a chat takes them."""
        return tuple({"role": role, "content": said} for role, said in self.messages)


def of_prompt(prompt: str, response: str, *, identity: str = "", task: str = "") -> Example:
    """An example of one question and its answer."""
    return Example((("user", prompt), ("assistant", response)), identity, task)
