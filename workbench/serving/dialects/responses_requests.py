"""What a request to OpenAI's responses may say; the reference page is made from this."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from workbench.serving.dialects.openai_requests import WITHOUT_EFFECT as CHAT_WITHOUT_EFFECT
from workbench.serving.dialects.openai_requests import AsObject, AsText
from workbench.serving.dialects.reading import (
    Alternatives,
    Count,
    Options,
    Refused,
    Share,
    Temperature,
)


class InputText(Struct, tag_field="type", tag="input_text", forbid_unknown_fields=True):
    """Text; the texts of an item are joined by line breaks."""

    text: str


class OutputText(Struct, tag_field="type", tag="output_text", forbid_unknown_fields=True):
    """Text of an earlier answer."""

    text: str
    annotations: list[Any] | None = None
    logprobs: list[Any] | None = None


class Refusal(Struct, tag_field="type", tag="refusal", forbid_unknown_fields=True):
    """What an earlier answer refused."""

    refusal: str


class InputImage(Struct, tag_field="type", tag="input_image"):
    """An image, which a text model cannot read."""

    image_url: Any = None


class InputFile(Struct, tag_field="type", tag="input_file"):
    """A file, which a text model cannot open."""

    file_id: Any = None


class InputAudio(Struct, tag_field="type", tag="input_audio"):
    """Sound, which a text model cannot hear."""

    input_audio: Any = None


class ReasoningText(Struct, tag_field="type", tag="reasoning_text"):
    """What another model thought in an earlier turn: read over."""

    text: str = ""


Content = InputText | OutputText | Refusal | InputImage | InputFile | InputAudio | ReasoningText


class Item(Struct, forbid_unknown_fields=True):
    """One item of the input: a message, a call of a tool, its output, or reasoning (read over)."""

    type: Literal["message", "function_call", "function_call_output", "reasoning"] = "message"
    role: Literal["system", "developer", "user", "assistant"] | None = None
    content: str | list[Content] | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    output: str | list[Content] | None = None
    id: str | None = None
    status: str | None = None
    phase: str | None = None
    summary: list[Any] | None = None
    encrypted_content: str | None = None


class FunctionTool(Struct, tag_field="type", tag="function", forbid_unknown_fields=True):
    """A function that the model may ask for. ``parameters`` is a JSON schema, always enforced."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class ToolNamed(Struct, tag_field="type", tag="function", forbid_unknown_fields=True):
    """The tool that must be called."""

    name: str


class AsSchema(Struct, tag_field="type", tag="json_schema", forbid_unknown_fields=True):
    """A JSON schema that the answer matches, whether ``strict`` or not."""

    name: str
    schema: dict[str, Any] | UnsetType = UNSET
    description: str | None = None
    strict: bool | None = None


class TextConfig(Struct, forbid_unknown_fields=True):
    """How the answer's text is to look."""

    format: AsText | AsObject | AsSchema | None = None
    verbosity: str | None = None


class StreamOptions(Struct, forbid_unknown_fields=True):
    """Nothing here changes the answer."""

    include_obfuscation: bool | None = None


class ResponsesRequest(Struct, forbid_unknown_fields=True):
    """An input to answer."""

    model: str
    input: str | list[Item]
    instructions: str | None = None
    stream: bool | None = None
    max_output_tokens: Count | None = None
    temperature: Temperature | None = None
    top_p: Share | None = None
    include: list[str] | None = None
    top_logprobs: Alternatives | None = None
    text: TextConfig | None = None
    tools: list[FunctionTool] | None = None
    tool_choice: Literal["none", "auto", "required"] | ToolNamed | None = None
    parallel_tool_calls: bool | None = None
    workbench: Options | None = None
    access_programs: Any = None
    background_options: Any = None
    max_tool_calls: int | None = None
    metadata: dict[str, Any] | None = None
    moderation: Any = None
    prompt_cache_key: str | None = None
    prompt_cache_options: Any = None
    prompt_cache_retention: str | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    store: bool | None = None
    stream_options: StreamOptions | None = None
    user: str | None = None
    background: bool | None = None
    context_management: Any = None
    conversation: Any = None
    image: Any = None
    previous_response_id: str | None = None
    prompt: Any = None
    reasoning: Any = None
    truncation: str | None = None


_LIKE_CHAT = (
    "metadata",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "user",
)
WITHOUT_EFFECT = {
    **{name: CHAT_WITHOUT_EFFECT[name] for name in _LIKE_CHAT},
    "access_programs": "they widen what OpenAI's models may do",
    "background_options": "nothing runs in the background",
    "max_tool_calls": "it counts tools that OpenAI runs, of which there are none here",
    "stream_options": "events are not padded",
}
_NOTHING_KEPT = "no prompt and no answer is kept, so there is nothing to go on from"
REFUSED = {
    "background": Refused("a request is answered at once", (False,)),
    "context_management": Refused("the input is read whole or refused, never thinned out"),
    "conversation": Refused(_NOTHING_KEPT, (), "send the earlier items in `input`"),
    "image": Refused("the answer is text"),
    "moderation": Refused("nothing is moderated here"),
    "previous_response_id": Refused(_NOTHING_KEPT, (), "send the earlier items in `input`"),
    "prompt": Refused("no prompts are kept here", (), "send its text"),
    "reasoning": Refused("the models here do not reason apart", ({"effort": "none"},)),
    "truncation": Refused("the input is read whole or refused", ("disabled",)),
}
LOGPROBS = "message.output_text.logprobs"
# What may be asked for beside the answer; reasoning there is none, so nothing is left out.
INCLUDED = (LOGPROBS, "reasoning.encrypted_content")
