"""Routes that will go: told to their callers in headers, long before they are gone.

The version stands in the path (``/v1``, ``/admin/v1``). A change that would break a caller makes a
new version; the old one answers on, with ``Deprecation`` (RFC 9745), ``Sunset`` (RFC 8594) and the
way to its successor. ``DEPRECATED`` is where that is said; nothing is on its way out now.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from workbench.serving.guard import App
from workbench.serving.requests import Receive, Scope, Send


@dataclass(frozen=True)
class Notice:
    """When a route came to be on its way out, when it goes, and what takes its place."""

    since_s: float
    gone_s: float
    successor: str

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What a caller is told."""
        return [
            (b"deprecation", b"@%d" % self.since_s),
            (b"sunset", formatdate(self.gone_s, usegmt=True).encode()),
            (b"link", f'<{self.successor}>; rel="successor-version"'.encode()),
        ]


DEPRECATED: Mapping[str, Notice] = {}


def noticed(app: App, notice: Notice | None) -> App:
    """The application of a route, telling of its end if there is one in sight."""
    if notice is None:
        return app
    told = notice.headers()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *told]}
            await send(message)

        await app(scope, receive, tell)

    return answer
