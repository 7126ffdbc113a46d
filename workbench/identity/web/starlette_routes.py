"""The door in a server of Starlette."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.core.errors import BusyError, WorkbenchError

from .asking import Answer, Asked
from .front_door import FrontDoor
from .waiting import Waiters

MOST_FORM_BYTES = 16 << 10
LINK_WAIT_S = 5.0  # whoever is out waits no longer to read where to sign out at his provider too


def sign_in_routes(door: FrontDoor) -> list[Route]:
    """The routes of a door. The server has to check the names that requests give it.

    Args:
        door: Its place says below which path.
    """
    prefix, waiters = door.place.prefix, Waiters()

    async def endpoint(request: Request) -> Response:
        rest = request.url.path[len(prefix) + 1 :]
        asked = Asked(
            request.method,
            rest,
            request.headers.get("host", ""),
            request.client.host if request.client else "",
            dict(request.query_params),
            await _form(request) if request.method == "POST" else {},
            request.cookies,
            request.headers.get("origin"),
            request.headers.get("sec-fetch-site"),
        )
        try:
            if rest == "sign-out/form":
                answer = await _sign_out(door, asked, waiters)
            elif rest.startswith("oidc/"):
                answer = await waiters.run(lambda: door.answer(asked))
            else:
                answer = await asyncio.to_thread(door.answer, asked)
        except WorkbenchError as error:
            answer = door.refusal(error)
        return _response(answer, secure=door.place.secure)

    paths = {
        "sign-in": "GET",
        "sign-in/form": "POST",
        "account": "GET",
        "sign-out/form": "POST",
        "oidc/{name}/start": "GET",
        "oidc/{name}/callback": "GET",
        "oidc/{name}/link": "POST",
        "oidc/{name}/back-channel": "POST",
    }
    return [Route(f"{prefix}/{path}", endpoint, methods=[each]) for path, each in paths.items()]


async def _sign_out(door: FrontDoor, asked: Asked, waiters: Waiters) -> Answer:
    """Sign out at once; only the way out at a provider waits with those who go to one."""
    signed = await asyncio.to_thread(door.end_session, asked)
    if signed is not None:
        try:
            waiting = waiters.run(lambda: door.signed_out(asked, signed))
            return await asyncio.wait_for(waiting, LINK_WAIT_S)
        except (BusyError, TimeoutError):
            pass  # he is out, and is told that without the link
    return await asyncio.to_thread(door.signed_out, asked, None)


async def _form(request: Request) -> dict[str, str]:
    """The texts of a form; nothing of one that is larger than any of ours."""
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > MOST_FORM_BYTES:
            return {}
    text = data.decode("utf-8", "replace")
    return dict(parse_qsl(text, keep_blank_values=True))


def _response(answer: Answer, *, secure: bool) -> Response:
    response = Response(answer.body, answer.status, answer.headers())
    for each in answer.cookies:
        response.set_cookie(
            each.name,
            each.text,
            max_age=each.most_s if each.text else 0,
            path=each.path,
            secure=secure,
            httponly=True,
            samesite="lax" if each.lax else "strict",
        )
    return response
