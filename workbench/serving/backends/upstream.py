"""Another server that speaks OpenAI's dialect, as a backend."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from workbench.core.errors import ConfigError, DeadlineError, EngineError, FetchError
from workbench.serving.backends.http_client import HttpClient
from workbench.serving.backends.http_connection import ProtocolError, Response
from workbench.serving.backends.sse_events import EventReader
from workbench.serving.backends.upstream_answers import (
    Answer,
    PieceReader,
    decode_answer,
    embedding_pieces,
    read_usage,
)
from workbench.serving.backends.upstream_faults import fault_of_answer, fault_of_event
from workbench.serving.backends.upstream_requests import PATHS, request_body
from workbench.serving.call import Call, Facts, Piece, Usage
from workbench.serving.settings import UpstreamSettings

_DONE = b"[DONE]"
_LINGER_S = 0.5
_FAULTS = (ProtocolError, TimeoutError, OSError)


class UpstreamBackend:
    """Asks one upstream. Connections are kept and used again.

    Args:
        settings: Where it is and what it is called there.
    """

    def __init__(self, settings: UpstreamSettings) -> None:
        self.name = settings.name
        self.settings = settings
        headers = {"Content-Type": "application/json", **_authorization(settings)}
        try:
            self.client = HttpClient(
                settings.url,
                headers,
                connections=settings.connections,
                connect_timeout_s=settings.connect_timeout_s,
            )
        except ValueError as error:
            raise ConfigError(
                f"[upstreams.{settings.name}]: url: {settings.url!r} is no address: {error}",
                hint='url = "http://127.0.0.1:8000/v1"',
                parameter="url",
            ) from None

    @property
    def continues(self) -> bool:
        """Whether it goes on from an answer that was begun."""
        return self.settings.continues != "no"

    async def close(self) -> None:
        """Let go of the connections."""
        await self.client.close()

    async def answer(self, call: Call, facts: Facts) -> AsyncGenerator[Piece, None]:
        """See ``Backend.answer``."""
        facts.backend, facts.served_by = self.name, call.model
        body = request_body(call, self.settings)
        response = await self._post(PATHS[call.kind], body)
        try:
            if response.status != 200:
                raise fault_of_answer(self.name, response, await self._read(response), call)
            kind = response.headers.get("content-type", "")
            if call.stream and kind.startswith("text/event-stream"):
                async with aclosing(self._read_stream(response, facts)) as pieces:
                    async for piece in pieces:
                        yield piece
                await _read_to_end(response)
            else:
                for piece in self._read_whole(await self._read(response), call, facts):
                    yield piece
        finally:
            response.close()  # a stream that nobody reads to its end cannot be used again

    async def _post(self, path: str, body: bytes) -> Response:
        try:
            return await self.client.post(path, body, wait_s=self.settings.first_token_timeout_s)
        except _FAULTS as error:
            raise self._unreached(error) from None

    def _unreached(self, error: Exception) -> FetchError | DeadlineError:
        """What went wrong on the way; never with the URL's query or a header in it."""
        if isinstance(error, TimeoutError):
            return DeadlineError(
                f"upstream {self.name!r} did not answer in time",
                hint=f"first_token_timeout_s under [upstreams.{self.name}] in workbench.toml",
            )
        return FetchError(
            f"upstream {self.name!r} cannot be reached: {type(error).__name__}",
            hint=f"look whether it runs at the url under [upstreams.{self.name}]",
            http_status=502,
        )

    async def _read(self, response: Response) -> bytes:
        try:
            return await response.read(wait_s=self.settings.first_token_timeout_s)
        except _FAULTS as error:
            raise self._unreached(error) from None

    def _read_whole(self, body: bytes, call: Call, facts: Facts) -> list[Piece]:
        if call.kind == "embedding":
            pieces = list(embedding_pieces(body, call, self.name))
        else:
            answer = decode_answer(body, self.name)
            if answer.error is not None or not answer.choices:
                raise fault_of_event(self.name, answer.error)
            reader, used = PieceReader(), read_usage(answer.usage) or Usage()
            *others, last = answer.choices
            pieces = [piece for piece in map(reader.read, others) if piece is not None]
            pieces.append(reader.read(last, used) or Piece(usage=used))
        usage = pieces[-1].usage or Usage()
        facts.prompt_tokens, facts.completion_tokens = usage.prompt_tokens, usage.completion_tokens
        return pieces

    async def _read_stream(self, response: Response, facts: Facts) -> AsyncGenerator[Piece, None]:
        reader, events = PieceReader(), EventReader()
        usage: Usage | None = None
        finished = False
        wait_s = self.settings.first_token_timeout_s
        while received := await self._receive(response, wait_s):
            wait_s = self.settings.between_tokens_timeout_s
            for data in events.feed(received):
                if data == _DONE:
                    yield self._last(usage, facts)
                    return
                answer = decode_answer(data, self.name)
                if answer.error is not None:
                    raise fault_of_event(self.name, answer.error)
                usage = read_usage(answer.usage) or usage
                for piece in _pieces(answer, reader):
                    facts.completion_tokens += 1  # a token an event, until the usage says better
                    finished = finished or piece.finish_reason is not None
                    yield piece
        if not finished:
            raise EngineError(
                f"upstream {self.name!r} broke off its answer", hint="ask again", http_status=502
            )
        yield self._last(usage, facts)  # some servers end without [DONE]

    def _last(self, usage: Usage | None, facts: Facts) -> Piece:
        if usage is None:
            usage = Usage(facts.prompt_tokens, facts.completion_tokens)
        facts.prompt_tokens, facts.completion_tokens = usage.prompt_tokens, usage.completion_tokens
        return Piece(usage=usage)

    async def _receive(self, response: Response, wait_s: float) -> bytes:
        """The next bytes of a stream; none at its end."""
        try:
            return await response.read_some(wait_s=wait_s)
        except _FAULTS as error:
            raise self._unreached(error) from None


