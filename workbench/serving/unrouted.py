"""A request that no route answers, told in the words that the path's clients read."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from workbench.core.errors import InputError, NotFoundError, WorkbenchError
from workbench.serving.dialects import anthropic_errors, anthropic_messages, openai_errors

_HINT = "GET /openapi.json lists every route"


async def refuse_unrouted(request: Request, fault: Exception) -> Response:
    """The answer to a path that there is not, or a method that a path has not."""
    assert isinstance(fault, HTTPException)
    path, method = request.url.path[:200], request.method[:20]
    error: WorkbenchError = NotFoundError(f"there is no {method} {path}", hint=_HINT, noun="path")
    if fault.status_code == 405:
        allowed = (fault.headers or {}).get("Allow", "")
        words = f"{path} does not take {method}; it takes {allowed}"
        error = InputError(words, hint=_HINT, http_status=405)
    anthropic = path.startswith(anthropic_messages.PATH)
    dialect: Any = anthropic_errors if anthropic else openai_errors
    request_id = "req_" + secrets.token_hex(12)
    status, headers, body = dialect.render_error(error, request_id=request_id)
    return Response(body, status, {**headers, **(fault.headers or {})})
