"""OpenAI's responses: one request, one response; nothing is kept to go on from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from workbench.core.errors import CapabilityError, InputError
from workbench.serving.call import Call, Facts, Piece, Tool
from workbench.serving.dialects.folding import fold
from workbench.serving.dialects.openai_answers import own_answer
from workbench.serving.dialects.openai_errors import render_error as render_error
from workbench.serving.dialects.openai_requests import AsObject
from workbench.serving.dialects.openai_tools import check_choice, check_tools
from workbench.serving.dialects.reading import check_depth, decode, read_options, refuse
from workbench.serving.dialects.responses_answers import begin, complete, output_items
from workbench.serving.dialects.responses_requests import (
    INCLUDED,
    LOGPROBS,
    REFUSED,
    AsSchema,
    Content,
    InputText,
    Item,
    OutputText,
    Refusal,
    ResponsesRequest,
    TextConfig,
    ToolNamed,
)
from workbench.serving.dialects.responses_requests import WITHOUT_EFFECT as WITHOUT_EFFECT
from workbench.serving.dialects.responses_stream import ResponseWriter
from workbench.serving.dialects.sse import write_stream

METHOD, PATH = "POST", "/v1/responses"
_DECODER = msgspec.json.Decoder(ResponsesRequest)
_ECHOED = ("instructions", "max_output_tokens", "metadata", "temperature", "top_p", "user")


def parse(body: bytes, *, request_id: str, headers: Mapping[str, str]) -> Call:
    """The call of a request's body.

    Raises:
        InputError: A field is wrong; the message says which, what was found, what is allowed.
        CapabilityError: A field asks for something that is not done.
    """
    request = decode(_DECODER, body)
    refuse(request, REFUSED)
    tools = check_tools(
        Tool(tool.name, tool.description or "", tool.parameters or {})
        for tool in request.tools or ()
    )
    choice = request.tool_choice
    if isinstance(choice, ToolNamed):
        named = check_choice("auto", choice.name, tools)
    else:
        named = check_choice(choice or "auto", None, tools)
    stream = bool(request.stream)
    return Call(
        request_id=request_id,
        kind="chat",
        model=request.model,
        messages=tuple(_read_input(request)),
        sampling=_read_sampling(request),
        tools=tools,
        tool_choice=named,
        parallel_tool_calls=request.parallel_tool_calls is not False,
        stream=stream,
        include_usage=stream,
        options=read_options(request.workbench, headers),
        form=_read_form(request),
    )


def render(call: Call, pieces: Sequence[Piece], facts: Facts, *, created_s: float) -> bytes:
    """The whole answer."""
    choices, usage = fold(pieces)
    answer = begin(call, facts, created_s)
    answer.output = output_items(call, choices[0])
    answer.workbench = own_answer(choices[0].abstained)
    complete(answer, choices[0].finish_reason, usage)
    return msgspec.json.encode(answer)


def render_stream(
    call: Call, pieces: AsyncIterator[Piece], facts: Facts, *, created_s: float
) -> AsyncIterator[bytes]:
    """The answer as events; an error before the first piece is raised."""
    return write_stream(
        lambda: ResponseWriter(call, facts, created_s), pieces, request_id=call.request_id
    )


def _read_form(request: ResponsesRequest) -> dict[str, Any]:
    """What the response repeats of its request."""
    check_depth(request.metadata or {}, "metadata")
    form = {name: value for name in _ECHOED if (value := getattr(request, name)) is not None}
    form["text"] = msgspec.to_builtins(request.text) if request.text else {"format": _PLAIN}
    if request.parallel_tool_calls is False:
        form["parallel_tool_calls"] = False
    if request.tools:
        form["tools"] = msgspec.to_builtins(request.tools)
    if request.tool_choice:
        form["tool_choice"] = msgspec.to_builtins(request.tool_choice)
    return form


_PLAIN = {"type": "text"}


def _read_input(request: ResponsesRequest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if request.instructions:
        found.append({"role": "system", "content": request.instructions})
    if isinstance(request.input, str):
        return [*found, {"role": "user", "content": request.input}]
    for place, item in enumerate(request.input):
        where = f"input[{place}]"
        if item.type == "message":
            found.append(_read_message(item, where))
        elif item.type == "function_call":
            _add_call(found, item, where)
        elif item.type == "function_call_output":
            content = _read_text(item.output, f"{where}.output")
            call_id = _given(item.call_id, f"{where}.call_id")
            found.append({"role": "tool", "content": content, "tool_call_id": call_id})
    if not any(message["role"] != "system" for message in found):
        raise InputError("input has no message; a response needs one at least", parameter="input")
    return found


def _read_message(item: Item, where: str) -> dict[str, Any]:
    role = _given(item.role, f"{where}.role")
    text = _read_text(item.content, f"{where}.content")
    return {"role": "system" if role == "developer" else role, "content": text}


def _add_call(found: list[dict[str, Any]], item: Item, where: str) -> None:
    """Put a call on the assistant's message before it, or on one of its own."""
    function = {
        "name": _given(item.name, f"{where}.name"),
        "arguments": _given(item.arguments, f"{where}.arguments"),
    }
    call_id = _given(item.call_id, f"{where}.call_id")
    call = {"id": call_id, "type": "function", "function": function}
    if not found or found[-1]["role"] != "assistant":
        found.append({"role": "assistant", "content": ""})
    found[-1].setdefault("tool_calls", []).append(call)


