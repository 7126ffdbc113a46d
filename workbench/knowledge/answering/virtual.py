"""Graphs as models: ``knowledge/NAME`` answers a chat's last question from the graph, with sources.

What is phrased is asked of the home's model, through whoever runs the deliberation: so behind the
gateway its limits, cache and fallbacks hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from workbench.core import settings
from workbench.core.errors import InputError, NotFoundError
from workbench.knowledge.graphs import list_names, opened
from workbench.models.reply import Reply
from workbench.models.virtual import (
    Citation,
    Deliberation,
    Messages,
    Outcome,
    Question,
    need_replies,
)

from .answers import Answer, mark_sources, prompt_for
from .asking import Findings, answer, find, kept_retrievers
from .notes import Span

PREFIX = "knowledge"
_MOST_ANSWER_TOKENS, _NOTE_TOKENS = 120, 600


@dataclass(frozen=True)
class KnowledgeModel:
    """One graph as a model. ``moment`` is of its last change: what it answers depends on it."""

    blocking: ClassVar[bool] = True  # it looks into files and computes before it asks
    moves: ClassVar[bool] = True  # another graph may stand behind its name at any moment
    name: str
    members: tuple[str, ...]
    moment: int

    def deliberate(self, messages: Messages, sampling: Mapping[str, Any]) -> Deliberation:
        """See ``VirtualModel.deliberate``."""
        question = asked_in(messages)
        with kept_retrievers().borrow(self.name.removeprefix(f"{PREFIX}/")) as retriever:
            found = find(retriever, question)
        reply: Reply | None = None
        if found.why_not is None and not found.retrieval.communities:
            asked = {"temperature": 0.0, "max_tokens": _MOST_ANSWER_TOKENS, **_given(sampling)}
            prompt = prompt_for(question, found.notes)
            answers = yield (Question(self.members[0], prompt, asked),)
            (reply,) = need_replies(self.name, answers)
        made = answer(found, (lambda _: reply.text) if reply else None, model=self.members[0])
        text, marks = mark_sources(made)
        citations = tuple(_citation(text, place, span) for place, span in marks)
        given = _as_reply(self.name, text, reply)
        return Outcome(given, _reason(made, found), citations, made.abstained)

    def most_tokens(self, prompt_tokens: int, answer_tokens: int) -> tuple[int, int]:
        """See ``VirtualModel.most_tokens``."""
        return prompt_tokens + _NOTE_TOKENS, answer_tokens


class Graphs:
    """The graphs of this home: see ``virtual.Provider``."""

    def names(self) -> Sequence[str]:
        """See ``Provider.names``."""
        return [f"{PREFIX}/{name}" for name in list_names()]

    def find(self, name: str) -> KnowledgeModel:
        """See ``Provider.find``."""
        short = name.removeprefix(f"{PREFIX}/")
        if short not in list_names():
            raise NotFoundError.among(
                "model", name, self.names(), hint=f"workbench knowledge build {short} FOLDER"
            )
        with opened(short) as graph:
            row = graph.database.read_one("SELECT last_us FROM clock")
        moment = int(row["last_us"]) if row is not None else 0
        return KnowledgeModel(name, (str(settings.get("model")),), moment)


provider = Graphs()


def asked_in(messages: Messages) -> str:
    """The last thing that the user said.

    Raises:
        InputError: The user said nothing.
    """
    for message in reversed(messages):
        content = message.get("content")
        if message.get("role") == "user" and isinstance(content, str) and content.strip():
            return content.strip()
    raise InputError("there is no question: no message is the user's", hint='{"role": "user", ...}')


def _given(sampling: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("seed", "max_tokens", "temperature")
    return {name: sampling[name] for name in kept if sampling.get(name) is not None}


def _citation(text: str, place: int, span: Span) -> Citation:
    end = text.index("]", place) + 1
    return Citation(place, end, span.document, span.start, span.end)


def _as_reply(name: str, text: str, reply: Reply | None) -> Reply:
    if reply is None:
        return Reply(text, name, "knowledge", 0, 0, None, "stop", 0, 0.0, 0.0)
    return Reply(
        text,
        reply.model,
        reply.engine,
        reply.prompt_tokens,
        reply.completion_tokens,
        None,
        "stop",
        reply.seed,
        reply.duration_s,
        reply.time_to_first_token_s,
    )


def _reason(made: Answer, found: Findings) -> str:
    if made.abstained:
        return f"abstained: chance {made.chance:.2f}"
    ways = [each.way for each in made.sentences]
    counted = ", ".join(f"{ways.count(way)} {way}" for way in sorted(set(ways)))
    return f"{made.strategy}, {counted}, {len(found.notes)} notes"
