"""Formulas of the documentation as MathML, which browsers draw themselves: a Sphinx extension.

Sphinx's own ways are a script from a CDN, a script of a megabyte in each site, or pictures.
The converter is the one that draws the formulas of report pages. What it does not know is a
warning, and so an error of `make docs`: the author sees it, not the reader.
"""

from __future__ import annotations

import html
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from workbench.reports.mathml import tex_to_mathml

log = logging.getLogger(__name__)


def _drawn(node: nodes.Element, *, block: bool) -> str:
    tex = node.astext()
    try:
        return tex_to_mathml(tex, block=block)
    except (ValueError, IndexError) as error:
        log.warning("this formula cannot be drawn: %s", error, location=node)
        return f"<code>{html.escape(tex)}</code>"


def _visit_inline(self: Any, node: nodes.math) -> None:
    self.body.append(_drawn(node, block=False))
    raise nodes.SkipNode


def _visit_block(self: Any, node: nodes.math_block) -> None:
    # A label of the formula is what a reference to it leads to.
    self.body.append(self.starttag(node, "div", CLASS="formula", ids=node.get("ids", [])))
    self.body.append(_drawn(node, block=True) + "</div>")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Sphinx calls this."""
    app.add_html_math_renderer("mathml", (_visit_inline, None), (_visit_block, None))
    return {"version": "1", "parallel_read_safe": True}
