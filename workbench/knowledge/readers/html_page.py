"""HTML as what a reader sees: blocks of text under their headings, rows of tables, code."""

from __future__ import annotations

from html.parser import HTMLParser

from .decoding import declared_in, decode
from .reading import Kind, Reading, Script
from .sections import Sections

_UNSEEN = {"script", "style", "noscript", "template", "svg", "head", "iframe", "object", "select"}
_BLOCKS = {
    *("address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "dialog"),
    *("div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hr"),
    *("html", "li", "main", "nav", "ol", "p", "section", "summary", "table", "tbody", "tfoot"),
    *("thead", "tr", "ul"),
}
_HEADINGS = {f"h{level}" for level in range(1, 7)}
# Without an end tag; such a tag inside what is not seen would otherwise never be left.
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"}


class _Page(HTMLParser):
    """Gathers text until a block begins or ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.script, self.sections = Script(), Sections()
        self.title = ""
        self._said: list[str] = []
        self._hidden: list[str] = []
        self._in_title = False
        self._in_pre = 0
        self._level = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._in_title = True
        elif tag == "body" and self._hidden == ["head"]:  # a head that was never closed
            self._hidden.clear()
        if tag in _UNSEEN and tag not in _VOID:
            self._hidden.append(tag)
        elif self._hidden:
            return
        elif tag in _HEADINGS:
            self._flush()
            self._level = int(tag[1])
        elif tag == "pre":
            self._flush()
            self._in_pre += 1
        elif tag in _BLOCKS:
            self._flush()
        elif tag in ("td", "th"):
            self._said.append(" | " if "".join(self._said).strip() else "")
        elif tag == "br":
            self._said.append("\v")

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        if self._hidden:
            if tag in self._hidden:
                del self._hidden[self._hidden.index(tag) :]
            return
        if tag in _HEADINGS or tag in _BLOCKS or tag == "pre":
            self._flush()
            self._in_pre = max(0, self._in_pre - (tag == "pre"))
            self._level = 0

    def handle_data(self, data: str) -> None:
        if self._in_title and not self.title:
            self.title = " ".join(data.split())
        elif not self._hidden:
            self._said.append(data)

    def finish(self) -> None:
        """Read to the end, also of a page that was cut off."""
        self.close()
        self._flush()

    def _flush(self) -> None:
        said, self._said = "".join(self._said), []
        if not said.strip():
            return
        kind: Kind = "code" if self._in_pre else "text"
        if self._in_pre == 0:
            said = "\n".join(" ".join(line.split()) for line in _unbroken(said))
        if self._level and said.strip():
            kind = "heading"
            said = " ".join(said.split())
            self.sections.enter(self._level, said)
        self.script.add(said, kind, section=self.sections.path)


def _unbroken(said: str) -> list[str]:
    """Lines of a block. A line's end in the source is a space; only ``<br>`` ends a line."""
    return said.replace("\n", " ").split("\v")


def read_html(content: bytes) -> Reading:
    """The blocks of a page, without what a browser does not show."""
    text, encoding = decode(content, declared=declared_in(content, kind="html"))
    page = _Page()
    page.feed(text)
    page.finish()
    if page.title and not page.script.length:
        page.script.add(page.title, "heading")
    return page.script.finish(encoding=encoding)
