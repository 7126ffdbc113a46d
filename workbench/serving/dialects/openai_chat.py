"""OpenAI's chat completions: what most clients speak."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec

from workbench.core.errors import CapabilityError, InputError
from workbench.serving.call import Call, Facts, Piece
from workbench.serving.dialects.folding import fold
from workbench.serving.dialects.openai_answers import (
    ChatAnswer,
    choice_answer,
    own_answer,
    usage_answer,
)
from workbench.serving.dialects.openai_errors import render_error as render_error
from workbench.serving.dialects.openai_requests import (
    REFUSED,
    AsObject,
    AsSchema,
    AsText,
    ChatRequest,
    Message,
    Part,
    RefusalPart,
    TextPart,
)
from workbench.serving.dialects.openai_requests import WITHOUT_EFFECT as WITHOUT_EFFECT
from workbench.serving.dialects.openai_stream import ChatWriter
from workbench.serving.dialects.openai_tools import plain_call, read_choice, read_tools
from workbench.serving.dialects.reading import (
    check_depth,
    check_stream_options,
    decode,
    read_options,
    read_sampling,
    refuse,
)
from workbench.serving.dialects.sse import write_stream

METHOD, PATH = "POST", "/v1/chat/completions"
_DECODER = msgspec.json.Decoder(ChatRequest)
ANY_OBJECT = {"type": "object"}


def parse(body: bytes, *, request_id: str, headers: Mapping[str, str]) -> Call:
    """The call of a request's body.

    Raises:
        InputError: A field is wrong; the message says which, what was found, what is allowed.
        CapabilityError: A field asks for something that is not done.
    """
    request = decode(_DECODER, body)
    refuse(request, REFUSED)
    tools = read_tools(request.tools)
    stream = bool(request.stream)
    return Call(
        request_id=request_id,
        kind="chat",
        model=request.model,
        messages=tuple(read_messages(request.messages)),
        sampling=_read_sampling(request),
        tools=tools,
        tool_choice=read_choice(request.tool_choice, tools),
        parallel_tool_calls=request.parallel_tool_calls is not False,
        n=request.n or 1,
        stream=stream,
        include_usage=check_stream_options(request.stream_options, stream),
        options=read_options(request.workbench, headers),
    )


def render(call: Call, pieces: Sequence[Piece], facts: Facts, *, created_s: float) -> bytes:
    """The whole answer."""
    choices, usage = fold(pieces)
    told = "logprobs" in call.sampling
    answer = ChatAnswer(
        f"chatcmpl-{call.request_id}",
        int(created_s),
        facts.served_by or call.model,
        [choice_answer(choice, logprobs=told) for choice in choices],
        usage_answer(usage),
        workbench=own_answer(choices[0].abstained if choices else None),
    )
    return msgspec.json.encode(answer)


def render_stream(
    call: Call, pieces: AsyncIterator[Piece], facts: Facts, *, created_s: float
) -> AsyncIterator[bytes]:
    """The answer as events; an error before the first piece is raised."""
    return write_stream(
        lambda: ChatWriter(call, facts, created_s), pieces, request_id=call.request_id
    )


def read_messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """The messages as ``Call`` holds them."""
    return [_read_message(message, f"messages[{n}]") for n, message in enumerate(messages)]


def _read_message(message: Message, where: str) -> dict[str, Any]:
    role = "system" if message.role == "developer" else message.role
    content = message.content
    if isinstance(content, list):
        content = join_parts(content, where)
    if content is None:
        content = message.refusal or ""
        if not (role == "assistant" and (message.tool_calls or message.refusal)):
            raise InputError(f"{where} has no content", parameter=f"{where}.content")
    plain: dict[str, Any] = {"role": role, "content": content}
    if message.tool_calls:
        if role != "assistant":
            raise InputError(
                f"{where} is the {role}'s; tool_calls are the assistant's",
                parameter=f"{where}.tool_calls",
            )
        plain["tool_calls"] = [plain_call(call) for call in message.tool_calls]
    if role == "tool":
        if not message.tool_call_id:
            raise InputError(
                f"{where} is a tool's and has no tool_call_id",
                parameter=f"{where}.tool_call_id",
            )
        plain["tool_call_id"] = message.tool_call_id
    return plain


def join_parts(parts: Sequence[Part], where: str) -> str:
    """The text of a message's parts."""
    texts = []
    for number, part in enumerate(parts):
        if isinstance(part, TextPart):
            texts.append(part.text)
        elif isinstance(part, RefusalPart):
            texts.append(part.refusal)
        else:
            kind = type(part).__struct_config__.tag
            raise CapabilityError(
                f"{where}.content[{number}] is of type {kind!r}; the models here read text only",
                hint="send its text, or a description of it",
                parameter=f"{where}.content[{number}]",
            )
    return "\n".join(texts)


def _read_sampling(request: ChatRequest) -> dict[str, Any]:
    sampling = read_sampling(request)
    limit = request.max_completion_tokens or request.max_tokens
    if limit is not None:
        sampling["max_tokens"] = limit
    if request.logprobs:
        sampling["logprobs"] = request.top_logprobs or 0
    elif request.top_logprobs:
        raise InputError("top_logprobs is given, and logprobs is not true", parameter="logprobs")
    schema = read_format(request.response_format)
    if schema is not None:
        sampling["json_schema"] = schema
    return sampling


def read_format(wanted: AsText | AsObject | AsSchema | None) -> dict[str, Any] | None:
    """The JSON schema that an answer must match, if any."""
    if isinstance(wanted, AsObject):
        return dict(ANY_OBJECT)
    if isinstance(wanted, AsSchema):
        schema = wanted.json_schema.schema
        if isinstance(schema, msgspec.UnsetType):
            raise InputError(
                "response_format.json_schema.schema is missing",
                parameter="response_format.json_schema.schema",
            )
        check_depth(schema, "response_format.json_schema.schema")
        return schema
    return None
