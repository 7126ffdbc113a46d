"""OpenAI's answers to a chat, as structs: whole, in pieces, with log-probabilities and usage."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal
from urllib.parse import quote

from msgspec import UNSET, Struct, UnsetType

from workbench.models.virtual import Citation
from workbench.serving.call import Usage
from workbench.serving.dialects.folding import Choice
from workbench.serving.dialects.openai_tools import ToolCalled, called

LEAST_LOGPROB = -9999.0  # OpenAI's for what cannot come: JSON has no minus infinity
FinishReason = Literal["stop", "length", "tool_calls"]


class PromptDetails(Struct):
    """Of the prompt's tokens, those known from before."""

    cached_tokens: int = 0


class UsageAnswer(Struct):
    """Tokens that an answer used."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptDetails


class Alternative(Struct):
    """A token that might have come."""

    token: str
    logprob: float
    bytes: list[int] | None


class TokenAnswer(Struct):
    """A token with its natural log-probability, and the likeliest others."""

    token: str
    logprob: float
    bytes: list[int] | None
    top_logprobs: list[Alternative]


class LogprobsAnswer(Struct):
    """The log-probabilities of an answer's tokens."""

    content: list[TokenAnswer] | None
    refusal: None = None


class UrlCitation(Struct):
    """What a mark in the text cites.

    Characters ``start_index`` to ``end_index`` (not included) of the text are the mark. ``title``
    is the document, of which characters ``start`` to ``end`` say so; ``url`` says both (RFC 5147).
    ``start`` and ``end`` are the gateway's own.
    """

    start_index: int
    end_index: int
    title: str
    url: str
    start: int
    end: int


class AnnotationAnswer(Struct):
    """A citation of a message."""

    url_citation: UrlCitation
    type: Literal["url_citation"] = "url_citation"


class OwnAnswer(Struct):
    """The gateway's own: whether a graph gave no answer, for the evidence was too thin."""

    abstained: bool


class MessageAnswer(Struct):
    """What the assistant said."""

    content: str | None
    role: Literal["assistant"] = "assistant"
    refusal: None = None
    annotations: list[AnnotationAnswer] = []
    tool_calls: list[ToolCalled] | UnsetType = UNSET


class ChoiceAnswer(Struct):
    """One of ``n`` answers."""

    index: int
    message: MessageAnswer
    logprobs: LogprobsAnswer | None
    finish_reason: FinishReason


class ChatAnswer(Struct):
    """A whole answer to a chat."""

    id: str
    created: int
    model: str
    choices: list[ChoiceAnswer]
    usage: UsageAnswer
    object: Literal["chat.completion"] = "chat.completion"
    workbench: OwnAnswer | UnsetType = UNSET


def usage_answer(usage: Usage) -> UsageAnswer:
    """The usage as OpenAI tells it."""
    total = usage.prompt_tokens + usage.completion_tokens
    return UsageAnswer(
        usage.prompt_tokens, usage.completion_tokens, total, PromptDetails(usage.cached_tokens)
    )


def finish_reason(reason: str) -> FinishReason:
    """Ours in OpenAI's words, which know no ``cancelled``: that one is an answer cut short."""
    if reason == "tool_calls":
        return "tool_calls"
    return "stop" if reason == "stop" else "length"


def url_citation(citation: Citation) -> UrlCitation:
    """A citation as OpenAI tells those of pages: with a relative URL."""
    place = f"{quote(citation.document)}#char={citation.start},{citation.end}"
    marked = (citation.start_index, citation.end_index)
    return UrlCitation(*marked, citation.document, place, citation.start, citation.end)


def message_annotations(citations: Iterable[Citation]) -> list[AnnotationAnswer]:
    """The citations of a message."""
    return [AnnotationAnswer(url_citation(each)) for each in citations]


def own_answer(abstained: bool | None) -> OwnAnswer | UnsetType:
    """What only some models say; nothing of the others."""
    return UNSET if abstained is None else OwnAnswer(abstained)


def token_answers(entries: Iterable[Any]) -> list[TokenAnswer]:
    """``models.TokenLogprob`` as OpenAI tells them."""
    return [
        TokenAnswer(
            entry.text,
            max(entry.logprob, LEAST_LOGPROB),
            token_bytes(entry.text),
            [
                Alternative(text, max(logprob, LEAST_LOGPROB), token_bytes(text))
                for text, logprob in entry.top
            ],
        )
        for entry in entries
    ]


def token_bytes(text: str) -> list[int] | None:
    """The bytes of a token's text; None for a part of a character, whose bytes are not known."""
    return None if "\ufffd" in text else list(text.encode())


def choice_answer(choice: Choice, *, logprobs: bool) -> ChoiceAnswer:
    """One whole choice."""
    message = MessageAnswer(choice.text, annotations=message_annotations(choice.citations))
    if choice.tool_calls:
        message.tool_calls = [called(call) for call in choice.tool_calls]
        message.content = choice.text or None
    told = LogprobsAnswer(token_answers(choice.logprobs)) if logprobs else None
    return ChoiceAnswer(choice.index, message, told, finish_reason(choice.finish_reason))
