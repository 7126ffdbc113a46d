"""The gate before every address: who asks, whether he may, and what he is answered if not.

It stands in the router, before any handler is made, so it asks for handlers of extensions too that
ask nobody. The bodies of requests are not there yet; they are looked at by ``BodyAuthorizer``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote

from jupyter_server.auth import Authorizer
from tornado import web, websocket
from tornado.httputil import HTTPServerRequest
from tornado.routing import PathMatches

from workbench.core.errors import AccessError, InputError, WorkbenchError
from workbench.identity.scopes import SignedIn
from workbench.identity.sessions import PREFIXES, Sessions

from ..showing import status_of
from .doorkeeper import Doorkeeper
from .needs import Need, need_of, wants_of_body

COOKIE, DEVICE_COOKIE = "workbench_lab_session", "workbench_lab_device"
_KEPT = "_workbench_signed"


def text_shown(request: HTTPServerRequest) -> tuple[str, str]:
    """What a request shows to be let in, and its kind, ``session`` or ``token``.

    Raises:
        AccessError: It shows nothing.
    """
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "token") and bearer:
        return bearer, "token" if bearer.startswith(PREFIXES["token"]) else "session"
    cookie = SimpleCookie(request.headers.get("Cookie", "")).get(COOKIE)
    if cookie is None or not cookie.value:
        raise AccessError("nobody is signed in", hint="sign in, or show a token", reason="missing")
    return cookie.value, "session"


def shows_bearer(request: HTTPServerRequest) -> bool:
    """Whether a request shows what no page of another server could have a browser show."""
    scheme = request.headers.get("Authorization", "").partition(" ")[0].lower()
    return scheme in ("bearer", "token")


def who_asks(request: HTTPServerRequest, sessions: Sessions) -> SignedIn:
    """Who asks. Raises AccessError if nobody does that is known here."""
    kept: SignedIn | None = getattr(request, _KEPT, None)
    if kept is None:
        text, kind = text_shown(request)
        kept = sessions.verify(text, kind=kind)
        setattr(request, _KEPT, kept)
    return kept


class Gate:
    """Finds the handler of a request in place of an application's own router.

    Args:
        application: The server's application, whose ``find_handler`` it becomes.
        keeper: Says who may what.
        sessions: Says who asks.
        own: Addresses as patterns, with the handlers that answer them whatever others do.
        instead: Handlers that answer in the place of others, with the arguments of those.
    """

    def __init__(
        self,
        application: Any,
        keeper: Doorkeeper,
        sessions: Sessions,
        *,
        own: Sequence[tuple[str, type]] = (),
        instead: Mapping[type, type] | None = None,
    ) -> None:
        self._application, self._find = application, application.find_handler
        self._keeper, self._sessions = keeper, sessions
        self._own = [(PathMatches(pattern), handler) for pattern, handler in own]
        self._instead = instead or {}

    def __call__(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """The delegate that answers a request: the handler's, or one that refuses."""
        delegate = self._delegate(request, kwargs)
        handler = getattr(delegate, "handler_class", None)
        if handler is None:
            return self._refuse(request, AccessError("nobody may do that here", reason="gate"))
        delegate.handler_class = handler = self._instead.get(handler, handler)
        arguments = dict(getattr(delegate, "path_kwargs", {}))
        plain = [_text(value) for value in getattr(delegate, "path_args", [])]
        if plain and "path" not in arguments:
            arguments["path"] = plain[0]
        arguments["path"] = _text(arguments.get("path"))
        try:
            need = need_of(handler, request.method or "", arguments)
            return self._decide(request, need) or delegate
        except (AccessError, InputError) as error:
            return self._refuse(request, error)

    def _delegate(self, request: HTTPServerRequest, kwargs: dict[str, Any]) -> Any:
        for matcher, handler in self._own:
            if (found := matcher.match(request)) is not None:
                return self._application.get_handler_delegate(request, handler, **found)
        return self._find(request, **kwargs)

    def _decide(self, request: HTTPServerRequest, need: Need) -> Any:
        """What answers in the handler's place, or None. Raises AccessError."""
        if need.kind == "open":
            return None
        signed = who_asks(request, self._sessions)
        if need.kind == "none":
            raise AccessError("nobody may do that on this server", reason="gate")
        if need.kind == "quiet":
            return self._application.get_handler_delegate(request, QuietSocket)
        if need.kind == "list" and not self._keeper.may_run(signed):
            return self._application.get_handler_delegate(request, Nothing)
        if need.kind in ("run", "list"):
            self._keeper.require_run(signed)
        for want in need.wants:
            self._keeper.require(signed, want)
        return None

    def _refuse(self, request: HTTPServerRequest, error: WorkbenchError) -> Any:
        arguments = {"error": error}
        return self._application.get_handler_delegate(request, Refusal, arguments)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.decode() if isinstance(value, bytes) else str(value)


class Refusal(web.RequestHandler):
    """The answer to who may not: why, and to a browser's page that shows nobody the way in."""

    def initialize(self, error: WorkbenchError) -> None:
        """Keep why."""
        self.error = error

    def check_xsrf_cookie(self) -> None:
        """Nothing is changed here."""

    def prepare(self) -> None:
        """Answer, whatever was asked."""
        status = status_of(self.error)
        wants_page = "text/html" in self.request.headers.get("Accept", "")
        if status == 401 and wants_page and self.request.method == "GET":
            base = self.application.settings.get("base_url", "/")
            self.redirect(f"{base}login?next={quote(self.request.uri or base)}")
            return
        # Jupyter answers 403 where nobody is signed in; JupyterLab knows that and asks to sign in.
        self.set_status(403 if status == 401 else status)
        said = str(self.error)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"message": said, "reason": None, "error": self.error.to_dict()}))


class Nothing(web.RequestHandler):
    """The answer to who may not run code and asks what runs: nothing that is his."""

    def get(self) -> None:
        """Answer it."""
        self.set_header("Content-Type", "application/json")
        self.finish("[]")

    head = get


class QuietSocket(websocket.WebSocketHandler):
    """In place of the server's events, which tell everybody the paths of what others do."""

    def on_message(self, message: str | bytes) -> None:
        """Nothing is heard, and nothing told."""


class BodyAuthorizer(Authorizer):
    """Looks at the paths that stand in a request's body; the gate looked at all else."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        """Whether the user may have all that the body names. Raises HTTPError with the reason."""
        if not handler.request.body or handler.request.method in ("GET", "HEAD"):
            return True
        live = handler.settings["workbench_live"]
        try:
            body = json.loads(handler.request.body)
        except ValueError:
            return True  # the handler says so
        try:
            signed = who_asks(handler.request, live.sessions)
            for want in wants_of_body(type(handler), handler.request.method, body):
                live.doorkeeper.require(signed, want)
        except WorkbenchError as error:
            raise web.HTTPError(403, str(error), reason="Forbidden") from None
        return True
