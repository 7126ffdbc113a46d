"""A page's files on the loopback address, with the headers that shut all other places out."""

from __future__ import annotations

import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

# WebAssembly is compiled code; nothing else may be made of text, and nothing comes from elsewhere.
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".wasm": "application/wasm",
}
_HEADERS = {
    "Content-Security-Policy": POLICY,
    # The two by which a browser gives threads shared memory.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
_LOCAL = re.compile(r"(localhost|127\.0\.0\.1)(:\d+)?")
_BLOCK = 1 << 18


class PageDoor(ThreadingHTTPServer):
    """The files of one page.

    Args:
        folder: The page's folder, as ``building.make_page`` makes it.
        port: Where, on the loopback address; 0 takes a free one.
    """

    daemon_threads = True

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Request)
        self.folder = folder.resolve()

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Request(BaseHTTPRequestHandler):
    server: PageDoor
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: who asked for what is nobody's business."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        name = unquote(urlsplit(self.path).path).lstrip("/") or "index.html"
        path = (self.server.folder / name).resolve()
        # A page of elsewhere whose name was made to point here must not read it.
        if not _LOCAL.fullmatch(self.headers.get("Host", "")):
            self._head(403, 0, "")
        elif not path.is_relative_to(self.server.folder) or not path.is_file():
            self._head(404, 0, "")
        else:
            self._head(200, path.stat().st_size, _KINDS.get(path.suffix, ""))
            if self.command == "GET":
                with path.open("rb") as file:
                    while data := file.read(_BLOCK):
                        self.wfile.write(data)

    def _head(self, status: int, size_bytes: int, kind: str) -> None:
        self.send_response_only(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind or "application/octet-stream")
        self.send_header("Content-Length", str(size_bytes))
        self.end_headers()
