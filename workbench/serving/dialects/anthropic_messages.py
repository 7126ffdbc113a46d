"""Anthropic's messages, whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw

from workbench.core.errors import CapabilityError, InputError
from workbench.serving.call import Call, Facts, Piece, Tool
from workbench.serving.dialects.anthropic_answers import (
    MessageAnswer,
    TextAnswer,
    ToolUseAnswer,
    stop_reason,
    usage_answer,
)
from workbench.serving.dialects.anthropic_errors import render_error as render_error
from workbench.serving.dialects.anthropic_requests import (
    REFUSED,
    Block,
    ChooseAny,
    ChooseNone,
    ChooseTool,
    CountRequest,
    Message,
    MessagesRequest,
    RedactedBlock,
    TextBlock,
    ThinkingBlock,
    ToolOffered,
    ToolResultBlock,
    ToolUseBlock,
)
from workbench.serving.dialects.anthropic_requests import WITHOUT_EFFECT as WITHOUT_EFFECT
from workbench.serving.dialects.anthropic_stream import MessageWriter
from workbench.serving.dialects.folding import fold
from workbench.serving.dialects.openai_tools import check_choice, check_tools
from workbench.serving.dialects.reading import (
    check_depth,
    decode,
    read_options,
    read_stops,
    refuse,
)
from workbench.serving.dialects.sse import write_stream

METHOD, PATH = "POST", "/v1/messages"
_DECODER = msgspec.json.Decoder(MessagesRequest)


def parse(body: bytes, *, request_id: str, headers: Mapping[str, str]) -> Call:
    """The call of a request's body.

    Raises:
        InputError: A field is wrong; the message says which, what was found, what is allowed.
        CapabilityError: A field asks for something that is not done.
    """
    request = decode(_DECODER, body)
    refuse(request, REFUSED)
    sampling: dict[str, Any] = {"max_tokens": request.max_tokens}
    for name in ("temperature", "top_p", "top_k"):
        if (value := getattr(request, name)) is not None:
            sampling[name] = value
    if request.stop_sequences:
        sampling["stop"] = read_stops(request.stop_sequences, "stop_sequences")
    stream = bool(request.stream)
    return make_call(request, request_id, headers, sampling, stream)


def make_call(
    request: CountRequest,
    request_id: str,
    headers: Mapping[str, str],
    sampling: dict[str, Any],
    stream: bool,
) -> Call:
    """The call of what an answer and a count of tokens both need."""
    _read_output(request, sampling)
    tools = check_tools(map(_read_tool, request.tools or (), range(len(request.tools or ()))))
    options = read_options(request.workbench, headers)
    messages = _read_messages(request)
    if messages[-1]["role"] == "assistant":
        options["answer_begun"] = True
    choice = request.tool_choice
    if isinstance(choice, ChooseTool):
        named = check_choice("auto", choice.name, tools)
    else:
        word = "required" if isinstance(choice, ChooseAny) else "auto"
        named = check_choice("none" if isinstance(choice, ChooseNone) else word, None, tools)
    return Call(
        request_id=request_id,
        kind="chat",
        model=request.model,
        messages=tuple(messages),
        sampling=sampling,
        tools=tools,
        tool_choice=named,
        parallel_tool_calls=not getattr(choice, "disable_parallel_tool_use", False),
        stream=stream,
        include_usage=stream,
        options=options,
    )


def _read_output(request: CountRequest, sampling: dict[str, Any]) -> None:
    output = request.output_config
    if output is None:
        return
    for name in ("effort", "task_budget"):
        if getattr(output, name) is not None:
            raise CapabilityError(
                f"output_config.{name} is given: the models here know no such wish",
                hint="leave it out",
                parameter=f"output_config.{name}",
            )
    if output.format is not None:
        check_depth(output.format.schema, "output_config.format.schema")
        sampling["json_schema"] = output.format.schema


def _read_tool(tool: ToolOffered, place: int) -> Tool:
    if tool.type not in (None, "custom"):
        raise CapabilityError(
            f"tools[{place}] is of type {tool.type!r}, which Anthropic runs on its own servers",
            hint="offer a tool of your own, with an input_schema",
            parameter=f"tools[{place}].type",
        )
    if tool.input_schema is None:
        name = f"tools[{place}].input_schema"
        raise InputError(f"{name} is missing", parameter=name)
    return Tool(tool.name, tool.description or "", tool.input_schema)


def _read_messages(request: CountRequest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if request.system:
        system = request.system
        text = system if isinstance(system, str) else "\n".join(block.text for block in system)
        found.append({"role": "system", "content": text})
    for place, message in enumerate(request.messages):
        found.extend(_read_message(message, f"messages[{place}]"))
    return found


def _read_message(message: Message, where: str) -> list[dict[str, Any]]:
    """One message of theirs; each tool's result in it is a message of its own."""
    if isinstance(message.content, str):
        return [{"role": message.role, "content": message.content}]
    texts: list[str] = []
    calls: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    for place, block in enumerate(message.content):
        name = f"{where}.content[{place}]"
        if isinstance(block, TextBlock):
            texts.append(block.text)
        elif isinstance(block, ToolUseBlock) and message.role == "assistant":
            check_depth(block.input, f"{name}.input")
            arguments = msgspec.json.encode(block.input).decode()
            function = {"name": block.name, "arguments": arguments}
            calls.append({"id": block.id, "type": "function", "function": function})
        elif isinstance(block, ToolResultBlock) and message.role == "user":
            found.append(_read_result(block, name))
        elif not isinstance(block, (ThinkingBlock, RedactedBlock)):
            raise _refuse_block(block, message.role, name)
    if texts or calls or not found:
        plain: dict[str, Any] = {"role": message.role, "content": "\n".join(texts)}
        if calls:
            plain["tool_calls"] = calls
        found.append(plain)
    return found


