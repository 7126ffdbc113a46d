"""The text cells of a notebook as HTML, with headings that can be linked to."""

from __future__ import annotations

import base64
import html
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mistune
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from .clean import clean_html
from .mathml import tex_to_mathml

# A dollar before a digit and after a space is money: "$5 and $10" holds no formula.
_INLINE_MATH = (
    r"\$\$(?P<double_tex>[^$]+?)\$\$"
    r"|\$(?![\s$])(?P<inline_tex>(?:\\.|[^$\\`])+?)(?<!\s)\$(?!\d)"
    r"|\\\((?P<paren_tex>.+?)\\\)"
)
_BLOCK_MATH = r"^ {0,3}(?:\$\$(?P<block_tex>[\s\S]+?)\$\$|\\\[(?P<bracket_tex>[\s\S]+?)\\\])[ \t]*$"
_BARE_ENVIRONMENT = (
    r"^ {0,3}(?P<environment_tex>"
    r"\\begin\{(?P<environment_name>align\*?|aligned|cases|equation\*?)\}"
    r"[\s\S]+?\\end\{(?P=environment_name)\})[ \t]*$"
)
_INLINE_NAMES = ("double_tex", "inline_tex", "paren_tex")
_BLOCK_NAMES = ("block_tex", "bracket_tex", "environment_tex")
_MAX_EMBEDDED_BYTES = 2_000_000


@dataclass(frozen=True)
class Heading:
    """A heading, as the table of contents lists it."""

    level: int
    text: str
    anchor: str


@dataclass
class MarkdownPage:
    """Turns the text cells of one notebook to HTML, one after the other, and keeps its headings.

    ``folder`` is where relative pictures lie; they are put into the page.
    """

    folder: Path
    headings: list[Heading] = field(default_factory=list)
    _anchors: set[str] = field(default_factory=set)

    def render(self, source: str, attachments: Mapping[str, Any] | None = None) -> str:
        """One cell's text as HTML that loads nothing from elsewhere."""
        renderer = _Renderer(self, attachments or {})
        names = ["table", "strikethrough", "task_lists", "footnotes"]
        markdown = mistune.create_markdown(renderer=renderer, plugins=names)
        _math(markdown)
        return clean_html(str(markdown(source)))[0]

    def add_heading(self, level: int, text: str) -> Heading:
        """Note a heading and give it an anchor that no other has."""
        plain = html.unescape(re.sub(r"<[^>]+>", "", text))
        base = re.sub(r"[^\w]+", "-", plain.lower()).strip("-") or "section"
        anchor, number = base, 2
        while anchor in self._anchors:
            anchor, number = f"{base}-{number}", number + 1
        self._anchors.add(anchor)
        self.headings.append(Heading(level, plain, anchor))
        return self.headings[-1]


def highlight_code(source: str, language: str = "python") -> str:
    """Code as ``<pre>`` with Pygments' classes, whose colours the page sets."""
    try:
        lexer = get_lexer_by_name(language, stripnl=True)
    except ClassNotFound:
        return f"<pre>{html.escape(source)}</pre>"
    return str(highlight(source, lexer, HtmlFormatter(nowrap=False, cssclass="code-block")))


def math_to_html(tex: str, *, block: bool) -> str:
    """A formula drawn by the browser, or as readable TeX where it is beyond our means."""
    try:
        drawn = tex_to_mathml(tex, block=block)
    except (ValueError, IndexError):
        tag = "div" if block else "span"
        return f'<{tag} class="tex">{html.escape(tex.strip())}</{tag}>'
    return f'<div class="formula">{drawn}</div>' if block else drawn


class _Renderer(mistune.HTMLRenderer):
    def __init__(self, page: MarkdownPage, attachments: Mapping[str, Any]) -> None:
        super().__init__(escape=False)
        self.page, self.attachments = page, attachments

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        made = self.page.add_heading(level, text)
        link = f'<a class="anchor" href="#{html.escape(made.anchor)}" aria-hidden="true">#</a>'
        return f'<h{level} id="{html.escape(made.anchor)}">{text}{link}</h{level}>\n'

    def block_code(self, code: str, info: str | None = None) -> str:
        return highlight_code(code, (info or "text").split()[0])

    def table(self, text: str) -> str:
        return f'<div class="wide"><table>{text}</table></div>\n'

    def image(self, text: str, url: str, title: str | None = None) -> str:
        shown = self._embed(url)
        caption = f' title="{html.escape(title)}"' if title else ""
        return f'<img src="{html.escape(shown)}" alt="{html.escape(text)}"{caption}>'

    def _embed(self, url: str) -> str:
        if url.startswith("attachment:"):
            bundle = self.attachments.get(url.removeprefix("attachment:"), {})
            for mime, content in bundle.items():
                return f"data:{mime};base64,{content}"
        path = self.page.folder / url
        mime = mimetypes.guess_type(url)[0] or ""
        if ":" in url or not mime.startswith("image/") or not path.is_file():
            return url
        content = path.read_bytes()
        if len(content) > _MAX_EMBEDDED_BYTES:
            return url
        return f"data:{mime};base64,{base64.b64encode(content).decode()}"


def _math(markdown: Any) -> None:
    """Mistune's plugin protocol: formulas, inline and on lines of their own."""
    markdown.inline.register("inline_math", _INLINE_MATH, _parse_inline, before="escape")
    markdown.block.register("block_math", _BLOCK_MATH, _parse_block, before="list")
    markdown.block.register("environment", _BARE_ENVIRONMENT, _parse_block, before="list")
    renderer = markdown.renderer
    renderer.register("inline_math", lambda _, text: math_to_html(text, block=False))
    renderer.register("block_math", lambda _, text: math_to_html(text, block=True) + "\n")


def _parse_inline(inline: Any, found: re.Match[str], state: Any) -> int:
    groups = found.groupdict()
    text = next(groups[name] for name in _INLINE_NAMES if groups.get(name))
    state.append_token({"type": "inline_math", "raw": text})
    return found.end()


def _parse_block(block: Any, found: re.Match[str], state: Any) -> int:
    groups = found.groupdict()
    text = next(groups[name] for name in _BLOCK_NAMES if groups.get(name))
    text = re.sub(r"\\(begin|end)\{equation\*?\}", "", text)
    state.append_token({"type": "block_math", "raw": text})
    return found.end() + 1
