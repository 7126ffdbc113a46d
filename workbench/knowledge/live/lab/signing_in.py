"""Signing in to JupyterLab as a user of Workbench, by password in a page or by a bearer."""

from __future__ import annotations

import asyncio
import colorsys
import hashlib
import html
from typing import Any
from urllib.parse import urlsplit

from jupyter_server.auth import IdentityProvider, User
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from workbench.core.errors import AccessError, WorkbenchError

from ..showing import status_of
from .gate import COOKIE, DEVICE_COOKIE, shows_bearer, text_shown, who_asks
from .provider_door import ways_to_providers

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in: Workbench</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark; --line: #b9c2cc; --ink: #17212b; --page: #f6f8fa; --card: #fff;
  --do: #1f5ca8; --no: #a1260d }}
@media (prefers-color-scheme: dark) {{ :root {{ --line: #46525e; --ink: #e6ebf0; --page: #14181c;
  --card: #1d2329; --do: #2d6cb8; --no: #ff9d87 }} }}
body {{ font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page);
  margin: 0; min-height: 100vh; display: grid; place-items: center }}
form {{ background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 2rem; width: min(22rem, 90vw); box-sizing: border-box }}
h1 {{ font-size: 1.25rem; margin: 0 0 .25rem }} p {{ margin: 0 0 1rem }}
label {{ display: block; margin: .75rem 0 .25rem }}
input {{ font: inherit; width: 100%; box-sizing: border-box; padding: .5rem; color: inherit;
  background: transparent; border: 1px solid var(--line); border-radius: 6px }}
.way {{ display: block; text-align: center; padding: .5rem; margin: 0 0 .75rem; color: inherit;
  border: 1px solid var(--line); border-radius: 6px; text-decoration: none }}
button {{ font: inherit; margin-top: 1.25rem; width: 100%; padding: .55rem; border: 0;
  border-radius: 6px; color: #fff; background: var(--do); cursor: pointer }}
:focus-visible {{ outline: 3px solid var(--do); outline-offset: 2px }}
[role=alert] {{ color: var(--no) }}
</style>
<main><form method="post">
<h1>Workbench</h1><p>Sign in to write with the others.</p>{said}{ways}{xsrf}
<label for="user">Name</label>
<input id="user" name="user" autocomplete="username" required value="{user}"{at_user}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required
  {at_password}>
<button>Sign in</button></form></main></html>"""

_AT_USER = {"at_user": " autofocus", "at_password": ""}


def colour_of(user: str) -> str:
    """A colour that is the same for a user everywhere, light enough for dark letters on it."""
    hue = int.from_bytes(hashlib.sha256(user.encode()).digest()[:2], "big") / 65536
    red, green, blue = (round(255 * part) for part in colorsys.hls_to_rgb(hue, 0.62, 0.6))
    return f"#{red:02x}{green:02x}{blue:02x}"


class WorkbenchIdentity(IdentityProvider):
    """Who asks is who signed in to Workbench. The server's own token lets nobody in."""

    async def get_user(self, handler: Any) -> User | None:
        """The user of a request, None if there is none."""
        try:
            signed = who_asks(handler.request, handler.settings["workbench_live"].sessions)
        except WorkbenchError:
            return None
        name = signed.user
        return User(name, name, name, name[:2].upper(), None, colour_of(name))

    def is_token_authenticated(self, handler: Any) -> bool:
        """Whether the request needs no further proof that a page of ours sent it."""
        return shows_bearer(handler.request)

    def should_check_origin(self, handler: Any) -> bool:
        """Whether a page of another server might have sent it."""
        return not shows_bearer(handler.request)

    @property
    def auth_enabled(self) -> bool:
        """Always."""
        return True

    @property
    def login_available(self) -> bool:
        """By ``SignInPage``."""
        return True

    def validate_security(self, app: Any, ssl_options: Any = None) -> None:
        """There is no way in without signing in."""


class SignInPage(JupyterHandler):
    """The page to sign in on."""

    @allow_unauthenticated
    def get(self) -> None:
        """Show it."""
        self._show("", "")

    @allow_unauthenticated
    async def post(self) -> None:
        """Sign in, and go where one wanted to."""
        live = self.settings["workbench_live"]
        user = self.get_body_argument("user", "")
        password = self.get_body_argument("password", "", strip=False)
        try:
            made = await asyncio.to_thread(
                lambda: live.sign_in.sign_in(
                    user,
                    password,
                    source=self.request.remote_ip or "",
                    previous=self.get_cookie(COOKIE),
                    device=self.get_cookie(DEVICE_COOKIE),
                )
            )
        except WorkbenchError as error:
            self.set_status(status_of(error) if not isinstance(error, AccessError) else 401)
            self._show(str(error), user)
            return
        for name, text in ((COOKIE, made.session.text), (DEVICE_COOKIE, made.device)):
            self.set_cookie(name, text, **self._cookie(live.secure))
        self.redirect(self._next())

    def _cookie(self, secure: bool) -> dict[str, Any]:
        return {"path": self.base_url, "httponly": True, "secure": secure, "samesite": "Lax"}

    def _next(self) -> str:
        """Where to: an address of this server alone, which is the lab if it says nothing."""
        wanted = self.get_query_argument("next", "")
        parts = urlsplit(wanted)
        own = wanted.startswith(self.base_url) and not wanted.startswith(("//", "/\\"))
        if own and not parts.netloc and not parts.scheme and "\\" not in wanted:
            return wanted
        return f"{self.base_url}lab"

    def _show(self, said: str, user: str) -> None:
        alert = f'<p role="alert">{html.escape(said)}</p>' if said else ""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Security-Policy", "frame-ancestors 'none'; script-src 'none'")
        xsrf = self.xsrf_form_html()
        ways = ways_to_providers(self.settings, self._next())
        shown = html.escape(user, quote=True)
        # Who named himself types his password next.
        focus = {"at_user": "", "at_password": "autofocus"} if user else _AT_USER
        self.finish(_PAGE.format(said=alert, user=shown, xsrf=xsrf, ways=ways, **focus))


class SignOutPage(JupyterHandler):
    """Ends the session."""

    @allow_unauthenticated
    async def get(self) -> None:
        """End it, and show the page to sign in on."""
        if self.request.headers.get("Sec-Fetch-Site", "same-origin") == "cross-site":
            raise web.HTTPError(403, "a page of another server asks to sign out")
        live = self.settings["workbench_live"]
        try:
            text, _ = text_shown(self.request)
            live.sessions.end_shown(text, because="signed out")
        except WorkbenchError:
            self.log.debug("who signs out was not signed in")
        self.clear_cookie(COOKIE, path=self.base_url)
        self.redirect(f"{self.base_url}login")
