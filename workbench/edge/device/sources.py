"""Where a bundle is read from: a file, or a file server that gives parts of files (RFC 9110)."""

from __future__ import annotations

import contextlib
import http.client
import time
import urllib.parse
from pathlib import Path
from typing import Protocol

from .archive import Archive
from .faults import Fault

_TIMEOUT_S = 20.0
WAITS_S = (0.1, 0.3, 1.0, 3.0)  # before each attempt after the first


class Source(Protocol):
    """What an update reads from. ``fetched_bytes`` counts what was read."""

    fetched_bytes: int

    def read(self, offset: int, size_bytes: int) -> bytes:
        """So many bytes from a place, fewer only at the end. Raises Fault ``fetch``."""

    def close(self) -> None:
        """Let go of it."""


class FileSource:
    """A bundle's file."""

    def __init__(self, path: Path) -> None:
        self._archive = Archive(path)
        self.fetched_bytes = 0

    def read(self, offset: int, size_bytes: int) -> bytes:
        """See ``Source.read``."""
        data = self._archive.read(offset, size_bytes)
        self.fetched_bytes += len(data)
        return data

    def close(self) -> None:
        """See ``Source.close``."""
        self._archive.close()


class HttpSource:
    """A file behind HTTP. A connection that breaks is made again, some times, and then said."""

    def __init__(self, url: str, *, waits_s: tuple[float, ...] | None = None) -> None:
        self.url = url
        self.fetched_bytes = 0
        self.requests = 0
        self._waits_s = WAITS_S if waits_s is None else waits_s
        parts = check_address(url)
        assert parts.hostname is not None
        self._path = parts.path + (f"?{parts.query}" if parts.query else "")
        make = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = make(parts.hostname, parts.port, timeout=_TIMEOUT_S)

    def read(self, offset: int, size_bytes: int) -> bytes:
        """See ``Source.read``."""
        status, data = self.request("GET", {"Range": f"bytes={offset}-{offset + size_bytes - 1}"})
        if status == 416:
            return b""
        if status != 206:
            raise Fault(
                "fetch",
                f"{self.url} answered {status}"
                + (", the whole file, where a part was asked for" if status == 200 else ""),
                hint="use a server that gives ranges, or bring the file",
            )
        return data

    def whole(self, most_bytes: int) -> bytes:
        """All of a small file. Raises Fault ``not-found`` if it is not there."""
        status, data = self.request("GET", {}, most_bytes=most_bytes)
        if status == 404:
            raise Fault("not-found", f"there is nothing at {self.url}")
        if status != 200:
            raise Fault("fetch", f"{self.url} answered {status}")
        return data

    def request(
        self,
        method: str,
        headers: dict[str, str],
        body: bytes | None = None,
        *,
        most_bytes: int = 1 << 26,
    ) -> tuple[int, bytes]:
        """One request, tried again where the connection breaks."""
        for wait_s in (*self._waits_s, None):
            try:
                return self._once(method, headers, body, most_bytes)
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                if wait_s is None:
                    raise Fault(
                        "fetch",
                        f"{self.url} cannot be reached: {error or type(error).__name__}",
                        hint="try again later: what was fetched is kept",
                    ) from None
                time.sleep(wait_s)
        raise AssertionError

    def _once(
        self, method: str, headers: dict[str, str], body: bytes | None, most_bytes: int
    ) -> tuple[int, bytes]:
        self.requests += 1
        self._connection.request(method, self._path, body, headers)
        answer = self._connection.getresponse()
        if answer.status == 200 and "Range" in headers:  # not to read gigabytes for one chunk
            self._connection.close()
            return 200, b""
        data = answer.read(most_bytes + 1)
        self.fetched_bytes += len(data)
        if len(data) <= most_bytes and answer.length:  # cut off, which `read` does not say
            raise http.client.IncompleteRead(data, answer.length)
        if len(data) > most_bytes:
            self._connection.close()
            raise Fault("fetch", f"{self.url} answered with more than {most_bytes} bytes")
        return answer.status, data

    def close(self) -> None:
        """See ``Source.close``."""
        self._connection.close()


def is_address(place: str) -> bool:
    """Whether a place is an address rather than a path."""
    return place.startswith(("http://", "https://"))


def check_address(place: str) -> urllib.parse.SplitResult:
    """An address in its parts. Raises Fault ``input`` if it is none."""
    with contextlib.suppress(ValueError):  # a port that is no number
        parts = urllib.parse.urlsplit(place)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return parts
    raise Fault("input", f"{place!r} is no address", hint="http://HOST:PORT/NAME")


def open_source(place: str) -> FileSource | HttpSource:
    """A bundle at a path or an address."""
    return HttpSource(place) if is_address(place) else FileSource(Path(place))
