"""Errors in OpenAI's shape, which its clients turn into their own exceptions by the status."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from workbench.serving.http_errors import HttpError, describe


class ErrorBody(Struct):
    """What went wrong. ``param`` is the field at fault."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ErrorAnswer(Struct):
    """An error as OpenAI's clients read it."""

    error: ErrorBody


def error_answer(error: HttpError) -> ErrorAnswer:
    """The answer's body, before it is bytes."""
    return ErrorAnswer(ErrorBody(error.message, error.openai_type, error.parameter, error.code))


def render_error(error: BaseException, *, request_id: str) -> tuple[int, dict[str, Any], bytes]:
    """Status, headers and body for an error."""
    told = describe(error)
    headers = {"content-type": "application/json", "x-request-id": request_id, **told.headers}
    return told.status, headers, msgspec.json.encode(error_answer(told))
