"""Which reader a file has, by the ending of its name.

A reader is a pure function of the bytes. Its version is part of a reading's key: whoever changes
what it gives raises it, and each document is read anew at the next update.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from .decoding import guesser_version
from .markdown import parser_version
from .pdf import pdfium_version
from .reading import Reading

_CODE = (
    *("bash", "c", "cc", "cpp", "cs", "css", "go", "h", "hpp", "java", "jl", "js", "jsx", "kt"),
    *("lua", "m", "php", "pl", "r", "rb", "rs", "scala", "sh", "sql", "swift", "ts", "tsx"),
)
_TEXT = ("adoc", "log", "org", "rst", "tex", "text", "txt")


@dataclass(frozen=True)
class Reader:
    """A format. ``function`` stands in the module of that name beside this one."""

    name: str
    own_version: str
    endings: tuple[str, ...]
    function: str
    libraries: tuple[Callable[[], str], ...] = (guesser_version,)

    @property
    def version(self) -> str:
        """Its own version and those of the libraries that its result depends on."""
        return ", ".join((self.own_version, *(library() for library in self.libraries)))

    def read(self, content: bytes) -> Reading:
        """The file as text.

        Raises:
            DataError: It is not of this format, or damaged.
            DependencyError: What reads it is not installed.
        """
        module, _, name = self.function.partition(":")
        read = getattr(importlib.import_module(f"{__package__}.{module}"), name)
        found: Reading = read(content)
        return found


READERS = (
    Reader("text", "2", _TEXT, "plain_text:read_plain_text"),
    Reader(
        "markdown",
        "2",
        ("md", "markdown", "mdown", "qmd", "rmd"),
        "markdown:read_markdown",
        (guesser_version, parser_version),
    ),
    Reader("html", "2", ("html", "htm", "xhtml"), "html_page:read_html"),
    Reader(
        "notebook", "2", ("ipynb",), "notebook:read_notebook", (guesser_version, parser_version)
    ),
    Reader("pdf", "1", ("pdf",), "pdf:read_pdf", (pdfium_version,)),
    Reader("python", "1", ("py", "pyi"), "code:read_python"),
    Reader("code", "1", _CODE, "code:read_other_code"),
    Reader("table", "2", ("csv",), "table:read_table"),
    Reader("tabs", "2", ("tsv", "tab"), "table:read_tabs"),
)
_BY_ENDING = {ending: reader for reader in READERS for ending in reader.endings}


def reader_of(ending: str) -> Reader | None:
    """The reader of files with an ending (``.md``); None where none reads such files."""
    return _BY_ENDING.get(ending[1:].lower())
