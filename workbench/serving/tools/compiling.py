"""A call with tools made into one without, which any model that can keep to a schema answers."""

from __future__ import annotations

import dataclasses

from workbench.core.errors import CapabilityError
from workbench.models.tool_words import add_to_system, describe_tools, plain_messages
from workbench.serving.call import Call
from workbench.serving.tools.schema import answer_schema

# Within a text that its schema leaves unbounded, a small model at temperature 0 goes round in
# circles (".12.12.12") until its tokens run out: of 40 forced calls 6 never ended at 1.0, 3 at
# 1.05, none at 1.1 and 1.2.
_REPEAT_PENALTY = 1.1


def has_tools(call: Call) -> bool:
    """Whether an answer of this call may be a call of a tool."""
    return bool(call.tools) and call.tool_choice != "none"


def compile_tools(call: Call) -> Call:
    """The same call without tools: they stand in the system prompt and in a JSON schema.

    Calls and results in the history become text. Stop texts are left to ``ToolReader``, which
    looks for them in the plain answer, not in the JSON around it.

    Raises:
        InputError: A tool's schema cannot be enforced; the message says which keyword. A result
            belongs to no call.
        CapabilityError: Log-probabilities are asked for: they would be those of the JSON.
    """
    messages = call.messages
    if any(message["role"] == "tool" or message.get("tool_calls") for message in messages):
        messages = tuple(plain_messages(messages))
    elif not call.tools:
        return call
    if not has_tools(call):
        return dataclasses.replace(call, messages=messages, tools=(), tool_choice="none")
    if call.options.get("answer_begun"):
        raise CapabilityError(
            "an answer that was begun cannot be gone on with where there are tools",
            hint="end the messages with the user's, or send tool_choice none",
            parameter="messages",
        )
    if "logprobs" in call.sampling:
        raise CapabilityError(
            "logprobs together with tools are not done: the model writes its calls as JSON, "
            "whose tokens are not the answer's",
            hint="leave out one of them, or tool_choice='none'",
            parameter="logprobs",
        )
    sampling = {name: value for name, value in call.sampling.items() if name != "stop"}
    sampling["json_schema"] = answer_schema(
        call.tools,
        choice=call.tool_choice,
        parallel=call.parallel_tool_calls,
        answer=call.sampling.get("json_schema"),
    )
    sampling.setdefault("repeat_penalty", _REPEAT_PENALTY)
    section = describe_tools(call.tools, choice=call.tool_choice, parallel=call.parallel_tool_calls)
    return dataclasses.replace(
        call,
        messages=add_to_system(messages, section),
        sampling=sampling,
        tools=(),
        tool_choice="none",
    )
