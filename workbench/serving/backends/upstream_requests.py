"""A call as the request that an upstream gets, in OpenAI's dialect."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.serving.call import Call
from workbench.serving.settings import UpstreamSettings

PATHS = {"chat": "/chat/completions", "completion": "/completions", "embedding": "/embeddings"}
_SAME = ("temperature", "top_p", "top_k", "min_p", "repeat_penalty", "seed")


def request_body(call: Call, upstream: UpstreamSettings) -> bytes:
    """The body; what a client did not say is not said either."""
    model = upstream.models[call.model]
    if call.kind == "embedding":
        return msgspec.json.encode({"model": model, "input": list(call.prompts)})
    body: dict[str, Any] = {"model": model, "n": call.n}
    if call.kind == "chat":
        body["messages"] = [_message(each) for each in call.messages]
        if call.options.get("answer_begun") and upstream.continues == "flags":
            body.update(continue_final_message=True, add_generation_prompt=False)
    else:
        body["prompt"] = list(call.prompts)
    sampling = call.sampling
    for name in _SAME:
        if sampling.get(name) is not None:
            body[name] = sampling[name]
    if sampling.get("max_tokens") is not None:
        field = upstream.limit_field if call.kind == "chat" else "max_tokens"
        body[field] = sampling["max_tokens"]
    if sampling.get("stop"):
        body["stop"] = list(sampling["stop"])
    if sampling.get("logprobs") is not None:
        body.update(_logprobs(call, int(sampling["logprobs"])))
    if sampling.get("json_schema") is not None:
        body["response_format"] = _format(dict(sampling["json_schema"]))
    if call.tools:
        body.update(_tools(call))
    if call.stream:
        body["stream"] = True
        body["stream_options"] = {"include_usage": True}
    return msgspec.json.encode(body)


def _message(message: Any) -> dict[str, Any]:
    """A message in OpenAI's shape, which knows nothing of a tool's ``is_error``."""
    if "is_error" not in message:
        return message
    return {name: value for name, value in message.items() if name != "is_error"}


def _logprobs(call: Call, alternatives: int) -> dict[str, Any]:
    if call.kind == "completion":
        return {"logprobs": alternatives}
    return {"logprobs": True, **({"top_logprobs": alternatives} if alternatives else {})}


def _format(schema: dict[str, Any]) -> dict[str, Any]:
    if schema == {"type": "object"}:
        return {"type": "json_object"}
    named = {"name": "answer", "schema": schema, "strict": True}
    return {"type": "json_schema", "json_schema": named}


def _tools(call: Call) -> dict[str, Any]:
    tools = [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": dict(tool.parameters),
            },
        }
        for tool in call.tools
    ]
    choice: Any = call.tool_choice
    if choice not in ("auto", "none", "required"):
        choice = {"type": "function", "function": {"name": choice}}
    body: dict[str, Any] = {"tools": tools, "tool_choice": choice}
    if not call.parallel_tool_calls:
        body["parallel_tool_calls"] = False
    return body
