"""The home page: every tile that rooms and plugins registered."""

from __future__ import annotations

from typing import Any

from workbench.studio.links import Links, current_links
from workbench.studio.markup import escape
from workbench.studio.pages import Page, anchors, keep
from workbench.studio.run_history import reports_folder
from workbench.studio.tiles import Tile, all_tiles

ICON = (
    '<svg viewBox="0 0 48 32" aria-hidden="true"><g fill="none" stroke="currentColor" '
    'stroke-width="2.6" stroke-linecap="round"><path d="M4 14h40"/><path d="M10 14v14M38 14v14"/>'
    '<path d="M10 22h28"/><path d="M17 14V7m0 0 3-3m-3 3-3-3"/><path d="M28 14V9h6v5"/></g></svg>'
)


class HomePage(Page):
    """The page of all registered tiles."""

    def __init__(self) -> None:
        tiles = all_tiles()
        head = _head(current_links(), tiles)
        super().__init__(tiles, head=head, title="The home page of Workbench", first=1)


def _head(links: Links, tiles: list[Tile]) -> str:
    from workbench.core import settings
    from workbench.reports.machine import machine

    box = machine()
    lab = f'<a href="{escape(links.base_url)}lab">JupyterLab</a>' if links.has_lab else ""
    has_index = (reports_folder() / "index.html").is_file()
    reports = f'<a href="{escape(links.report())}">All reports</a>' if has_index else ""
    return (
        f'<header class="wb-head"><h1>{ICON}Workbench</h1>'
        f'<nav aria-label="On this page">{anchors(tiles)}'
        f"{reports}{lab}</nav>"
        f'<p class="said">On this machine: {escape(box["cpu"])}, {box["cores"]} cores, '
        f"{box['memory_bytes'] / 2**30:.0f} GB. Everything is kept in "
        f"<code>{escape(_short_home(settings.home()))}</code></p></header>"
    )


def _short_home(path: Any) -> str:
    from pathlib import Path

    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def home() -> Page:
    """The home page, kept up to date in a running kernel."""
    return keep(HomePage())
