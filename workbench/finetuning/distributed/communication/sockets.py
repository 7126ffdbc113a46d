"""Bytes that this process sent to others, as the kernel counts them on each of its connections.

``TCP_INFO`` of Linux has two counters a connection: what the other end has acknowledged, and what
came from it (RFC 4898, ``tcpEStatsAppHCThruOctetsAcked`` and ``...Received``). They are the bytes
of the streams, with what a library puts around its messages, without headers and repetitions.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

_PLACE = 120  # of tcpi_bytes_acked in struct tcp_info, two unsigned 64-bit numbers
_LENGTH = 136
_OPEN = Path("/proc/self/fd")


@dataclass(frozen=True)
class Counted:
    """Bytes of all open connections, each since it was made."""

    sent_bytes: int
    received_bytes: int


def count_sockets() -> Counted | None:
    """Over this process's open TCP connections; None where the kernel does not tell."""
    if sys.platform != "linux" or not _OPEN.is_dir():
        return None
    sent = received = 0
    for each in list(_OPEN.iterdir()):
        found = _ask(each)
        if found is not None:
            sent, received = sent + found[0], received + found[1]
    return Counted(sent, received)


def _ask(file: Path) -> tuple[int, int] | None:
    """Of one open file; None if it is no TCP connection."""
    try:
        if not str(file.readlink()).startswith("socket:"):
            return None
        copy = socket.socket(fileno=os.dup(int(file.name)))
    except OSError:  # closed meanwhile
        return None
    with copy:
        if copy.type != socket.SOCK_STREAM or copy.family not in (socket.AF_INET, socket.AF_INET6):
            return None
        try:
            told = copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        except OSError:
            return None
    if len(told) < _LENGTH:
        return None
    acked, received = struct.unpack_from("=QQ", told, _PLACE)
    return acked, received
