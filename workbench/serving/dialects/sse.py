"""Server-sent events: how a stream is written, and how it ends when it breaks."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any, Protocol

import msgspec

from workbench.core.errors import WorkbenchError
from workbench.serving.call import Piece
from workbench.serving.http_errors import HttpError, describe

logger = logging.getLogger(__name__)
encode = msgspec.json.encode
DONE = b"data: [DONE]\n\n"
HEADERS = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}


class Writer(Protocol):
    """What a dialect does with the pieces of one stream."""

    def write(self, piece: Piece) -> bytes:
        """The events of one piece; none is ``b""``."""
        ...

    def finish(self) -> bytes:
        """The events that close a stream that came to its end."""
        ...

    def break_off(self, error: HttpError) -> bytes:
        """The events that tell of an error in mid-stream."""
        ...


def event(name: str, value: Any) -> bytes:
    """One named event."""
    return b"event: " + name.encode() + b"\ndata: " + encode(value) + b"\n\n"


async def write_stream(
    make_writer: Callable[[], Writer], pieces: AsyncIterator[Piece], *, request_id: str
) -> AsyncGenerator[bytes, None]:
    """The bytes of a stream.

    The writer is made when the first piece is there, for only then it is known who answers. An
    error before that is raised, so that it can still be a status; one after it is written into
    the stream. Closing this closes ``pieces``.
    """
    writer: Writer | None = None
    try:
        async for piece in pieces:
            if writer is None:
                writer = make_writer()
            if written := writer.write(piece):
                yield written
        yield (writer or make_writer()).finish()
    except Exception as error:
        if writer is None:
            raise
        if not isinstance(error, WorkbenchError):
            # Not its message, which may quote a prompt.
            kind = type(error).__name__
            logger.error("request %s broke in mid-stream: %s", request_id, kind)
        yield writer.break_off(describe(error))
    finally:
        close = getattr(pieces, "aclose", None)
        if close is not None:
            await close()
