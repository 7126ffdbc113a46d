"""A door for devices: a folder's files, in parts (RFC 9110, section 14), and records.

For tests, and where a few devices come by a tunnel; for the files any other file server does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from workbench.core.errors import (
    AccessError,
    InputError,
    IntegrityError,
    StorageError,
    WorkbenchError,
)
from workbench.edge.device.letters import MOST_BYTES
from workbench.edge.device.sending import ROUTE

_STATUS: dict[type[WorkbenchError], int] = {
    AccessError: 403,
    InputError: 400,
    IntegrityError: 400,
    StorageError: 507,
}
_CODES = {AccessError: "access", StorageError: "storage"}
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")


class FileDoor(ThreadingHTTPServer):
    """The files of one folder, on the loopback address, and a desk that takes records.

    Args:
        folder: The folder; nothing whose name begins with a dot is shown.
        port: Where; 0 takes a free one.
        take: Takes a letter and gives its receipt; None takes none.
    """

    daemon_threads = True

    def __init__(
        self, folder: Path, *, port: int = 0, take: Callable[[bytes], bytes] | None = None
    ) -> None:
        super().__init__(("127.0.0.1", port), _Request)
        self.folder, self.take = folder.resolve(), take
        self.sent_bytes = 0

    @property
    def address(self) -> str:
        """Where it is; it ends with a slash, as the address of a folder does."""
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Request(BaseHTTPRequestHandler):
    server: FileDoor
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: who fetched what is nobody's business."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        size, take = self.headers.get("Content-Length", ""), self.server.take
        if self.path != f"/{ROUTE}" or take is None or not size.isdigit():
            self.close_connection = True
            self._end(404, 0)
        elif int(size) > MOST_BYTES:
            self.close_connection = True
            self._answer(413, _plain(InputError(f"a letter has at most {MOST_BYTES:,} bytes")))
        else:
            body = self.rfile.read(int(size))
            if len(body) < int(size):  # the line was cut: there is nobody to answer
                self.close_connection = True
                return
            try:
                self._answer(200, take(body))
            except WorkbenchError as error:
                self._answer(_STATUS.get(type(error), 500), _plain(error))

    def _answer(self, status: int, data: bytes) -> None:
        self._end(status, len(data))
        self.wfile.write(data)

    def do_GET(self) -> None:
        path = self._find()
        if path is None:
            self._end(404, 0)
            return
        size_bytes = path.stat().st_size
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        first, last = (int(asked[1]), int(asked[2])) if asked else (0, size_bytes - 1)
        last = min(last, size_bytes - 1)
        if asked and first >= size_bytes:
            self._end(416, 0)
            return
        self._end(206 if asked else 200, last - first + 1, f"bytes {first}-{last}/{size_bytes}")
        if self.command == "GET":
            with path.open("rb") as file:
                file.seek(first)
                self._send(file, last - first + 1)

    def _find(self) -> Path | None:
        """The file that is asked for; None where there is none that is shown."""
        asked = unquote(self.path).lstrip("/")
        if "\0" in asked or any(name.startswith(".") for name in Path(asked).parts):
            return None
        path = (self.server.folder / asked).resolve()
        return path if path.is_relative_to(self.server.folder) and path.is_file() else None

    def _send(self, file: Any, size_bytes: int) -> None:
        while size_bytes > 0 and (data := file.read(min(size_bytes, 1 << 16))):
            self.wfile.write(data)
            self.server.sent_bytes += len(data)
            size_bytes -= len(data)

    def _end(self, status: int, size_bytes: int, ranged: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(size_bytes))
        self.send_header("Accept-Ranges", "bytes")
        if status == 206:
            self.send_header("Content-Range", ranged)
        self.end_headers()


def _plain(error: WorkbenchError) -> bytes:
    """An error in the runner's words."""
    code = _CODES.get(type(error), "input")
    said = {"code": code, "message": error.message, "hint": error.hint or ""}
    return json.dumps(said).encode()
