"""A request that no route answers, told in the words that the path's clients read."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.core.errors import InputError, NotFoundError, WorkbenchError
from workbench.serving.dialects import anthropic_errors, anthropic_messages, openai_errors

_HINT = "GET /openapi.json lists every route"
# Clients put a path behind an address: OpenAI's want /v1 in that, Anthropic's add it themselves.
_WITHOUT = "/v1 is there twice: your client adds it, so its base_url ends before it"
_WITH = "/v1 is lacking: your client's base_url ends with it"


async def refuse_unrouted(request: Request, fault: Exception) -> Response:
    """The answer to a path that there is not, or a method that a path has not."""
    assert isinstance(fault, HTTPException)
    path, method = request.url.path[:200], request.method[:20]
    hint = _hint(request, path)
    error: WorkbenchError = NotFoundError(f"there is no {method} {path}", hint=hint, noun="path")
    if fault.status_code == 405:
        allowed = (fault.headers or {}).get("Allow", "")
        words = f"{path} does not take {method}; it takes {allowed}"
        error = InputError(words, hint=_HINT, http_status=405)
    anthropic = path.removeprefix("/v1").startswith(anthropic_messages.PATH)
    anthropic = anthropic or path.startswith(anthropic_messages.PATH)
    dialect: Any = anthropic_errors if anthropic else openai_errors
    request_id = "req_" + secrets.token_hex(12)
    status, headers, body = dialect.render_error(error, request_id=request_id)
    return Response(body, status, {**headers, **(fault.headers or {})})


def _hint(request: Request, path: str) -> str:
    """What is wrong with a client's address, where a path of ours stands behind it."""
    for meant, hint in ((path.removeprefix("/v1"), _WITHOUT), ("/v1" + path, _WITH)):
        routes = (route for route in request.app.routes if isinstance(route, Route))
        if meant.startswith("/v1/") and any(route.path_regex.match(meant) for route in routes):
            return hint
    return _HINT
