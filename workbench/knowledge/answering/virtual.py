"""Graphs as models: ``knowledge/NAME`` answers a chat's last question from the graph, with sources.

What is phrased is asked of the home's model, through whoever runs the deliberation: so behind the
gateway its limits, cache and fallbacks hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from workbench.core import settings
from workbench.core.errors import CapabilityError, InputError, NotFoundError
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
_PIECE = re.compile(r"\w+|[^\w\s]")
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
        """See ``VirtualModel.deliberate``.

        Raises:
            CapabilityError: JSON or log-probabilities are asked for: documents are quoted as they
                are, and have none.
        """
        _check(self.name, sampling)
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
        said = _within(text, sampling)
        kept = tuple(each for each in citations if each.end_index <= len(said))
        given = replace(
            _as_reply(self.name, said, reply),
            finish_reason="length" if _is_cut(text, said, sampling) else "stop",
        )
        return Outcome(given, _reason(made, found), kept, made.abstained)

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


def _check(name: str, sampling: Mapping[str, Any]) -> None:
    for field, what in (("json_schema", "JSON"), ("logprobs", "log-probabilities")):
        if sampling.get(field) is not None:
            raise CapabilityError(
                f"{name} quotes documents: it gives no {what}", hint="ask the model that phrases"
            )


def _within(text: str, sampling: Mapping[str, Any]) -> str:
    """A text up to the first stop text, and to as many words and signs as tokens are allowed.

    Tokens are the phrasing model's; a text of documents has at least one for each word and sign.
    """
    stops = [at for each in sampling.get("stop") or () if (at := text.find(each)) >= 0]
    text = text[: min(stops, default=len(text))]
    most = sampling.get("max_tokens")
    pieces = [] if most is None else [match.end() for match in _PIECE.finditer(text)]
    return text[: pieces[most - 1]] if most is not None and len(pieces) > most else text


def _is_cut(text: str, said: str, sampling: Mapping[str, Any]) -> bool:
    """Whether it ends for want of tokens, and not at its own end or a stop text."""
    return said != _within(text, {**sampling, "max_tokens": None})


def _given(sampling: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("seed", "max_tokens", "temperature", "top_k", "top_p", "min_p", "repeat_penalty")
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
        return "abstained" if made.chance is None else f"abstained: chance {made.chance:.2f}"
    ways = [each.way for each in made.sentences]
    counted = ", ".join(f"{ways.count(way)} {way}" for way in sorted(set(ways)))
    return f"{made.strategy}, {counted}, {len(found.notes)} notes"