async def _read_to_end(response: Response) -> None:
    """Read the few bytes that may follow the last event: then the connection can be used again."""
    ends_s = time.monotonic() + _LINGER_S
    with contextlib.suppress(*_FAULTS):  # the answer is there; at worst the connection is closed
        while await response.read_some(wait_s=max(0.0, ends_s - time.monotonic())):
            pass


def _pieces(answer: Answer, reader: PieceReader) -> list[Piece]:
    found = [reader.read(choice) for choice in answer.choices]
    return [piece for piece in found if piece is not None]


def _authorization(settings: UpstreamSettings) -> dict[str, str]:
    """The header with the upstream's key, read now: who changes the key starts the gateway anew."""
    where = f"[upstreams.{settings.name}]"
    if settings.key_env is not None:
        key = os.environ.get(settings.key_env, "").strip()
        if not key:
            raise ConfigError(
                f"{where}: the environment variable {settings.key_env} is not set",
                hint=f"export {settings.key_env}=...",
                parameter="key_env",
            )
    elif settings.key_file is not None:
        try:
            key = settings.key_file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{where}: key_file {settings.key_file} cannot be read: {type(error).__name__}",
                hint="name the file that holds the upstream's key, and nothing else",
                parameter="key_file",
            ) from None
    else:
        return {}
    if not key or not key.isprintable() or " " in key:
        raise ConfigError(
            f"{where}: what stands there is no key, a single word",
            hint="put the upstream's key there, and nothing else",
            parameter="key_file" if settings.key_env is None else "key_env",
        )
    return {"Authorization": f"Bearer {key}"}


def describe_upstream(settings: UpstreamSettings) -> dict[str, Any]:
    """What an administrator may see of an upstream: no key, nor where it is kept."""
    return {
        "name": settings.name,
        "url": settings.url,
        "models": dict(settings.models),
        "weight": settings.weight,
    }
