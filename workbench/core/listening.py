"""Listening on an address of this machine: who can reach it, and what may be in the way."""

from __future__ import annotations

import errno
import ipaddress
import socket

from .errors import ConflictError, InputError

_BACKLOG = 1024


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a listener on ``host``."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int, *, allow_remote: bool, what: str) -> socket.socket:
    """A listening socket, whose connections send small messages at once.

    Args:
        host: An address or name of this machine; another than loopback needs ``allow_remote``.
        port: 0 takes a free one.
        allow_remote: Let other machines reach it.
        what: Who listens, as in "the gateway".

    Raises:
        ConflictError: The port is taken.
        InputError: The address is not this machine's, or open to others without leave.
    """
    if not is_loopback(host) and not allow_remote:
        raise InputError(
            f"{host} can be reached from other machines, and what they send is not encrypted",
            hint="add --allow-remote if that is meant, behind something that speaks TLS",
            parameter="host",
        )
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        listening = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise ConflictError(
                f"port {port} of {host} is taken",
                hint="end what listens there, or choose another: --port 0 takes a free one",
                port=port,
            ) from None
        raise InputError(
            f"{what} cannot listen on {host} port {port}: {error}",
            hint="--host 127.0.0.1 --port 0",
        ) from None
    # For all connections: asyncio does so by itself only where a socket says that it is of TCP,
    # which those that are accepted here do not. A keystroke would wait 40 ms for one before it.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def address_of(host: str, listening: socket.socket) -> str:
    """``http://HOST:PORT`` of a socket that listens on ``host``."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listening.getsockname()[1]}"
