"""Signing in to JupyterLab at a provider of OpenID Connect: the way there and the way back."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import quote

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from workbench.core.errors import BusyError
from workbench.identity.web import Asked, FrontDoor, Place
from workbench.identity.web.asking import Answer
from workbench.identity.web.waiting import Waiters

from .gate import COOKIE, DEVICE_COOKIE

_WAITERS = "workbench_waiters"


def door_of(settings: dict[str, Any]) -> FrontDoor:
    """The door of a server, which leads to its sign-in page and to the lab."""
    base, live = settings["base_url"], settings["workbench_live"]
    place = Place(base.rstrip("/"), f"{base}lab", COOKIE, DEVICE_COOKIE, live.secure, "login")
    return FrontDoor(place, database=live.sign_in.database)


def ways_to_providers(settings: dict[str, Any], onward: str) -> str:
    """A button for each provider, as HTML; empty where none is set."""
    door = door_of(settings)
    return "".join(
        f'<a class="way" href="{escape(door.place.path(f"oidc/{each.name}/start"))}'
        f'?next={quote(onward, safe="")}">Sign in with {escape(each.label or each.name)}</a>'
        for each in door.oidc.providers.list()
    )


class ProviderDoor(JupyterHandler):
    """To a provider (``start``) and back (``callback``)."""

    @allow_unauthenticated
    async def get(self, name: str, way: str) -> None:
        """Go one of the two ways."""
        door, request = door_of(self.settings), self.request
        site = request.headers.get("Sec-Fetch-Site")
        if way == "start" and site == "cross-site":  # it is for who sits here to begin
            self.redirect(door.place.path("login"))
            return
        texts = {key: self.get_query_argument(key, strip=False) for key in request.query_arguments}
        cookies = {key: morsel.value for key, morsel in request.cookies.items()}
        asked = Asked(
            "GET",
            f"oidc/{name}/{way}",
            request.host,
            request.remote_ip or "",
            texts,
            cookies=cookies,
            fetch_site=site,
        )
        if _WAITERS not in self.settings:
            self.settings[_WAITERS] = Waiters()
        waiters: Waiters = self.settings[_WAITERS]
        try:
            answer = await waiters.run(lambda: door.answer(asked))
        except BusyError as error:
            answer = door.refusal(error)
        self._send(answer, secure=door.place.secure)

    def _send(self, answer: Answer, *, secure: bool) -> None:
        self.set_status(answer.status)
        for name, value in answer.headers().items():
            self.set_header(name, value)
        for each in answer.cookies:
            self.set_cookie(
                each.name,
                each.text,
                path=each.path or "/",
                httponly=True,
                secure=secure,
                samesite="Lax",  # as those of the password's page are
                max_age=each.most_s if each.text else 0,
            )
        self.finish(answer.body)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say no more than that: the address has a code in it."""
        web.RequestHandler.write_error(self, status_code)
