"""A page's files on the loopback address, with the headers that shut all other places out."""

from __future__ import annotations

import re

from workbench.edge.doors import FolderDoor, FolderRequest

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


class PageRequest(FolderRequest):
    """A browser that asks for a page's file."""

    headers_of_all, kinds, first = _HEADERS, _KINDS, "index.html"

    def is_welcome(self) -> bool:
        """Not a page of elsewhere whose name was made to point here."""
        return _LOCAL.fullmatch(self.headers.get("Host", "")) is not None


class PageDoor(FolderDoor):
    """The files of one page, in a folder as ``building.write_page`` makes it."""

    answering = PageRequest