def _read_result(block: ToolResultBlock, where: str) -> dict[str, Any]:
    content = block.content or ""
    if not isinstance(content, str):
        texts = []
        for place, part in enumerate(content):
            if not isinstance(part, TextBlock):
                raise _refuse_block(part, "user", f"{where}.content[{place}]")
            texts.append(part.text)
        content = "\n".join(texts)
    plain = {"role": "tool", "content": content, "tool_call_id": block.tool_use_id}
    return {**plain, "is_error": True} if block.is_error else plain


def _refuse_block(block: Block, role: str, where: str) -> Exception:
    kind = type(block).__struct_config__.tag
    if isinstance(block, (ToolUseBlock, ToolResultBlock)):
        return InputError(f"{where} is of type {kind!r}, not for the {role}", parameter=where)
    return CapabilityError(
        f"{where} is of type {kind!r}; the models here read text only",
        hint="send its text, or a description of it",
        parameter=where,
    )


def render(call: Call, pieces: Sequence[Piece], facts: Facts, *, created_s: float) -> bytes:
    """The whole answer."""
    choices, usage = fold(pieces)
    choice = choices[0]
    content: list[TextAnswer | ToolUseAnswer] = []
    if choice.text or not choice.tool_calls:
        content.append(TextAnswer(choice.text))
    content += _tool_uses(choice.tool_calls)
    answer = MessageAnswer(
        f"msg_{call.request_id}", facts.served_by or call.model, content, usage_answer(usage)
    )
    answer.stop_reason = stop_reason(choice.finish_reason, choice.stop_text)
    answer.stop_sequence = choice.stop_text
    return msgspec.json.encode(answer)


def _tool_uses(calls: Iterable[Any]) -> list[ToolUseAnswer]:
    """The calls; one that was cut short is no call, and ``stop_reason`` says so."""
    found = []
    for call in calls:
        try:
            msgspec.json.decode(call.arguments)
        except msgspec.DecodeError:
            continue
        found.append(ToolUseAnswer(call.id, call.name, Raw(call.arguments.encode())))
    return found


def render_stream(
    call: Call, pieces: AsyncIterator[Piece], facts: Facts, *, created_s: float
) -> AsyncIterator[bytes]:
    """The answer as events; an error before the first piece is raised."""
    return write_stream(lambda: MessageWriter(call, facts), pieces, request_id=call.request_id)
