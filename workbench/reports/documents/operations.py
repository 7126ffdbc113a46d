"""What a user can ask of documents: to draw one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import InputError, NotFoundError
from workbench.core.operations import operation
from workbench.core.viewers import Viewable
from workbench.store import files

if TYPE_CHECKING:
    from .document import Document


@dataclass(frozen=True)
class WrittenDocument(Viewable):
    """Where a document was written to; ``pages`` are those of the PDF."""

    title: str
    charts: int
    tables: int
    pdf: Path | None
    pages: int | None
    html: Path | None


@operation("reports.document", title="Draw a document as PDF or HTML", produces="document")
def document(source: Path, *, pdf: Path | None = None, html: Path | None = None) -> WrittenDocument:
    """Draw a document that is given as JSON: titles, text, key figures, tables, Vega-Lite charts.

    The PDF is paginated and tagged for screen readers; the page needs no other file.

    Args:
        source: The document, as docs/how-to/documents.md describes it.
        pdf: Where to write the PDF.
        html: Where to write the page.

    Raises:
        NotFoundError: There is no such file.
        InputError: The document or one of its charts cannot be drawn; nothing was written.
        StorageError: A file cannot be written there.
    """
    from .document import Table, read_document

    if pdf is None and html is None:
        raise InputError("nothing to write", hint="--pdf OUT.pdf or --html OUT.html")
    for place in filter(None, (pdf, html)):
        files.check_place(place.absolute())
    made = read_document(_read(source))
    drawn_pdf, pages = _draw_pdf(made) if pdf is not None else (None, None)
    drawn_html = _draw_html(made) if html is not None else None
    for path, content in ((pdf, drawn_pdf), (html, drawn_html)):
        if path is not None and content is not None:
            with files.replacing(path.absolute()) as file:
                file.write(content)
    return WrittenDocument(
        title=made.title,
        charts=sum(1 for _ in made.charts()),
        tables=sum(isinstance(block, Table) for block in made.blocks()),
        pdf=None if pdf is None else pdf.absolute(),
        pages=pages,
        html=None if html is None else html.absolute(),
    )


def _read(source: Path) -> dict[str, object]:
    try:
        given = json.loads(source.read_text("utf-8"))
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {source}") from None
    except (IsADirectoryError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{source} is no document in JSON: {error}") from None
    if not isinstance(given, dict):
        raise InputError(f"{source} is no document: it is a {type(given).__name__}, not an object")
    return given


def _draw_pdf(made: Document) -> tuple[bytes, int]:
    from .pdf import count_pages, to_pdf

    drawn = to_pdf(made)
    return drawn, count_pages(drawn)


def _draw_html(made: Document) -> bytes:
    from .html_page import to_html

    return to_html(made).encode()
