"""Errors in Anthropic's shape."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

from workbench.serving.http_errors import HttpError, describe


class ErrorBody(Struct):
    """What went wrong."""

    type: str
    message: str


class ErrorAnswer(Struct):
    """An error as Anthropic's clients read it."""

    error: ErrorBody
    request_id: str
    type: Literal["error"] = "error"


def error_answer(error: HttpError, request_id: str) -> ErrorAnswer:
    """The answer's body, before it is bytes."""
    return ErrorAnswer(ErrorBody(error.anthropic_type, error.message), request_id)


def render_error(error: BaseException, *, request_id: str) -> tuple[int, dict[str, Any], bytes]:
    """Status, headers and body for an error."""
    told = describe(error)
    ids = {"request-id": request_id, "x-request-id": request_id}
    headers = {"content-type": "application/json", **ids, **told.headers}
    return told.status, headers, msgspec.json.encode(error_answer(told, request_id))
