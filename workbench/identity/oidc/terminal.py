"""Signing in from a terminal: a browser is sent to the provider, and back to this process.

RFC 8252, section 7.3: the provider sends the browser to a free port of 127.0.0.1, where this
process listens for one answer. It is bound by the state, of which nobody else has the text.
"""

from __future__ import annotations

import html
import threading
import webbrowser
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from workbench.core.errors import DeadlineError, WorkbenchError

from ..sessions import NewSession
from .signing_in import OidcSignIn

PATH = "/signed-in"
WAIT_S = 300.0
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}: Workbench</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<style>:root{{color-scheme:light dark}}body{{font:17px/1.5 system-ui,sans-serif;"
    "max-width:34em;margin:18vh auto;padding:0 1.2em}}</style><h1>{title}</h1><p>{said}</p></html>"
)


def sign_in_here(
    name: str,
    *,
    oidc: OidcSignIn | None = None,
    show: Callable[[str], object] = webbrowser.open,
    wait_s: float = WAIT_S,
) -> NewSession:
    """Sign in at a provider with a browser of this machine, and begin a session.

    The provider must know ``http://127.0.0.1/signed-in`` as an address of this client, and take
    any port of it, as RFC 8252 asks for.

    Args:
        name: The provider's.
        oidc: The store's sign-in, by default that of WORKBENCH_HOME.
        show: Shows an address in a browser.
        wait_s: So long is waited for who signs in.

    Raises:
        AccessError: He is refused.
        DeadlineError: Nobody came back, or the provider is slow.
        FetchError: The provider cannot be reached.
        NotFoundError: There is no such provider.
    """
    oidc = oidc or OidcSignIn()
    with _Listener(wait_s) as listener:
        departure = oidc.depart(name, redirect_uri=listener.url, source="127.0.0.1")

        def take(query: dict[str, str]) -> NewSession:
            arrived = oidc.arrive(name, query, browser=departure.browser, source="127.0.0.1")
            assert arrived.sign_in is not None
            return arrived.sign_in.session

        listener.take = take
        show(departure.url)
        return listener.wait()


class _Listener(HTTPServer):
    """Listens until an answer came that was taken, or refused for a reason of its own."""

    allow_reuse_address = False
    timeout = 0.2

    def __init__(self, wait_s: float) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.url = f"http://127.0.0.1:{self.server_address[1]}{PATH}"
        self.take: Callable[[dict[str, str]], NewSession] | None = None
        self.found: NewSession | None = None
        self.fault: WorkbenchError | None = None
        self._over = threading.Event()
        self._timer = threading.Timer(wait_s, self._over.set)
        self._timer.daemon = True

    def wait(self) -> NewSession:
        """The session. Raises what the answer is refused with."""
        self._timer.start()
        try:
            while self.found is None and self.fault is None and not self._over.is_set():
                self.handle_request()
        finally:
            self._timer.cancel()
        if self.fault is not None:
            raise self.fault
        if self.found is None:
            raise DeadlineError(
                "nobody came back from the provider", hint="run it again, and sign in there"
            )
        return self.found


class _Answer(BaseHTTPRequestHandler):
    server: _Listener
    timeout = 5  # a connection that says nothing does not keep the next waiting

    def do_GET(self) -> None:
        """Take the answer; what is none (a stranger's, a look for an icon) is left."""
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        if parts.path != PATH or self.server.take is None:
            self._say(404, "Nothing here", "this address is for one answer alone")
            return
        try:
            self.server.found = self.server.take(query)
        except WorkbenchError as error:
            if error.context.get("reason") not in ("state", "used"):
                self.server.fault = error
            self._say(400, "Not signed in", str(error))
            return
        self._say(200, "Signed in", "go back to the terminal; this page can be closed")

    def _say(self, status: int, title: str, said: str) -> None:
        data = _PAGE.format(title=title, said=html.escape(said)).encode()
        self.send_response_only(status)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(data))),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the address has a code in it."""
