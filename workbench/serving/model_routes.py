"""The routes that a model answers: request in, pipeline, response out."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Protocol

from workbench.core.errors import WorkbenchError
from workbench.serving.call import Call, Facts, Piece
from workbench.serving.dialects import sse
from workbench.serving.door import JSON, Door, Incoming, Outgoing, fault, log_fault
from workbench.serving.headers import tell
from workbench.serving.requests import Departure

if TYPE_CHECKING:
    from workbench.serving.gateway import Gateway

_STREAM_HEADERS = [(name.encode(), value.encode()) for name, value in sse.HEADERS.items()]


class Dialect(Protocol):
    """What is needed of a module of ``serving/dialects``."""

    PATH: str

    def parse(self, body: bytes, *, request_id: str, headers: Mapping[str, str]) -> Call:
        """The call of a request's body."""
        ...

    def render(self, call: Call, pieces: Sequence[Piece], facts: Facts, *, created_s: int) -> bytes:
        """The whole answer."""
        ...

    def render_stream(
        self, call: Call, pieces: AsyncIterator[Piece], facts: Facts, *, created_s: int
    ) -> AsyncGenerator[bytes, None]:
        """The answer as events; an error before the first piece is raised."""
        ...

    def render_error(
        self, error: BaseException, *, request_id: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body for an error."""
        ...


class ModelRoute(Door):
    """Answers the calls of one dialect.

    Args:
        gateway: Whoever knows the keys, the pipeline and the settings.
        dialect: Turns bytes into calls, and pieces into bytes.
    """

    def __init__(self, gateway: Gateway, dialect: Any) -> None:
        super().__init__(gateway, dialect.PATH)
        self._dialect: Dialect = dialect
        self.dialect = dialect_name(dialect)

    def render_error(
        self, error: BaseException, request_id: str
    ) -> tuple[int, dict[str, Any], bytes]:
        """See ``Door.render_error``."""
        return self._dialect.render_error(error, request_id=request_id)

    async def respond(self, incoming: Incoming, out: Outgoing) -> None:
        """See ``Door.respond``."""
        body = await self.read(incoming)
        call = self._dialect.parse(body, request_id=incoming.request_id, headers=incoming.headers)
        async with Departure(incoming.scope, incoming.receive):
            pieces = self.gateway.pipeline.answer(call, incoming.principal, incoming.facts)
            async with aclosing(pieces):
                if call.stream:
                    await self._send_stream(out, call, pieces, incoming.facts)
                else:
                    await self._send_whole(out, call, pieces, incoming.facts)

    async def _send_whole(
        self, out: Outgoing, call: Call, pieces: AsyncIterator[Piece], facts: Facts
    ) -> None:
        collected = []
        async for piece in pieces:
            collected.append(piece)
            if piece.usage is not None:  # the last one; meanwhile the disk takes the settlement
                break
        body = self._dialect.render(call, collected, facts, created_s=int(time.time()))
        headers = tell(call.request_id, facts)
        headers.append(JSON)
        if facts.settling is not None:
            await facts.settling
        await out.whole(200, headers, body)
        async for _ in pieces:  # who keeps the answer sees its end
            pass

    async def _send_stream(
        self, out: Outgoing, call: Call, pieces: AsyncIterator[Piece], facts: Facts
    ) -> None:
        chunks = self._dialect.render_stream(
            call, _tellable(pieces, call), facts, created_s=int(time.time())
        )
        async with aclosing(chunks):
            first = await anext(chunks)  # what fails before it is told with a status of its own
            await out.begin(200, tell(call.request_id, facts) + _STREAM_HEADERS)
            await out.write(first)
            async for chunk in chunks:
                await out.write(chunk)
            await out.write(b"", more=False)


class CountRoute(Door):
    """Counts the tokens of a prompt, as Anthropic's clients ask.

    Args:
        gateway: As for ``ModelRoute``.
        dialect: Parses the call and writes the count.
    """

    def __init__(self, gateway: Gateway, dialect: Any) -> None:
        super().__init__(gateway, dialect.PATH)
        self._dialect = dialect
        self.dialect = dialect_name(dialect)

    def render_error(
        self, error: BaseException, request_id: str
    ) -> tuple[int, dict[str, Any], bytes]:
        """See ``Door.render_error``."""
        told: tuple[int, dict[str, Any], bytes]
        told = self._dialect.render_error(error, request_id=request_id)
        return told

    async def respond(self, incoming: Incoming, out: Outgoing) -> None:
        """See ``Door.respond``."""
        body = await self.read(incoming)
        call = self._dialect.parse(body, request_id=incoming.request_id, headers=incoming.headers)
        async with Departure(incoming.scope, incoming.receive):
            tokens = await self.gateway.pipeline.count(call, incoming.principal, incoming.facts)
            headers = [(b"x-request-id", incoming.request_id.encode()), JSON]
            await out.whole(200, headers, self._dialect.render_count(tokens))


async def _tellable(pieces: AsyncIterator[Piece], call: Call) -> AsyncGenerator[Piece, None]:
    """The pieces; a fault of ours among them becomes an error that a dialect can tell."""
    try:
        async for piece in pieces:
            yield piece
    except WorkbenchError:
        raise
    except Exception as error:  # noqa: BLE001 - once the status is sent, only the stream can tell
        log_fault(call.request_id, error)
        raise fault(call.request_id) from None


def dialect_name(module: Any) -> str:
    """``openai`` or ``anthropic``."""
    return str(module.__name__).rpartition(".")[2].partition("_")[0]
