"""A document as a paginated PDF, tagged for screen readers (PDF/UA-1), by typst in this process.

The document goes in as data and is never pasted into typst's source: no text in it can be markup.
Fonts are those that typst brings, and DejaVu Sans of matplotlib's wheel for the charts; a system's
fonts are asked only for letters that neither has.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.optional import require
from workbench.core.progress import track
from workbench.reports.palette import GRID, INK, QUIET, SCALE, SERIES

from .charts import FONT, draw_chart, font_folder
from .document import Block, Chart, Document, Section, Table

STANDARD = "ua-1"
_BODY_FONT = "Libertinus Serif"
_LONG_CELL = 26  # letters: a column with longer cells shares the room that is left
# Latin, Greek, Cyrillic, punctuation, currency, arrows, mathematics, shapes: in the fonts brought.
_BROUGHT = re.compile(r"[\u0000-\u052f\u1e00-\u2bff\ufffd]*")


def to_pdf(document: Document) -> bytes:
    """The PDF: one document gives the same bytes whenever it is drawn.

    Raises:
        InputError: A chart cannot be drawn, or a picture of it cannot stand in a PDF.
        DependencyError: typst or vl-convert is not installed.
    """
    (made,) = _compile(document, {"format": "pdf", "pdf_standards": [STANDARD]})
    return made


def to_png_pages(document: Document, *, pixels_per_inch: float = 96.0) -> list[bytes]:
    """The same pages as pictures, to be looked at."""
    return _compile(document, {"format": "png", "ppi": pixels_per_inch})


def count_pages(drawn: bytes) -> int:
    """How many pages a PDF of ours has."""
    return len(re.findall(rb"/Type/Page\b", drawn))


def _compile(document: Document, wanted: Mapping[str, Any]) -> list[bytes]:
    typst = require("typst", extra="monitoring")
    data = json.dumps(_as_data(document))
    folder = font_folder()
    fonts = typst.Fonts(
        include_system_fonts=not _has_brought_letters(document),
        font_paths=[] if folder is None else [str(folder)],
    )
    made_at = dt.datetime.combine(document.date, dt.time(), dt.UTC)
    try:
        made = typst.compile(
            (Path(__file__).parent / "report.typ").read_bytes(),
            font_paths=fonts,
            sys_inputs={"document": data},
            timestamp=int(made_at.timestamp()),
            **wanted,
        )
    except typst.TypstError as error:
        raise InputError(
            f"the document {document.title!r} could not be set: {error.message}",
            hint=" ".join(error.hints) or None,
            diagnostic=error.diagnostic,
        ) from None
    return list(made) if isinstance(made, list) else [made]


def _has_brought_letters(document: Document) -> bool:
    """Whether the fonts that are always there have every letter of it."""
    return _BROUGHT.fullmatch(document.model_dump_json()) is not None


def _as_data(document: Document) -> dict[str, Any]:
    drawn = {
        id(chart): draw_chart(chart.spec, name=chart.caption, half=chart.width == "half")
        for chart in track(list(document.charts()), "Drawing charts")
    }
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "author": document.author,
        "language": document.language,
        "date": f"{document.date:%d %B %Y}".lstrip("0"),
        "fonts": [_BODY_FONT, FONT],
        "colours": {
            "ink": INK, "quiet": QUIET, "grid": GRID, "accent": SERIES[0], "shade": SCALE[0]
        },
        "summary": _blocks(document.summary, drawn),
        "sections": [_section(each, drawn) for each in document.sections],
    }  # fmt: skip


def _section(section: Section, drawn: Mapping[int, str]) -> dict[str, Any]:
    return {
        "title": section.title,
        "new_page": section.new_page,
        "blocks": _blocks(section.blocks, drawn),
        "sections": [_section(each, drawn) for each in section.sections],
    }


def _blocks(blocks: Iterable[Block], drawn: Mapping[int, str]) -> list[dict[str, Any]]:
    """The blocks as the template wants them; two halves in a row become a pair."""
    made: list[dict[str, Any]] = []
    waiting = False
    for block in blocks:
        told = _block(block, drawn)
        is_half = isinstance(block, Chart) and block.width == "half"
        if is_half and waiting:
            made[-1] = {"kind": "pair", "items": [made[-1], told]}
        else:
            made.append(told)
        waiting = is_half and not waiting
    return made


def _block(block: Block, drawn: Mapping[int, str]) -> dict[str, Any]:
    if isinstance(block, Chart):
        return {
            "kind": "chart",
            "caption": block.caption,
            "alternative": block.alternative,
            "svg": drawn[id(block)],
        }
    told = block.model_dump(mode="json")
    if isinstance(block, Table):
        told["widths"] = _widths(block)
    elif told["kind"] == "key_figures":
        # Four in a line, but three and three rather than four and two.
        told["across"] = 3 if len(told["items"]) in (3, 5, 6, 9) else 4
    return told


def _widths(table: Table) -> list[int]:
    """0 for a column that is as wide as its cells, and shares of what is left for long ones."""
    longest = [
        max([len(column.title), *(len(row[place]) for row in table.rows)])
        for place, column in enumerate(table.columns)
    ]
    # Shares by the root: a cell four times as long has twice the width and half as many lines.
    shares = [round(10 * min(length, 4 * _LONG_CELL) ** 0.5) for length in longest]
    wide = [share if longest[at] > _LONG_CELL else 0 for at, share in enumerate(shares)]
    if not any(wide):
        # The table fills the page's width: its first column takes what the others leave.
        wide[0] = 1
    return wide
