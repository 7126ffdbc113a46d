"""HTML that a cell wrote, made fit for a page that asks nothing of the network.

Scripts are dropped (the page's policy would not run them), and so is whatever would be loaded
from elsewhere; a mark says what stood there. Links stay: following one is the reader's choice.
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

_DROPPED_WITH_CONTENT = {"script", "noscript", "template", "title", "object"}
_DROPPED = {"link", "meta", "base", "html", "head", "body", "embed", "iframe", "frame", "frameset"}
_LOADING = {"src", "srcset", "poster", "data", "background", "xlink:href"}
_VOID = {"area", "br", "col", "hr", "img", "input", "source", "track", "wbr"}
_VISIBLE = {"img", "svg", "canvas", "video", "audio", "hr", "input", "progress", "meter", "math"}
_LOCAL = re.compile(r"^\s*data:", re.IGNORECASE)
_CSS_LOADS = re.compile(r"@import[^;]*;?|url\(\s*(?!['\"]?(?:data:|#))[^)]*\)", re.IGNORECASE)
_SCRIPT_LINK = re.compile(r"^\s*(javascript|vbscript):", re.IGNORECASE)


def clean_html(source: str) -> tuple[str, bool]:
    """Clean a cell's HTML.

    Returns:
        The HTML, and whether a reader sees anything of it. A figure that only its script draws
        leaves an empty box, and its picture or its text serves better.
    """
    cleaner = _Cleaner()
    cleaner.feed(source)
    cleaner.close()
    return "".join(cleaner.parts), cleaner.is_visible


class _Cleaner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self.is_visible = False
        self._silent = 0
        self._in_style = False
        self._open: list[str] = []

    def close(self) -> None:
        """Read to the end, and close what was left open: the page's own boxes must not be."""
        super().close()
        self.parts += [f"</{tag}>" for tag in reversed(self._open)]
        self._open = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED_WITH_CONTENT:
            self._silent += 1
        if self._silent or tag in _DROPPED:
            return
        self._in_style = tag == "style"
        kept, lost = [], ""
        for name, value in attrs:
            if name.startswith("on"):
                continue
            loads = name in _LOADING or (name == "href" and tag in ("image", "use"))
            if loads and not _LOCAL.match(value or "") and not (value or "").startswith("#"):
                lost = value or ""
                continue
            if name == "href" and _SCRIPT_LINK.match(value or ""):
                continue
            if name == "style":
                value = _CSS_LOADS.sub("none", value or "")
            kept.append(name if value is None else f'{name}="{html.escape(value)}"')
        if lost and tag in ("img", "source", "video", "audio", "image"):
            self._mark_loss(lost)
            return
        self.is_visible |= tag in _VISIBLE
        self.parts.append("<" + " ".join([tag, *kept]) + ">")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED_WITH_CONTENT:
            self._silent = max(0, self._silent - 1)
            return
        if self._silent or tag not in self._open:
            return  # it would close a box of the page
        self._in_style = False
        while self._open:
            inner = self._open.pop()
            self.parts.append(f"</{inner}>")
            if inner == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._in_style:
            self.parts.append(_CSS_LOADS.sub("none", data))
            return
        self.is_visible |= bool(data.strip())
        self.parts.append(data)

    def handle_entityref(self, name: str) -> None:
        self._reference(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._reference(f"&#{name};")

    def _reference(self, text: str) -> None:
        if not self._silent:
            self.parts.append(text)

    def _mark_loss(self, address: str) -> None:
        self.is_visible = True
        shown = html.escape(address if len(address) < 80 else address[:77] + "…")
        self.parts.append(f'<span class="lost">not shown, it lies elsewhere: {shown}</span>')
