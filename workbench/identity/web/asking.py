"""What a browser asks at the door and what it is answered, in no server library's words."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from workbench.core.errors import AccessError

OIDC_COOKIE = "workbench_oidc"
MOST_COOKIE_S = 90 * 86_400


def is_of_server(origin: str | None, host: str | None) -> bool:
    """Whether a page of that origin is one of the server that the browser calls by that name."""
    try:
        asking = urlsplit(origin or "").netloc
    except ValueError:  # no address at all
        return False
    return bool(asking) and asking == host


@dataclass(frozen=True)
class Place:
    """Where the door stands in a server.

    ``prefix`` is the path that its pages and cookies are below, and ``home`` where one goes on to
    that did not say. ``secure`` is whether something before the server speaks TLS.
    """

    prefix: str = "/live"
    home: str = "/live/account"
    session_cookie: str = "workbench_session"
    device_cookie: str = "workbench_device"
    secure: bool = False
    page: str = "sign-in"  # the sign-in page's own path, where that is another

    def path(self, rest: str) -> str:
        """The path of one of its pages."""
        return f"{self.prefix}/{rest}"


@dataclass(frozen=True)
class Asked:
    """One request at the door.

    ``rest`` is the path behind the prefix, ``host`` what the browser calls this server (checked by
    the server against the names that it has), ``source`` the client's address.
    """

    method: str
    rest: str
    host: str
    source: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    origin: str | None = None
    fetch_site: str | None = None

    def require_own_page(self) -> None:
        """Raise AccessError unless the page that asks is of this server."""
        if not is_of_server(self.origin, self.host):
            raise AccessError(
                "a page of another server asks with this browser's session",
                hint="open this page itself",
                reason="origin",
            )

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether a page of another site sent the browser here."""
        return self.fetch_site == "cross-site"


@dataclass(frozen=True)
class Cookie:
    """A cookie that is set; without a text it is taken away. All are kept from scripts."""

    name: str
    text: str
    path: str
    lax: bool = False  # shown also when a page of another site leads here
    most_s: int | None = None


@dataclass(frozen=True)
class Answer:
    """What is answered: a page, or where to go on."""

    status: int
    body: str = ""
    style: str = ""
    location: str | None = None
    cookies: tuple[Cookie, ...] = ()
    retry_after_s: float | None = None

    def headers(self) -> dict[str, str]:
        """All but cookies. Nothing runs in these pages, and nothing frames them."""
        digest = base64.b64encode(hashlib.sha256(self.style.encode()).digest()).decode()
        found = {
            "cache-control": "no-store",
            "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'self'; "
            f"frame-ancestors 'none'; style-src 'sha256-{digest}'",
            "content-type": "text/html; charset=utf-8",
            "cross-origin-opener-policy": "same-origin",
            "referrer-policy": "same-origin",
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
        }
        if self.location is not None:
            found["location"] = self.location
        if self.retry_after_s is not None:
            found["retry-after"] = str(max(1, round(self.retry_after_s)))
        return found
