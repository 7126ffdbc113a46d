"""The page of one run: what was claimed, how it went, and the notebook as a reader wants it."""

from __future__ import annotations

import datetime as dt
import functools
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..core.errors import NotFoundError
from ..store import files
from .claims import bounds_text, format_value
from .machine import versions_text
from .markdown import MarkdownPage, highlight_code
from .outputs import PLOTLY_MIME, OutputStyle, render_outputs
from .records import read_record
from .runs import PAGE_NAME, RECORD_NAME

ASSETS = "assets"
PLOTLY_NAME = "plotly.min.js"
_ERROR_TITLES = {
    "cell": "A cell raised an error",
    "claim": "A claim does not hold",
    "deadline": "The run took too long",
    "kernel": "The kernel ended",
    "cancelled": "The run was cancelled",
    "runner": "The runner failed",
}
_HIDDEN_TAGS = {"remove-cell", "hide-cell"}


def write_page(folder: Path, *, source_folder: Path, standalone: bool = False) -> Path:
    """Write ``report.html`` into the folder of a run, from its record and executed notebook.

    Args:
        folder: The run's folder, ``<out>/<notebook>/<run>/``.
        source_folder: Where the notebook's relative pictures lie.
        standalone: Write a page that needs no other file; interactive figures stay pictures.

    Raises:
        NotFoundError: The folder holds no record.
    """
    record = read_record(folder / RECORD_NAME)
    if record is None:
        raise NotFoundError(f"{folder} holds no record of a run", hint="workbench reports list")
    nb = _read_executed(folder, record)
    target = folder / PAGE_NAME
    page = MarkdownPage(source_folder)
    style = OutputStyle(page, standalone)
    cells = _cells(nb, style, record)
    out = folder.parent.parent
    plotly_href = ""
    if not standalone and _has_plotly(nb) and share_plotly(out):
        plotly_href = f"../../{ASSETS}/{PLOTLY_NAME}"
    files.write_text(
        target,
        render_template(
            "report.html.j2",
            record=record,
            title_html=record["title"],
            summary=summary(record),
            error_title=_ERROR_TITLES.get((record["error"] or {}).get("kind", ""), "It failed"),
            held=sum(bool(claim["ok"]) for claim in record["claims"]),
            facts=facts(record),
            headings=[heading for heading in page.headings if heading.level in (2, 3)],
            cells=_safe(cells),
            index_href="" if standalone else "../../index.html",
            plotly_href=plotly_href,
        ),
    )
    return target


def share_plotly(out: Path) -> bool:
    """Put plotly's script into ``<out>/assets`` once, for all pages; False if there is none."""
    import importlib.resources

    target = out / ASSETS / PLOTLY_NAME
    try:
        source = importlib.resources.files("plotly") / "package_data" / PLOTLY_NAME
        content = source.read_bytes()
    except (ModuleNotFoundError, OSError):  # without plotly's package figures stay pictures
        return target.is_file()
    if not target.is_file() or target.stat().st_size != len(content):
        files.write_bytes(target, content)
    return True


def render_template(name: str, **values: Any) -> str:
    """A page from its template, with the sheet and the script in it."""
    text: str = (
        _environment()
        .get_template(name)
        .render(
            nonce=secrets.token_urlsafe(16),
            css=_safe(_template_text("page.css")),
            js=_safe(_template_text("page.js")),
            **values,
        )
    )
    return text


def summary(record: dict[str, Any]) -> str:
    """When a run was, how long it took and what came of its claims, in one sentence."""
    started = dt.datetime.fromisoformat(record["started_at"])
    claims = record["claims"]
    held = sum(bool(claim["ok"]) for claim in claims)
    said = f"{started:%-d %B %Y, %H:%M} UTC, took {seconds(record['duration_s'])}"
    said += f", profile {record['profile']}"
    if record["status"] == "cancelled":
        return f"{said}, cancelled after {len(claims)} claim{'s' if len(claims) != 1 else ''}"
    return said + (f", {held} of {len(claims)} claims hold" if claims else ", no claims")


def seconds(duration_s: float) -> str:
    """A time as a reader wants it."""
    if duration_s < 90:
        return f"{duration_s:.1f} s"
    minutes, rest = divmod(round(duration_s), 60)
    return f"{minutes} min {rest} s"


