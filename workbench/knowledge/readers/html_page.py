"""HTML as what a reader sees: blocks of text under their headings, rows of tables, code."""

from __future__ import annotations

from html.parser import HTMLParser

from .decoding import declared_in, decode
from .html_tables import HtmlTable
from .reading import Kind, Reading, Script
from .rows import add_table
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
        self._table: HtmlTable | None = None
        self._within = 0  # tables
        self._rows: list[tuple[str, Kind, str]] = []  # of a table that lays out the page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._in_title = True
        elif tag == "body" and self._hidden == ["head"]:  # a head that was never closed
            self._hidden.clear()
        if tag in _UNSEEN and tag not in _VOID:
            self._hidden.append(tag)
        elif self._hidden:
            return
        if tag == "table":
            self._within += 1
            if self._table is None:
                self._flush()
                self._table = HtmlTable()
                return
        if self._table is not None and not self._hidden:
            self._table.start(tag, dict(attrs))
        if self._hidden:
            return
        if tag in _HEADINGS:
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
        if self._table is not None:
            self._table.end(tag)
        if tag == "table":
            self._within = max(0, self._within - 1)
            if self._within == 0:
                self._end_table()

    def handle_data(self, data: str) -> None:
        if self._in_title and not self.title:
            self.title = " ".join(data.split())
        elif not self._hidden:
            self._said.append(data)
            if self._table is not None:
                self._table.say(data)

    def finish(self) -> None:
        """Read to the end, also of a page that was cut off."""
        self.close()
        self._flush()
        self._end_table()

    def _end_table(self) -> None:
        """A table with heads is added as one; of any other each row by itself."""
        table, self._table = self._table, None
        rows, self._rows = self._rows, []
        if table is None:
            return
        table.finish()
        if table.is_headed and table.is_plain:
            add_table(self.script, table.rows, headed=True, section=self.sections.path)
            return
        for said, kind, section in rows:
            self.script.add(said, kind, section=section)

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
        if self._table is not None and self._table.in_row:
            self._rows.append((said, kind, self.sections.path))
        else:
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
