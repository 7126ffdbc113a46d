"""Clients that ask one HTTP server the same again and again, cheaply, and time each answer."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.parse
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Load:
    """What came of it. Times are of each request, in the order in which they ended."""

    seconds: float
    times_s: list[float] = field(default_factory=list)
    first_s: list[float] = field(default_factory=list)
    errors: int = 0
    pieces: int = 0

    @property
    def per_s(self) -> float:
        return len(self.times_s) / self.seconds

    def percentile_ms(self, share: float) -> float:
        """So much or less of the requests took so long."""
        ordered = sorted(self.times_s)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def request_bytes(url: str, key: str, body: dict[str, Any]) -> bytes:
    """A request as it goes over the wire."""
    parts = urllib.parse.urlsplit(url)
    content = json.dumps(body).encode()
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes, float]:
    """Status, body, and when its first byte was there."""
    head = await reader.readuntil(b"\r\n\r\n")
    first_s = time.perf_counter()
    status, lowered = int(head[9:12]), head.lower()
    if b"content-length:" in lowered:
        length = int(lowered.split(b"content-length:")[1].split(b"\r\n")[0])
        return status, await reader.readexactly(length), first_s
    parts = []
    while size := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(size + 2))
    await reader.readline()
    return status, b"".join(parts), first_s


async def ask(url: str, request: bytes, *, clients: int, seconds: float, most: int) -> Load:
    """Ask from so many connections at a time, for so long or so often."""
    parts = urllib.parse.urlsplit(url)
    done = Load(seconds)
    ends_s = time.perf_counter() + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1 << 24)
        try:
            while time.perf_counter() < ends_s and len(done.times_s) < most:
                began_s = time.perf_counter()
                writer.write(request)
                status, body, first_s = await read_answer(reader)
                done.times_s.append(time.perf_counter() - began_s)
                done.first_s.append(first_s - began_s)
                done.errors += status != 200
                done.pieces += body.count(b"data: ")
        finally:
            writer.close()

    began_s = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    done.seconds = time.perf_counter() - began_s
    return done


def run(
    url: str,
    key: str,
    body: dict[str, Any],
    *,
    clients: int = 1,
    seconds: float = 5.0,
    most: int = 10**9,
) -> Load:
    """Load on one address; uvloop keeps the clients' own share small."""
    import uvloop

    request = request_bytes(url, key, body)
    return uvloop.run(ask(url, request, clients=clients, seconds=seconds, most=most))