def facts(record: dict[str, Any]) -> list[tuple[str, str]]:
    """How a run was made, as lines to read."""
    machine, commit = record["machine"], record["commit"]
    changed = ", with changes that are not committed" if commit.get("dirty") else ""
    lines = [("parameter " + name, str(value)) for name, value in record["parameters"].items()]
    lines += [(f"input {used['name']}", _input_text(used)) for used in record["inputs"]]
    lines += [
        ("versions", versions_text(record["versions"])),
        ("commit", f"{commit['sha'][:12]}{changed}" if commit.get("sha") else "none"),
        ("seed", "none" if record["seed"] is None else str(record["seed"])),
        (
            "machine",
            f"{machine['cpu']}, {machine['cores']} cores, "
            f"{machine['memory_bytes'] / 2**30:.0f} GB, {machine['os']}",
        ),
        ("kernel", f"{record['kernel']}: {record['kernel_reason']}"),
        ("threads", str(record["threads"])),
        ("notebook", f"sha256 {record['notebook_sha256'][:16]}…"),
    ]
    return lines


def _input_text(used: dict[str, Any]) -> str:
    version = f"version {used['version']}, " if used.get("version") else ""
    return f"{version}sha256 {used['sha256'][:16]}…"


def _read_executed(folder: Path, record: dict[str, Any]) -> Any:
    """The executed notebook; one without cells where the kernel never came up."""
    import nbformat

    path = folder / Path(record["notebook"]).name
    if not path.is_file():
        return nbformat.v4.new_notebook()
    return nbformat.read(path, as_version=4)


def _cells(nb: Any, style: OutputStyle, record: dict[str, Any]) -> str:
    parts = []
    seen_title = False
    for cell in nb.cells:
        if _HIDDEN_TAGS & set(cell.metadata.get("tags", [])):
            continue
        if cell.cell_type == "markdown":
            text, dropped = _without_title(cell.source, record["title"], seen_title)
            seen_title = seen_title or dropped
            if text.strip():
                rendered = style.page.render(text, cell.get("attachments"))
                parts.append(f'<div class="text">{rendered}</div>')
        elif cell.cell_type == "code" and cell.source.strip():
            parts.append(_code_cell(cell, style))
    return "\n".join(parts)


def _without_title(source: str, title: str, seen: bool) -> tuple[str, bool]:
    """A text without the first heading, which stands at the head of the page already."""
    if seen:
        return source, False
    text, count = re.subn(
        rf"^#\s+{re.escape(title)}\s*#*\s*$", "", source, count=1, flags=re.MULTILINE
    )
    return text, bool(count)


def _code_cell(cell: Any, style: OutputStyle) -> str:
    number = cell.get("execution_count")
    failed = any(output["output_type"] == "error" for output in cell.outputs)
    lines = cell.source.strip().count("\n") + 1
    anchor = f' id="cell-{number}"' if number else ""
    said = f"cell {number}" if number else "not run"
    # What failed is shown with its code; the rest of the code is there for who wants it.
    return (
        f'<section class="cell"{anchor}><details class="code"{" open" if failed else ""}>'
        f'<summary>Code <span class="lines">{said}, {lines} line{"s" * (lines > 1)}</span>'
        f"</summary>{highlight_code(cell.source)}</details>"
        f"{render_outputs(cell.outputs, style)}</section>"
    )


def _has_plotly(nb: Any) -> bool:
    return any(
        PLOTLY_MIME in output.get("data", {})
        for cell in nb.cells
        for output in cell.get("outputs", [])
    )


def _safe(text: str) -> Any:
    """HTML that is made here, which the template must not escape again."""
    from markupsafe import Markup

    return Markup(text)


@functools.cache
def _template_text(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")


@functools.cache
def _environment() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template_text),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["value"] = _claim_value
    environment.filters["bounds"] = lambda claim: bounds_text(
        claim.get("low"), claim.get("high"), claim.get("equals")
    )
    environment.filters["seconds"] = seconds
    environment.filters["url"] = quote
    return environment


def _claim_value(claim: dict[str, Any]) -> str:
    shown = claim.get("note") or format_value(claim.get("value"))
    return f"{shown} {claim.get('unit') or ''}".strip()
