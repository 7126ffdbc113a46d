"""A document as one HTML page that needs no other file, light or dark, and reads on a phone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from workbench.core.optional import require
from workbench.core.progress import track
from workbench.reports.palette import DARK, FONT, GRID, INK, PAPER, QUIET, SCALE, SERIES

from .charts import draw_chart
from .document import Document

_SIZE = re.compile(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"')


def to_html(document: Document) -> str:
    """The page. Everything of the document is escaped; pictures stand inline as SVG.

    Raises:
        InputError: A chart cannot be drawn.
        DependencyError: vl-convert is not installed.
    """
    jinja2 = require("jinja2", extra="reports")
    markup = require("markupsafe", extra="reports")
    pictures = {
        id(chart): markup.Markup(_inline(chart.spec, chart.caption, chart.alternative))
        for chart in track(list(document.charts()), "Drawing charts")
    }
    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("page.html.j2")
    return str(
        page.render(
            document=document,
            date=f"{document.date:%d %B %Y}".lstrip("0"),
            pictures=pictures,
            picture_of=lambda chart: pictures[id(chart)],
            dark=_dark_rules(),
            look={"ink": INK, "quiet": QUIET, "grid": GRID, "paper": PAPER, "shade": SCALE[0]},
            accent=SERIES[0],
            font=markup.Markup(FONT),
        )
    )


def _inline(spec: dict[str, Any], name: str, alternative: str) -> str:
    """The picture in the page: it shrinks with it, and is one thing with words for who listens."""
    escape = require("markupsafe", extra="reports").escape
    svg = _SIZE.sub(r"\1", draw_chart(spec, name=name), count=1)
    return svg.replace("<svg", f'<svg role="img" aria-label="{escape(alternative)}"', 1)


def _dark_rules() -> str:
    return "".join(
        f'figure [{kind}="{light}"]{{{kind}:{dark}}}'
        for light, dark in DARK.items()
        for kind in ("fill", "stroke")
    )
