"""A graph as a page of its own: the widget's script with its data, and nothing from elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from workbench.studio.markup import escape
from workbench.studio.widgets.graph_view import GraphView
from workbench.studio.widgets.live import css, script

if TYPE_CHECKING:
    from workbench.knowledge.views.difference import GraphDiff
    from workbench.knowledge.views.picture import Picture

# The browser itself is told that the page loads nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_STYLE = (
    "body{margin:0}.page{background:var(--paper);min-height:100vh}"
    "main{max-width:78rem;margin:0 auto;padding:1rem}"
    "@media(max-width:30rem){main{padding:.6rem}}"
)
# What anywidget gives a script that runs in a kernel; here no kernel listens.
_ALONE = """
const data = JSON.parse(document.getElementById("data").textContent);
const kept = { data, arrays: {}, chosen: -1 };
render({ el: document.getElementById("picture"), model: {
  get: (name) => kept[name], set: (name, value) => { kept[name] = value; },
  save_changes() {}, send() {}, on() {}, off() {},
} });
"""


def draw_page(picture: Picture) -> str:
    """The picture alive in a page that a browser opens from a file."""
    return _page(picture.title, _alive(picture))


def draw_diff_page(found: GraphDiff) -> str:
    """What changed as a picture, alive, and as tables."""
    from workbench.studio.diff_cards import draw_diff_tables

    tables = draw_diff_tables(found)
    inside = tables if found.picture is None else _alive(found.picture, tables)
    return _page(f"What changed in {found.name}", inside)


def _alive(picture: Picture, below: str = "") -> str:
    view = GraphView(picture, below)
    # Within a script element only this could end it, or begin a comment.
    data = json.dumps({**view.payload(), "alone": True}, ensure_ascii=False).replace("<", "\\u003c")
    return (
        f'<div id="picture"><noscript>{view.html()}</noscript></div>'
        f'<script type="application/json" id="data">{data}</script>'
        f'<script type="module">{script("graph_view")}{_ALONE}</script>'
    )


def _page(title: str, inside: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{css('graph_view')}{_STYLE}</style></head>"
        f'<body><div class="wb page"><main>{inside}</main></div></body></html>\n'
    )
