"""What the gateway's parts say to each other: a call, the pieces of its answer, what it used.

Dialects make calls of bytes and bytes of pieces; backends answer calls with pieces. Neither knows
the other, and none of the three words knows HTTP.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from workbench.models.virtual import Citation

Kind = Literal["chat", "completion", "embedding"]


@dataclass(frozen=True)
class Tool:
    """A function that the model may ask to be called. ``parameters`` is a JSON schema."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One request, free of the dialect that it came in.

    ``messages`` (kind ``chat``) are plain ``{"role", "content"}`` with text contents, beside them
    ``tool_calls`` (in OpenAI's shape) on an assistant's message and ``tool_call_id`` on a tool's,
    which may have ``is_error``. ``prompts`` are the
    texts of kind ``completion`` and ``embedding``. ``tool_choice`` is ``auto``, ``none``,
    ``required`` or a tool's name. ``sampling`` holds fields of ``models.Sampling`` that the client
    set; what is left out comes from the model's settings. ``include_usage`` asks a stream for its
    usage at the end. ``options`` are the gateway's own: ``keep_alive_s``, ``priority``,
    ``cache``, ``prefer``, ``strict_routing``, ``timeout_s``; ``asked``, as in ``Facts``. ``form``
    is the dialect's note to itself on how to write the answer; it changes nothing of what is
    answered.
    """

    request_id: str
    kind: Kind
    model: str
    messages: tuple[Mapping[str, Any], ...] = ()
    prompts: tuple[str, ...] = ()
    sampling: Mapping[str, Any] = field(default_factory=dict)
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    parallel_tool_calls: bool = True
    n: int = 1
    stream: bool = False
    include_usage: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    form: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Usage:
    """Tokens of one answer. ``cached_tokens`` of the prompt were known from before."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0


@dataclass(frozen=True)
class ToolCall:
    """One tool that the model asks for; ``arguments`` is JSON text.

    In pieces it may come in parts: the first has the ``id`` and the ``name``, each after it the
    same ``id``, no name, and more of the arguments.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Piece:
    """A part of an answer as it comes.

    ``index`` is the choice (``n`` > 1) or, for embeddings and several prompts, the place of the
    input; with both, ``place * n + choice``. The last piece of each index has a
    ``finish_reason``: ``stop``, ``length``, ``tool_calls``, ``cancelled``. The very last piece of
    an answer carries ``usage``. ``vector`` is an embedding. ``logprobs`` are
    ``models.TokenLogprob``. ``stop_text`` is the one that ended the choice, where that is known.
    ``citations`` are of the whole choice's text; ``abstained`` says whether it gives no answer for
    want of evidence, and is None of models that never do: see ``models.virtual.Outcome``.
    """

    text: str = ""
    index: int = 0
    tool_calls: tuple[ToolCall, ...] = ()
    logprobs: tuple[Any, ...] = ()
    vector: tuple[float, ...] | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    stop_text: str | None = None
    citations: tuple[Citation, ...] = ()
    abstained: bool | None = None


@dataclass
class Facts:
    """What is found out about a call on its way, for headers, metrics and usage.

    ``asked`` is the name that was asked for, where it stood for another (a label of an adapter);
    ``served_by`` is the model that answered, ``backend`` where (``local``, an upstream's name);
    ``cache`` is ``exact``, ``semantic``, ``flight`` or None; ``fallbacks`` name what failed before.
    ``prompt_tokens`` and ``completion_tokens`` are counted by the backend as it goes, so that an
    answer that was broken off can be settled. ``endpoint`` and ``dialect`` say what was asked, and
    ``limits_left`` what the key has left of its limits. ``task`` is what a router took the call to
    ask for. ``cost_usd`` is set where several models had a part in the answer, and else reckoned.
    ``warnings`` are told in a header: what was asked for and cannot be so.
    ``settling`` is done once the settlement is on the disk, where the last piece of an answer is
    given out before: nobody may send the client's last byte until then.
    """

    asked: str = ""
    served_by: str = ""
    backend: str = ""
    route: str | None = None
    route_reason: str | None = None
    cache: str | None = None
    cache_age_s: float | None = None
    cache_similarity: float | None = None
    fallbacks: tuple[str, ...] = ()
    queue_s: float = 0.0
    loaded: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    endpoint: str = ""
    dialect: str = ""
    limits_left: tuple[Any, ...] = ()
    task: str | None = None
    cost_usd: float | None = None
    warnings: tuple[str, ...] = ()
    settling: Awaitable[bool] | None = None


class Backend(Protocol):
    """What answers calls."""

    name: str

    def answer(self, call: Call, facts: Facts) -> AsyncGenerator[Piece, None]:
        """Answer, filling in ``facts``. Closing the iterator stops the work.

        Raises:
            WorkbenchError: What the client is to be told, by its class.
        """
        ...
