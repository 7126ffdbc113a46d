"""A folder's files on the loopback address, whole or in parts (RFC 9110, section 14)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO, ClassVar
from urllib.parse import unquote, urlsplit

_RANGE = re.compile(r"bytes=(\d+)-(\d+)")
_BLOCK_BYTES = 1 << 18


class FolderRequest(BaseHTTPRequestHandler):
    """One caller of a door; who asks for what is written down nowhere.

    Attributes:
        headers_of_all: What every answer carries.
        kinds: Content types by suffix; of all others it is that of bytes.
        first: What the folder itself shows, if anything.
    """

    server: FolderDoor
    protocol_version = "HTTP/1.1"
    timeout = 60
    headers_of_all: ClassVar[Mapping[str, str]] = {}
    kinds: ClassVar[Mapping[str, str]] = {}
    first: ClassVar[str] = ""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""

    def is_welcome(self) -> bool:
        """Whether this caller is shown files at all."""
        return True

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        if not self.is_welcome():
            self.end(403, 0)
        elif (path := self._find()) is None:
            self.end(404, 0)
        else:
            self._show(path)

    def do_POST(self) -> None:
        self.take()

    def take(self) -> None:
        """Take what is sent; a door of files alone takes nothing."""
        self.close_connection = True
        self.end(404, 0)

    def _find(self) -> Path | None:
        """The file that is asked for; None where there is none that is shown."""
        asked = unquote(urlsplit(self.path).path).lstrip("/") or self.first
        if "\0" in asked or any(name.startswith(".") for name in Path(asked).parts):
            return None
        path = (self.server.folder / asked).resolve()
        return path if path.is_relative_to(self.server.folder) and path.is_file() else None

    def _show(self, path: Path) -> None:
        size_bytes = path.stat().st_size
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        first, last = (int(asked[1]), int(asked[2])) if asked else (0, size_bytes - 1)
        last = min(last, size_bytes - 1)
        if asked and first >= size_bytes:
            self.end(416, 0)
            return
        kind = self.kinds.get(path.suffix, "application/octet-stream")
        ranged = {"Content-Range": f"bytes {first}-{last}/{size_bytes}"} if asked else {}
        self.end(206 if asked else 200, last - first + 1, {"Content-Type": kind, **ranged})
        if self.command == "GET":
            with path.open("rb") as file:
                file.seek(first)
                self._send(file, last - first + 1)

    def _send(self, file: BinaryIO, size_bytes: int) -> None:
        while size_bytes > 0 and (data := file.read(min(size_bytes, _BLOCK_BYTES))):
            self.wfile.write(data)
            size_bytes -= len(data)

    def end(self, status: int, size_bytes: int, headers: Mapping[str, str] | None = None) -> None:
        """Write what stands before the body."""
        self.send_response_only(status)
        for name, value in {**self.headers_of_all, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(size_bytes))
        self.send_header("Accept-Ranges", "bytes")
        self.end_headers()


class FolderDoor(ThreadingHTTPServer):
    """The files of one folder; nothing whose name begins with a dot is shown.

    Args:
        folder: The folder.
        port: Where, on the loopback address; 0 takes a free one.

    Raises:
        OSError: Another program listens there.
    """

    daemon_threads = True
    answering: ClassVar[type[FolderRequest]] = FolderRequest

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), self.answering)
        self.folder = folder.resolve()

    @property
    def address(self) -> str:
        """Where it is; it ends with a slash, as the address of a folder does."""
        return f"http://127.0.0.1:{self.server_address[1]}/"
