"""What a user can ask of the gateway."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import annotated_types as limits

from workbench.core import settings
from workbench.core.operations import operation
from workbench.serving import (
    cache_operations,
    key_operations,
    running_operations,
    usage_operations,
    user_operations,
)

__all__ = [
    "ServedGateway",
    "cache_operations",
    "key_operations",
    "running_operations",
    "serve",
    "usage_operations",
    "user_operations",
]


@dataclass(frozen=True)
class ServedGateway:
    """A gateway that has ended."""

    url: str
    requests: int


@operation("serving.serve", title="Open the gateway")
def serve(
    *,
    host: str | None = None,
    port: Annotated[int, limits.Interval(ge=0, le=65535)] | None = None,
    key_file: Path | None = None,
    allow_remote: bool = False,
    beside: bool = False,
) -> ServedGateway:
    """Serve the models over HTTP, as OpenAI and Anthropic do, until SIGTERM or Ctrl-C.

    A first key goes to a file that only its owner can read. The gateway is ready when /readyz
    answers 200. At its end it takes no new request and lets the answers in work go on.

    Args:
        host: The address to listen on (setting serve_host).
        port: The port to listen on, 0 for a free one (setting serve_port).
        key_file: Where the owner's key is or will be; in WORKBENCH_HOME if not given.
        allow_remote: Let other machines reach it, without encryption.
        beside: Serve though another gateway runs in this home; commands and pages ask this one.
    """
    from workbench.serving.running import refuse_second
    from workbench.serving.server import GatewayServer, default_key_file

    if not beside:
        refuse_second()
    settings.keep_last_good()
    server = GatewayServer(
        settings.get("serve_host") if host is None else host,
        settings.get("serve_port") if port is None else port,
        key_file=key_file or default_key_file(),
        allow_remote=allow_remote,
    )
    served = server.run(alone=True)
    return ServedGateway(served.url, served.requests)
