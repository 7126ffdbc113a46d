"""What an upstream's fault is to us. Its words are kept: they are about the client's request."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.core.errors import (
    BusyError,
    ContextLengthError,
    DeadlineError,
    EngineError,
    FetchError,
    InputError,
    NotFoundError,
    WorkbenchError,
)
from workbench.serving.backends.http_connection import Response
from workbench.serving.call import Call

_SAID_CHARS = 500
_TOO_LONG = ("context_length", "context length", "exceed_context", "maximum context")


def fault_of_answer(upstream: str, response: Response, body: bytes, call: Call) -> WorkbenchError:
    """The error of an answer whose status is not 200."""
    status, said = response.status, _said(body)
    words = f"upstream {upstream!r} answered {status}" + (f": {said}" if said else "")
    if status in (400, 413, 422):
        return _wrong_request(words, body, status)
    if status == 404:
        return NotFoundError(words, hint=f"look at models under [upstreams.{upstream}]")
    if status in (401, 403):
        # Our key is wrong, not the client's: he could do nothing about a 401.
        return EngineError(
            f"upstream {upstream!r} refused the gateway's key ({status})",
            hint=f"look at key_file or key_env under [upstreams.{upstream}]",
            http_status=502,
        )
    if status == 429:
        return BusyError(words, retry_after_s=_retry_after_s(response))
    if status in (408, 504):
        return DeadlineError(words)
    return FetchError(words, hint="ask again", http_status=502)


def fault_of_event(upstream: str, error: Any) -> EngineError:
    """The error that an upstream told in mid-stream, or in place of an answer."""
    said = _words(error)
    return EngineError(
        f"upstream {upstream!r} broke off its answer" + (f": {said}" if said else ""),
        hint="ask again",
        http_status=502,
    )


def _wrong_request(words: str, body: bytes, status: int) -> InputError:
    lowered = body[:4096].decode("utf-8", "replace").lower()
    if any(mark in lowered for mark in _TOO_LONG):
        return ContextLengthError(words, hint="shorten the prompt")
    return InputError(words, http_status=status)


def _said(body: bytes) -> str:
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return _words(told.get("error", told)) if isinstance(told, dict) else ""


def _words(error: Any) -> str:
    if isinstance(error, dict):
        error = error.get("message") or error.get("detail") or ""
    return str(error)[:_SAID_CHARS] if isinstance(error, str) else ""


def _retry_after_s(response: Response) -> float:
    told = response.headers.get("retry-after", "")
    try:
        return min(3600.0, max(0.0, float(told)))
    except ValueError:
        return 1.0
