"""What a request to Anthropic's messages may say; the reference page is made from this."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from workbench.serving.dialects.reading import Count, Options, Refused, Share


class TextBlock(Struct, tag_field="type", tag="text", forbid_unknown_fields=True):
    """Text; the texts of a message are joined by line breaks."""

    text: str
    cache_control: Any = None
    citations: Any = None


class ToolUseBlock(Struct, tag_field="type", tag="tool_use", forbid_unknown_fields=True):
    """A call that the model asked for in an earlier turn."""

    id: str
    name: str
    input: dict[str, Any]
    cache_control: Any = None
    caller: Any = None


class ImageBlock(Struct, tag_field="type", tag="image"):
    """An image, which a text model cannot read."""

    source: Any = None


class DocumentBlock(Struct, tag_field="type", tag="document"):
    """A document, which a text model cannot open."""

    source: Any = None


class ToolResultBlock(Struct, tag_field="type", tag="tool_result", forbid_unknown_fields=True):
    """What a tool answered."""

    tool_use_id: str
    content: str | list[TextBlock | ImageBlock | DocumentBlock] | None = None
    is_error: bool | None = None
    cache_control: Any = None


class ThinkingBlock(Struct, tag_field="type", tag="thinking"):
    """What another model thought in an earlier turn: read over."""

    thinking: str = ""


class RedactedBlock(Struct, tag_field="type", tag="redacted_thinking"):
    """The same, closed: read over."""

    data: str = ""


Block = (
    TextBlock
    | ToolUseBlock
    | ToolResultBlock
    | ImageBlock
    | DocumentBlock
    | ThinkingBlock
    | RedactedBlock
)


class Message(Struct, forbid_unknown_fields=True):
    """One message."""

    role: Literal["user", "assistant"]
    content: str | list[Block]


class ToolOffered(Struct, forbid_unknown_fields=True):
    """A tool that the model may ask for. ``input_schema`` is always enforced."""

    name: str
    input_schema: dict[str, Any] | None = None
    description: str | None = None
    type: str | None = None
    strict: bool | None = None
    cache_control: Any = None
    input_examples: list[Any] | None = None
    eager_input_streaming: bool | None = None


class ChooseAuto(Struct, tag_field="type", tag="auto", forbid_unknown_fields=True):
    """The model decides."""

    disable_parallel_tool_use: bool = False


class ChooseAny(Struct, tag_field="type", tag="any", forbid_unknown_fields=True):
    """Some tool must be called."""

    disable_parallel_tool_use: bool = False


class ChooseTool(Struct, tag_field="type", tag="tool", forbid_unknown_fields=True):
    """This tool must be called."""

    name: str
    disable_parallel_tool_use: bool = False


class ChooseNone(Struct, tag_field="type", tag="none", forbid_unknown_fields=True):
    """No tool may be called."""


class AsSchema(Struct, tag_field="type", tag="json_schema", forbid_unknown_fields=True):
    """An answer that matches a schema."""

    schema: dict[str, Any]


class OutputConfig(Struct, forbid_unknown_fields=True):
    """How the answer is to look."""

    format: AsSchema | None = None
    effort: str | None = None
    task_budget: Any = None


class CountRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """A chat whose tokens are to be counted."""

    model: str
    messages: Annotated[list[Message], Meta(min_length=1)]
    system: str | list[TextBlock] | None = None
    tools: list[ToolOffered] | None = None
    tool_choice: ChooseAuto | ChooseAny | ChooseTool | ChooseNone | None = None
    output_config: OutputConfig | None = None
    workbench: Options | None = None
    cache_control: Any = None
    speed: str | None = None
    thinking: Any = None
    user_profile_id: str | None = None
    workspace_id: str | None = None


class MessagesRequest(CountRequest, kw_only=True, forbid_unknown_fields=True):
    """A chat to go on with."""

    max_tokens: Count
    stream: bool | None = None
    stop_sequences: list[str] | None = None
    temperature: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_k: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    top_p: Share | None = None
    diagnostics: Any = None
    inference_geo: str | None = None
    metadata: dict[str, Any] | None = None
    service_tier: str | None = None
    container: Any = None
    context_management: Any = None
    mcp_servers: Any = None


WITHOUT_EFFECT = {
    "cache_control": "prefixes are reused by themselves",
    "diagnostics": "there are none to tell",
    "inference_geo": "the answer is made on this machine",
    "metadata": "the key says who asks",
    "service_tier": "there is one tier; `workbench.priority` orders the queue",
    "speed": "there is one speed",
    "user_profile_id": "the key says who asks",
    "workspace_id": "the key says who asks",
}
COUNT_WITHOUT_EFFECT = {
    name: WITHOUT_EFFECT[name]
    for name in ("cache_control", "speed", "user_profile_id", "workspace_id")
}
REFUSED = {
    "container": Refused("no code runs beside the model"),
    "context_management": Refused("messages are read whole or refused, never thinned out"),
    "mcp_servers": Refused("the gateway calls no tools itself", (), "offer them as tools"),
    "thinking": Refused("the models here do not think apart", ({"type": "disabled"},)),
}
COUNT_REFUSED = {"thinking": REFUSED["thinking"]}
