"""OpenAI's responses, as structs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, structs

from workbench.models.virtual import Citation
from workbench.serving.call import Call, Facts, ToolCall, Usage
from workbench.serving.dialects.folding import Choice
from workbench.serving.dialects.openai_answers import (
    OwnAnswer,
    TokenAnswer,
    UrlCitation,
    token_answers,
    url_citation,
)
from workbench.serving.http_errors import HttpError

Status = Literal["in_progress", "completed", "incomplete", "failed"]


class Annotation(UrlCitation, tag_field="type", tag="url_citation"):
    """A citation of a text."""


class OutputText(Struct):
    """Text of an answer."""

    text: str
    annotations: list[Annotation] = []
    logprobs: list[TokenAnswer] = []
    type: Literal["output_text"] = "output_text"


class MessageItem(Struct, tag_field="type", tag="message"):
    """What the assistant said."""

    id: str
    content: list[OutputText]
    status: Status
    role: Literal["assistant"] = "assistant"


class CallItem(Struct, tag_field="type", tag="function_call"):
    """A call that the model asks for."""

    id: str
    call_id: str
    name: str
    arguments: str
    status: Status


class InputDetails(Struct):
    """Of the input's tokens, those known from before."""

    cached_tokens: int = 0
    cache_write_tokens: int = 0


class OutputDetails(Struct):
    """Of the output's tokens, those of reasoning: none."""

    reasoning_tokens: int = 0


class UsageAnswer(Struct):
    """Tokens that an answer used."""

    input_tokens: int
    input_tokens_details: InputDetails
    output_tokens: int
    output_tokens_details: OutputDetails
    total_tokens: int


class IncompleteDetails(Struct):
    """Why an answer is cut short."""

    reason: Literal["max_output_tokens"] = "max_output_tokens"


class Failure(Struct):
    """Why an answer broke off."""

    code: str
    message: str


class ResponseAnswer(Struct):
    """A response: what was asked, how far it is, and what came."""

    id: str
    created_at: int
    model: str
    output: list[MessageItem | CallItem]
    status: Status
    instructions: str | None = None
    max_output_tokens: int | None = None
    metadata: dict[str, Any] | None = None
    parallel_tool_calls: bool = True
    temperature: float | None = None
    text: Any = None
    tool_choice: Any = "auto"
    tools: Any = []
    top_p: float | None = None
    user: str | None = None
    error: Failure | None = None
    incomplete_details: IncompleteDetails | None = None
    usage: UsageAnswer | None = None
    background: Literal[False] = False
    object: Literal["response"] = "response"
    previous_response_id: None = None
    reasoning: None = None
    store: Literal[False] = False
    truncation: Literal["disabled"] = "disabled"
    workbench: OwnAnswer | UnsetType = UNSET


def usage_answer(usage: Usage) -> UsageAnswer:
    """The usage as the responses interface tells it."""
    return UsageAnswer(
        usage.prompt_tokens,
        InputDetails(usage.cached_tokens),
        usage.completion_tokens,
        OutputDetails(),
        usage.prompt_tokens + usage.completion_tokens,
    )


def begin(call: Call, facts: Facts, created_s: float) -> ResponseAnswer:
    """The response before anything has come; ``call.form`` has what the request said."""
    return ResponseAnswer(
        f"resp_{call.request_id}",
        int(created_s),
        facts.served_by or call.model,
        [],
        "in_progress",
        **call.form,
    )


def complete(answer: ResponseAnswer, finish_reason: str, usage: Usage) -> None:
    """Say how it ended and what it used."""
    answer.status = ended(finish_reason)
    if answer.status == "incomplete":
        answer.incomplete_details = IncompleteDetails()
    answer.usage = usage_answer(usage)


def ended(finish_reason: str) -> Status:
    """The status of what ended for that reason."""
    return "completed" if finish_reason in ("stop", "tool_calls") else "incomplete"


def fail(answer: ResponseAnswer, error: HttpError) -> None:
    """Say that it broke off."""
    answer.status = "failed"
    limited = error.code == "rate_limit_exceeded"
    answer.error = Failure("rate_limit_exceeded" if limited else "server_error", error.message)


def text_annotations(citations: Iterable[Citation]) -> list[Annotation]:
    """The citations of a text."""
    return [Annotation(**structs.asdict(url_citation(each))) for each in citations]


def message_id(call: Call) -> str:
    """The id of the answer's text."""
    return f"msg_{call.request_id}"


def call_item(part: ToolCall, status: Status) -> CallItem:
    """One call of the answer."""
    return CallItem(f"fc_{part.id}", part.id, part.name, part.arguments, status)


def output_items(call: Call, choice: Choice) -> list[MessageItem | CallItem]:
    """The items of a whole answer."""
    status = ended(choice.finish_reason)
    items: list[MessageItem | CallItem] = []
    if choice.text or not choice.tool_calls:
        cited = text_annotations(choice.citations)
        text = OutputText(choice.text, cited, token_answers(choice.logprobs))
        items.append(MessageItem(message_id(call), [text], status))
    items += [call_item(part, status) for part in choice.tool_calls]
    return items