def _given(value: str | None, name: str) -> str:
    if value is None:
        raise InputError(f"{name} is missing", parameter=name)
    return value


def _read_text(content: str | Iterable[Content] | None, where: str) -> str:
    if content is None:
        raise InputError(f"{where} is missing", parameter=where)
    if isinstance(content, str):
        return content
    texts = []
    for place, part in enumerate(content):
        if isinstance(part, (InputText, OutputText)):
            texts.append(part.text)
        elif isinstance(part, Refusal):
            texts.append(part.refusal)
        else:
            kind = type(part).__struct_config__.tag
            raise CapabilityError(
                f"{where}[{place}] is of type {kind!r}; the models here read text only",
                hint="send its text, or a description of it",
                parameter=f"{where}[{place}]",
            )
    return "\n".join(texts)


def _read_sampling(request: ResponsesRequest) -> dict[str, Any]:
    sampling: dict[str, Any] = {}
    for name in ("temperature", "top_p"):
        if (value := getattr(request, name)) is not None:
            sampling[name] = value
    if request.max_output_tokens is not None:
        sampling["max_tokens"] = request.max_output_tokens
    wanted = request.include or []
    for place, name in enumerate(wanted):
        if name not in INCLUDED:
            raise CapabilityError(
                f"include[{place}] is {name[:80]!r}; allowed are {', '.join(INCLUDED)}",
                parameter="include",
            )
    if LOGPROBS in wanted:
        sampling["logprobs"] = request.top_logprobs or 0
    elif request.top_logprobs:
        raise InputError(
            f"top_logprobs is given, and include has no {LOGPROBS!r}", parameter="top_logprobs"
        )
    schema = _read_format(request.text)
    if schema is not None:
        sampling["json_schema"] = schema
    return sampling


def _read_format(text: TextConfig | None) -> dict[str, Any] | None:
    if text is None:
        return None
    if text.verbosity not in (None, "medium"):
        raise CapabilityError(
            f"text.verbosity is {text.verbosity[:80]!r}: the models here know no such wish",
            hint="ask in the instructions",
            parameter="text.verbosity",
        )
    if isinstance(text.format, AsObject):
        return {"type": "object"}
    if isinstance(text.format, AsSchema):
        if isinstance(text.format.schema, msgspec.UnsetType):
            raise InputError("text.format.schema is missing", parameter="text.format.schema")
        check_depth(text.format.schema, "text.format.schema")
        return text.format.schema
    return None
