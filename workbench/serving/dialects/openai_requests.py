"""What a chat request may say, field by field; the reference page is made from this."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from workbench.serving.dialects.openai_tools import FunctionTool, ToolCalled, ToolChoice
from workbench.serving.dialects.reading import (
    Alternatives,
    Choices,
    Count,
    Options,
    Refused,
    Seed,
    Share,
    Temperature,
)


class TextPart(Struct, tag_field="type", tag="text", forbid_unknown_fields=True):
    """Text in a message; the texts of a message are joined by line breaks."""

    text: str


class RefusalPart(Struct, tag_field="type", tag="refusal", forbid_unknown_fields=True):
    """What an assistant refused in an earlier turn."""

    refusal: str


class ImagePart(Struct, tag_field="type", tag="image_url"):
    """An image, which a text model cannot read."""

    image_url: Any = None


class AudioPart(Struct, tag_field="type", tag="input_audio"):
    """Sound, which a text model cannot hear."""

    input_audio: Any = None


class FilePart(Struct, tag_field="type", tag="file"):
    """A file, which a text model cannot open."""

    file: Any = None


Part = TextPart | RefusalPart | ImagePart | AudioPart | FilePart
Role = Literal["system", "developer", "user", "assistant", "tool"]


class Message(Struct, forbid_unknown_fields=True):
    """One message. ``name`` and what else an assistant's answer carries change nothing."""

    role: Role
    content: str | list[Part] | None = None
    tool_calls: list[ToolCalled] | None = None
    tool_call_id: str | None = None
    name: str | None = None
    refusal: str | None = None
    annotations: list[Any] | None = None
    audio: None = None
    function_call: None = None
    reasoning_content: str | None = None


class SchemaNamed(Struct, forbid_unknown_fields=True):
    """A JSON schema that the answer matches, whether ``strict`` or not."""

    name: str
    schema: dict[str, Any] | UnsetType = UNSET
    description: str | None = None
    strict: bool | None = None


class AsText(Struct, tag_field="type", tag="text", forbid_unknown_fields=True):
    """An answer in free text."""


class AsObject(Struct, tag_field="type", tag="json_object", forbid_unknown_fields=True):
    """An answer that is any JSON object."""


class AsSchema(Struct, tag_field="type", tag="json_schema", forbid_unknown_fields=True):
    """An answer that matches a schema."""

    json_schema: SchemaNamed


class StreamOptions(Struct, forbid_unknown_fields=True):
    """``include_usage`` asks for a last event with the usage."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class ChatRequest(Struct, forbid_unknown_fields=True):
    """A chat to go on with."""

    model: str
    messages: Annotated[list[Message], Meta(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Choices | None = None
    max_tokens: Count | None = None
    max_completion_tokens: Count | None = None
    temperature: Temperature | None = None
    top_p: Share | None = None
    top_k: Count | None = None
    min_p: Share | None = None
    repeat_penalty: Temperature | None = None
    seed: Seed | None = None
    stop: str | list[str] | None = None
    logprobs: bool | None = None
    top_logprobs: Alternatives | None = None
    response_format: AsText | AsObject | AsSchema | None = None
    tools: list[FunctionTool] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    workbench: Options | None = None
    metadata: dict[str, Any] | None = None
    moderation: Any = None
    prediction: Any = None
    prompt_cache_key: str | None = None
    prompt_cache_options: Any = None
    prompt_cache_retention: str | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    store: bool | None = None
    user: str | None = None
    audio: Any = None
    frequency_penalty: float | None = None
    function_call: Any = None
    functions: Any = None
    logit_bias: Any = None
    modalities: Any = None
    presence_penalty: float | None = None
    reasoning_effort: str | None = None
    verbosity: str | None = None
    web_search_options: Any = None


WITHOUT_EFFECT = {
    "metadata": "labels for OpenAI's own lists",
    "prediction": "it could only make an answer faster, not another one",
    "prompt_cache_key": "prefixes are reused without one",
    "prompt_cache_options": "prefixes are reused by themselves",
    "prompt_cache_retention": "prefixes are kept as long as the model is loaded",
    "safety_identifier": "the key says who asks",
    "service_tier": "there is one tier; `workbench.priority` orders the queue",
    "store": "nothing is stored, whatever is asked",
    "user": "the key says who asks",
}
NO_PENALTY = Refused(
    "the engines have no such penalty", (0,), "leave it out, or use repeat_penalty (1 is none)"
)
REFUSED = {
    "audio": Refused("the answer is text"),
    "frequency_penalty": NO_PENALTY,
    "function_call": Refused("it is out of use", ("auto", "none"), "use tool_choice"),
    "functions": Refused("it is out of use", (), "use tools"),
    "logit_bias": Refused("single tokens cannot be made likelier"),
    "modalities": Refused("the answer is text", (["text"],)),
    "moderation": Refused("nothing is moderated here"),
    "presence_penalty": NO_PENALTY,
    "reasoning_effort": Refused("the models here do not reason apart", ("none",)),
    "verbosity": Refused("the models here know no such wish", ("medium",), "ask in the prompt"),
    "web_search_options": Refused("nothing leaves this machine"),
}
