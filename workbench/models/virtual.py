"""Models that are made of others; their names carry a slash: ``ensemble/NAME``.

A virtual model does nothing itself. It is a generator that says which questions it has for which
models, gets their replies, and in the end says what its answer is. Who runs it decides how the
questions are put: one after the other in a notebook, at once through the gateway.

Rooms and packages offer theirs as a ``Provider`` in the entry-point group
``workbench.virtual_models``, under the word before the slash.
"""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from workbench.core.errors import EngineError, NotFoundError, WorkbenchError
from workbench.models.reply import Reply

GROUP = "workbench.virtual_models"
Messages = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Question:
    """What one model is asked. ``sampling`` holds fields of ``Sampling``."""

    model: str
    messages: Messages
    sampling: Mapping[str, Any] = field(default_factory=dict)


Answered = Reply | WorkbenchError


@dataclass(frozen=True)
class Citation:
    """What a mark in a reply points to.

    Characters ``start_index`` to ``end_index`` of the reply's text are the mark, characters
    ``start`` to ``end`` of the document say what stands before it.
    """

    start_index: int
    end_index: int
    document: str
    start: int
    end: int


@dataclass(frozen=True)
class Outcome:
    """What a virtual model answers: one of its replies, with the reason why that one.

    ``citations`` are of its text. ``abstained`` says whether it gives no answer for want of
    evidence; None of models that never do.
    """

    reply: Reply
    reason: str
    citations: tuple[Citation, ...] = ()
    abstained: bool | None = None


Deliberation = Generator[tuple[Question, ...], tuple[Answered, ...], Outcome]


class VirtualModel(Protocol):
    """A model that asks others. ``members`` are all that it may ask.

    One that computes for long before it asks says so with ``blocking = True``, one that may answer
    otherwise tomorrow with ``moves = True``; its ``repr`` then tells what its answers depend on.
    """

    @property
    def name(self) -> str:
        """Its name, with the slash."""
        ...

    @property
    def members(self) -> tuple[str, ...]:
        """The models that it may ask."""
        ...

    def deliberate(self, messages: Messages, sampling: Mapping[str, Any]) -> Deliberation:
        """Yield questions that may be put at once, be sent their answers, return the outcome.

        Raises:
            WorkbenchError: Too few of the members answered.
        """
        ...

    def most_tokens(self, prompt_tokens: int, answer_tokens: int) -> tuple[int, int]:
        """Prompt and answer tokens that all its questions together may need at most."""
        ...


class Provider(Protocol):
    """Finds the virtual models of one kind."""

    def names(self) -> Sequence[str]:
        """All of them, with the slash. Raises ConfigError if their settings are wrong."""
        ...

    def find(self, name: str) -> VirtualModel:
        """One of them. Raises NotFoundError with near matches, ConfigError."""
        ...


@functools.cache
def _entry_points() -> dict[str, importlib.metadata.EntryPoint]:
    return {entry.name: entry for entry in importlib.metadata.entry_points(group=GROUP)}


@functools.cache
def _provider(prefix: str) -> Provider:
    found: Provider = _entry_points()[prefix].load()
    return found


def is_virtual(name: str) -> bool:
    """Whether a name is that of a virtual model; asks nobody."""
    prefix, slash, rest = name.partition("/")
    return bool(slash and rest) and prefix in _entry_points()


def virtual_names() -> list[str]:
    """Every virtual model's name, sorted."""
    return sorted(name for prefix in _entry_points() for name in _provider(prefix).names())


def find_virtual(name: str) -> VirtualModel:
    """The virtual model of that name.

    Raises:
        NotFoundError: There is none; near matches are named.
        ConfigError: Its settings are wrong.
    """
    if not is_virtual(name):
        raise NotFoundError.among("virtual model", name, virtual_names())
    return _provider(name.partition("/")[0]).find(name)


def run(
    model: VirtualModel,
    messages: Messages,
    sampling: Mapping[str, Any],
    ask: Callable[[Question], Reply],
) -> tuple[Outcome, tuple[Reply, ...]]:
    """Put a virtual model's questions one after the other.

    Args:
        model: The model.
        messages: The conversation.
        sampling: What the caller chose.
        ask: Answers one question.

    Returns:
        The outcome, and every reply that was needed for it.
    """
    replies: list[Reply] = []
    deliberation = model.deliberate(messages, sampling)
    answers: tuple[Answered, ...] | None = None
    while True:
        try:
            questions = next(deliberation) if answers is None else deliberation.send(answers)
        except StopIteration as ended:
            outcome: Outcome = ended.value
            return outcome, tuple(replies)
        found: list[Answered] = []
        for question in questions:
            try:
                reply = ask(question)
            except WorkbenchError as error:
                if error.code == "cancelled":
                    raise
                found.append(error)
            else:
                found.append(reply)
                replies.append(reply)
        answers = tuple(found)


def need_replies(name: str, answers: Sequence[Answered], *, at_least: int = 1) -> list[Reply]:
    """The replies among answers.

    Raises:
        WorkbenchError: There are fewer than needed: the member's own error if it is the only one.
    """
    replies = [answer for answer in answers if isinstance(answer, Reply)]
    errors = [answer for answer in answers if isinstance(answer, WorkbenchError)]
    if len(replies) >= at_least:
        return replies
    if errors and not replies and len({type(error) for error in errors}) == 1:
        raise errors[0]  # a member that is not there is not a fault of the others
    said = "; ".join(dict.fromkeys(error.message for error in errors))
    raise EngineError(
        f"{name}: {len(replies)} of {len(answers)} members answered, {at_least} are needed: {said}",
        hint=next((error.hint for error in errors if error.hint), None),
    )
