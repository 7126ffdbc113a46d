"""Markdown as what a reader sees: headings, paragraphs, items, rows of tables and code."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.optional import require

from .decoding import decode
from .reading import Reading, Script
from .rows import add_table
from .sections import Sections

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?\n(?:---|\.\.\.)[ \t]*\n", re.S)
_TAGS = re.compile(r"<!--.*?-->|</?[A-Za-z][^>]*>", re.S)


def read_markdown(content: bytes) -> Reading:
    """The blocks of a Markdown file, without its markup and front matter."""
    text, encoding = decode(content)
    script = Script()
    add_markdown(script, text)
    return script.finish(encoding=encoding)


def add_markdown(
    script: Script, text: str, *, sections: Sections | None = None, **place: Any
) -> None:
    """Add the blocks of Markdown to a script.

    Args:
        script: What grows.
        text: The Markdown.
        sections: The headings so far, if this goes on from something.
        place: What is added to the place of each block.
    """
    sections = sections or Sections()
    text = _FRONT_MATTER.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    tokens = _parser().parse(text)
    for at, token in enumerate(tokens):
        if token.type == "inline":
            before = tokens[at - 1]
            words = _words(token.children or [])
            if before.type == "heading_open":
                path = sections.enter(int(before.tag[1:]), words)
                script.add(words, "heading", section=path, **place)
            elif before.type not in ("th_open", "td_open"):
                script.add(words, section=sections.path, **place)
        elif token.type in ("fence", "code_block"):
            script.add(token.content, "code", section=sections.path, **place)
        elif token.type == "html_block":
            script.add(_TAGS.sub(" ", token.content), section=sections.path, **place)
        elif token.type == "table_open":
            add_table(script, _rows(tokens, at), headed=True, section=sections.path, **place)


def _rows(tokens: Sequence[Token], start: int) -> list[list[str]]:
    """The cells of the rows of the table that begins at a token."""
    rows: list[list[str]] = []
    for at in range(start, len(tokens)):
        token = tokens[at]
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_words(token.children or []))
    return rows


def _words(children: Sequence[Token]) -> str:
    said = []
    for child in children:
        if child.type in ("text", "code_inline"):
            said.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            said.append(" ")
        elif child.type == "image":
            said.append(child.content)
    return "".join(said)


@functools.cache
def _parser() -> Any:
    return require("markdown_it", extra="knowledge").MarkdownIt("commonmark").enable("table")


@functools.cache
def parser_version() -> str:
    """Which parser reads it."""
    return f"markdown-it-py {require('markdown_it', extra='knowledge').__version__}"
