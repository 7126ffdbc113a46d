"""A response as OpenAI's numbered events: created, its items as they grow, completed."""

from __future__ import annotations

from typing import Any

from workbench.serving.call import Call, Facts, Piece, ToolCall, Usage
from workbench.serving.dialects.openai_answers import TokenAnswer, own_answer, token_answers
from workbench.serving.dialects.responses_answers import (
    Annotation,
    CallItem,
    MessageItem,
    OutputText,
    Status,
    begin,
    call_item,
    complete,
    ended,
    fail,
    message_id,
    text_annotations,
)
from workbench.serving.dialects.sse import encode, event
from workbench.serving.http_errors import HttpError

EVENTS = (
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.annotation.added",
    "response.output_text.done",
    "response.content_part.done",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.output_item.done",
    "response.completed",
    "response.incomplete",
    "response.failed",
    "error",
)


class ResponseWriter:
    """Writes one stream. One item is open at a time: the text, or a call."""

    def __init__(self, call: Call, facts: Facts, created_s: float) -> None:
        self._call = call
        self._answer = begin(call, facts, created_s)
        self._number = 0
        self._item: MessageItem | CallItem | None = None
        self._parts: list[str] = []
        self._logprobs: list[TokenAnswer] = []
        self._annotations: list[Annotation] = []
        self._reason = "stop"
        self._usage = Usage()

    def write(self, piece: Piece) -> bytes:
        """See ``Writer.write``."""
        written = self._start() if self._number == 0 else b""
        if piece.text or piece.logprobs:
            written += self._text(piece)
        for cited in text_annotations(piece.citations):
            written += self._annotation(cited)
        for part in piece.tool_calls:
            written += self._call_part(part)
        if piece.finish_reason is not None:
            self._reason = piece.finish_reason
        if piece.abstained is not None:
            self._answer.workbench = own_answer(piece.abstained)
        if piece.usage is not None:
            self._usage = piece.usage
        return written

    def finish(self) -> bytes:
        """See ``Writer.finish``."""
        written = self._start() if self._number == 0 else b""
        if self._item is None and not self._answer.output:  # an answer of nothing is a text
            written += self._begin_text()
        written += self._end(ended(self._reason))
        complete(self._answer, self._reason, self._usage)
        return written + self._event(f"response.{self._answer.status}", response=self._answer)

    def break_off(self, error: HttpError) -> bytes:
        """See ``Writer.break_off``."""
        fail(self._answer, error)
        told = self._event("error", code=error.code, message=error.message, param=error.parameter)
        return told + self._event("response.failed", response=self._answer)

    def _start(self) -> bytes:
        created = self._event("response.created", response=self._answer)
        return created + self._event("response.in_progress", response=self._answer)

    def _event(self, kind: str, **fields: Any) -> bytes:
        told = event(kind, {"type": kind, "sequence_number": self._number, **fields})
        self._number += 1
        return told

    def _of_item(self, kind: str, **fields: Any) -> bytes:
        assert self._item is not None
        place = len(self._answer.output)
        return self._event(kind, item_id=self._item.id, output_index=place, **fields)

    def _added(self, item: MessageItem | CallItem) -> bytes:
        closed = self._end("completed")
        self._item = item
        place = len(self._answer.output)
        return closed + self._event("response.output_item.added", output_index=place, item=item)

    def _begin_text(self) -> bytes:
        added = self._added(MessageItem(message_id(self._call), [], "in_progress"))
        part = OutputText("")
        return added + self._of_item("response.content_part.added", content_index=0, part=part)

    def _text(self, piece: Piece) -> bytes:
        written = b"" if isinstance(self._item, MessageItem) else self._begin_text()
        assert self._item is not None
        self._parts.append(piece.text)
        logprobs = token_answers(piece.logprobs)
        self._logprobs += logprobs
        place = len(self._answer.output)
        written += (
            b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta",'
            b'"sequence_number":%d,"output_index":%d,"content_index":0,"item_id":'
            % (self._number, place)
            + b"".join((encode(self._item.id), b',"delta":', encode(piece.text)))
            + b"".join((b',"logprobs":', encode(logprobs), b"}\n\n"))
        )
        self._number += 1
        return written

    def _annotation(self, cited: Annotation) -> bytes:
        """A citation of the text that is open."""
        place = {"content_index": 0, "annotation_index": len(self._annotations)}
        self._annotations.append(cited)
        return self._of_item("response.output_text.annotation.added", **place, annotation=cited)

    def _call_part(self, part: ToolCall) -> bytes:
        written = b""
        if part.name:
            item = call_item(ToolCall(part.id, part.name, ""), "in_progress")
            written = self._added(item)
        if part.arguments:
            self._parts.append(part.arguments)
            kind = "response.function_call_arguments.delta"
            written += self._of_item(kind, delta=part.arguments)
        return written

    def _end(self, status: Status) -> bytes:
        """The events that close the open item, which then belongs to the answer."""
        item = self._item
        if item is None:
            return b""
        whole = "".join(self._parts)
        if isinstance(item, CallItem):
            item.arguments = whole
            kind = "response.function_call_arguments.done"
            written = self._of_item(kind, arguments=whole, name=item.name)
        else:
            text = OutputText(whole, self._annotations, self._logprobs)
            item.content = [text]
            told = {"content_index": 0, "text": whole, "logprobs": self._logprobs}
            written = self._of_item("response.output_text.done", **told)
            written += self._of_item("response.content_part.done", content_index=0, part=text)
        item.status = status
        place = len(self._answer.output)
        written += self._event("response.output_item.done", output_index=place, item=item)
        self._answer.output.append(item)
        self._item, self._parts, self._logprobs, self._annotations = None, [], [], []
        return written
