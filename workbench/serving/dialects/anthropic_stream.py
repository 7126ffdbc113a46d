"""An answer as Anthropic's events: message_start, its blocks one after the other, message_stop."""

from __future__ import annotations

from msgspec import Raw

from workbench.serving.call import Call, Facts, Piece, ToolCall, Usage
from workbench.serving.dialects.anthropic_answers import (
    MessageAnswer,
    TextAnswer,
    ToolUseAnswer,
    stop_reason,
    usage_answer,
)
from workbench.serving.dialects.anthropic_errors import error_answer
from workbench.serving.dialects.sse import encode, event
from workbench.serving.http_errors import HttpError

EVENTS = (
    "message_start",
    "ping",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
    "error",
)
_PING = event("ping", {"type": "ping"})
_STOP = event("message_stop", {"type": "message_stop"})
_TEXT = ""  # the open block, if it is one of text; a call's block is known by the call's id


class MessageWriter:
    """Writes one stream."""

    def __init__(self, call: Call, facts: Facts) -> None:
        self._call = call
        self._facts = facts
        self._begun = False
        self._open: str | None = None
        self._block = -1
        self._reason = "stop"
        self._stop_text: str | None = None
        self._usage = Usage()

    def write(self, piece: Piece) -> bytes:
        """See ``Writer.write``."""
        written = b"" if self._begun else self._start()
        if piece.text:
            if self._open != _TEXT:
                written += self._begin(_TEXT, TextAnswer(""))
            written += self._delta(b'{"type":"text_delta","text":', piece.text)
        for part in piece.tool_calls:
            written += self._call_part(part)
        if piece.finish_reason is not None:
            self._reason, self._stop_text = piece.finish_reason, piece.stop_text
        if piece.usage is not None:
            self._usage = piece.usage
        return written

    def finish(self) -> bytes:
        """See ``Writer.finish``."""
        written = b"" if self._begun else self._start()
        if self._block < 0:  # an answer of nothing still has a block
            written += self._begin(_TEXT, TextAnswer(""))
        reason = stop_reason(self._reason, self._stop_text)
        delta = {"stop_reason": reason, "stop_sequence": self._stop_text}
        told = {"type": "message_delta", "delta": delta, "usage": usage_answer(self._usage)}
        return written + self._end() + event("message_delta", told) + _STOP

    def break_off(self, error: HttpError) -> bytes:
        """See ``Writer.break_off``."""
        return event("error", error_answer(error, self._call.request_id))

    def _start(self) -> bytes:
        self._begun = True
        usage = usage_answer(Usage(self._facts.prompt_tokens))
        message = MessageAnswer(
            f"msg_{self._call.request_id}", self._facts.served_by or self._call.model, [], usage
        )
        return event("message_start", {"type": "message_start", "message": message}) + _PING

    def _call_part(self, part: ToolCall) -> bytes:
        written = b""
        if part.name:
            written = self._begin(part.id, ToolUseAnswer(part.id, part.name, Raw(b"{}")))
        if part.arguments:
            written += self._delta(b'{"type":"input_json_delta","partial_json":', part.arguments)
        return written

    def _begin(self, kind: str, block: TextAnswer | ToolUseAnswer) -> bytes:
        ended = self._end()
        self._open = kind
        self._block += 1
        told = {"type": "content_block_start", "index": self._block, "content_block": block}
        return ended + event("content_block_start", told)

    def _end(self) -> bytes:
        if self._open is None:
            return b""
        self._open = None
        return event("content_block_stop", {"type": "content_block_stop", "index": self._block})

    def _delta(self, head: bytes, text: str) -> bytes:
        return (
            b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":'
            % self._block
            + head
            + encode(text)
            + b"}}\n\n"
        )
