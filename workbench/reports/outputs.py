"""The outputs of a code cell as HTML: the richest form that needs neither network nor kernel."""

from __future__ import annotations

import base64
import html
import json
from dataclasses import dataclass
from typing import Any

from . import display
from .ansi import ansi_to_html
from .claims import bounds_text, format_value
from .clean import clean_html
from .markdown import MarkdownPage, math_to_html
from .stamps import stamp_rows

PLOTLY_MIME = "application/vnd.plotly.v1+json"
WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
# A page of a hundred thousand lines serves nobody, and a browser least.
_MAX_TEXT = 200_000


@dataclass(frozen=True)
class OutputStyle:
    """How outputs are drawn. ``standalone`` keeps only the picture of an interactive figure."""

    page: MarkdownPage
    standalone: bool = False


def render_outputs(outputs: list[Any], style: OutputStyle) -> str:
    """All outputs of one cell."""
    return "".join(_render(output, style) for output in outputs)


def _render(output: Any, style: OutputStyle) -> str:
    kind = output["output_type"]
    if kind == "stream":
        return _text(_join(output["text"]), f"stream {output['name']}")
    if kind == "error":
        return _traceback(output)
    return _bundle(output.get("data", {}), style)


def _bundle(data: dict[str, Any], style: OutputStyle) -> str:
    for mime, draw in (
        (display.CLAIM_MIME, _claim),
        (display.STAMP_MIME, _stamp),
        (display.INPUT_MIME, _input),
    ):
        if isinstance(data.get(mime), dict):
            return draw(data[mime])
    if PLOTLY_MIME in data:
        return _plotly(data, style)
    static = _static(data, style)
    if static:
        return static
    if WIDGET_MIME in data:
        return '<p class="note">A control, which works in JupyterLab.</p>'
    return ""


def _static(data: dict[str, Any], style: OutputStyle) -> str:
    """The best form that stands still; empty if there is none."""
    if "text/html" in data:
        cleaned, is_visible = clean_html(_join(data["text/html"]))
        if is_visible:
            return f'<div class="output rich wide">{cleaned}</div>'
    if "text/markdown" in data:
        text = style.page.render(_join(data["text/markdown"]))
        return f'<div class="output rich">{text}</div>'
    picture = picture_html(data)
    if picture:
        own = " own" if display.PICTURE_MIME in data else ""
        return f'<div class="output figure{own}">{picture}</div>'
    if "text/latex" in data:
        tex = _join(data["text/latex"]).strip().strip("$")
        return f'<div class="output">{math_to_html(tex, block=True)}</div>'
    if "application/json" in data:
        return _text(json.dumps(data["application/json"], indent=1, ensure_ascii=False), "json")
    text = _join(data.get("text/plain", ""))
    if text.strip():
        return _text(text, "widget" if WIDGET_MIME in data else "result")
    return ""


def picture_html(data: dict[str, Any]) -> str:
    """The picture of an output, the one in both themes first; empty if it has none."""
    alternative = html.escape(_join(data.get("text/plain", ""))[:200]) or "figure"
    both = data.get(display.PICTURE_MIME)
    if isinstance(both, dict) and isinstance(both.get("wide"), str):
        wide = f'<img src="{_svg_address(both["wide"])}" alt="{alternative}">'
        narrow = both.get("narrow")
        if not isinstance(narrow, str):
            return wide
        phone = f'<source media="(max-width: 40rem)" srcset="{_svg_address(narrow)}">'
        return f"<picture>{phone}{wide}</picture>"
    if "image/svg+xml" in data:
        address = _svg_address(_join(data["image/svg+xml"]))
        return f'<img src="{address}" alt="{alternative}">'
    for mime in _PICTURES:
        if mime in data:
            content = "".join(_join(data[mime]).split())
            return f'<img src="data:{mime};base64,{html.escape(content)}" alt="{alternative}">'
    return ""


def _svg_address(svg: str) -> str:
    """SVG as a picture and not as part of the page: its ids and styles then stay its own."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _plotly(data: dict[str, Any], style: OutputStyle) -> str:
    picture = picture_html(data)
    # Ours follows the page's theme; any other was drawn for white, and gets a white card.
    own = " own" if display.PICTURE_MIME in data else ""
    if style.standalone:
        missing = '<p class="note">An interactive figure without a picture of it.</p>'
        return f'<div class="output figure{own}">{picture or missing}</div>'
    waiting = '<p class="note">An interactive figure: it needs JavaScript.</p>'
    # "<" would let a text inside the figure end the script element.
    figure = json.dumps(data[PLOTLY_MIME], separators=(",", ":")).replace("<", "\\u003c")
    return (
        f'<div class="output figure plotly{own}">{picture or waiting}'
        f'<script type="application/json">{figure}</script></div>'
    )


def _claim(claim: dict[str, Any]) -> str:
    ok = bool(claim.get("ok"))
    value = claim.get("note") or format_value(claim.get("value"))
    unit = f" {claim['unit']}" if claim.get("unit") else ""
    bounds = bounds_text(claim.get("low"), claim.get("high"), claim.get("equals"))
    return (
        f'<div class="output claim {"passed" if ok else "failed"}">'
        f'<span class="mark">{"✓ passed" if ok else "✗ failed"}</span> '
        f"{html.escape(str(claim.get('name')))} = <strong>{html.escape(str(value) + unit)}</strong>"
        f' <span class="quiet">({html.escape(bounds)})</span></div>'
    )


def _stamp(stamp: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
        for name, value in stamp_rows(stamp)
    )
    return f'<div class="output stamp wide"><table>{rows}</table></div>'


def _input(used: dict[str, Any]) -> str:
    name = html.escape(f"{used.get('name')} {used.get('version') or ''}".strip())
    digest = html.escape(str(used.get("sha256", ""))[:12])
    return (
        f'<div class="output input"><span class="quiet">input</span> {name} '
        f'<code class="quiet">sha256 {digest}…</code></div>'
    )


def _traceback(output: Any) -> str:
    name = html.escape(f"{output['ename']}: {output['evalue']}")
    lines = "\n".join(output.get("traceback", []))
    return (
        f'<div class="output error" role="alert"><p class="error-name">{name}</p>'
        f"<pre>{ansi_to_html(lines)}</pre></div>"
    )


def _text(text: str, kind: str) -> str:
    if not text.strip():
        return ""
    shown = text.rstrip("\n")
    more = ""
    if len(shown) > _MAX_TEXT:
        more = f'<p class="note">{len(shown) - _MAX_TEXT:,} more characters are not shown.</p>'
        shown = shown[:_MAX_TEXT]
    said = '<span class="label">stderr</span>' if kind.endswith("stderr") else ""
    return f'<div class="output text {kind}">{said}<pre>{ansi_to_html(shown)}</pre>{more}</div>'


def _join(text: Any) -> str:
    """nbformat joins lines when it reads; a notebook in memory may hold them apart."""
    return "".join(text) if isinstance(text, list) else str(text)
