"""The home page: tiles in two columns (one on a phone) that stay up to date while it is open."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Hashable
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.optional import require
from workbench.studio.chart import PLOTLY_MIME, Chart
from workbench.studio.links import Links, current_links
from workbench.studio.markup import escape, style
from workbench.studio.run_history import reports_folder
from workbench.studio.tiles import Tile, all_tiles

log = logging.getLogger(__name__)

REFRESH_EVERY_S = 2.0
_ICON = (
    '<svg viewBox="0 0 48 32" aria-hidden="true"><g fill="none" stroke="currentColor" '
    'stroke-width="2.6" stroke-linecap="round"><path d="M4 14h40"/><path d="M10 14v14M38 14v14"/>'
    '<path d="M10 22h28"/><path d="M17 14V7m0 0 3-3m-3 3-3-3"/><path d="M28 14V9h6v5"/></g></svg>'
)


class _Panel:
    """One tile on the page, with the value of its stamp when it was drawn."""

    def __init__(self, tile: Tile) -> None:
        self._widgets = require("ipywidgets", extra="studio")
        self.tile = tile
        self.box = self._widgets.VBox()
        self.box.add_class("wb-tile")
        self._heading = self._widgets.HTML(
            f'<h2 id="wb-{escape(tile.name)}">{escape(tile.title)}</h2>'
        )
        self._stamp: Hashable = object()

    def refresh(self) -> None:
        """Draw the tile again if its stamp says so."""
        try:
            stamp = self.tile.stamp() if self.tile.stamp else None
            if stamp == self._stamp:
                return
            parts = self.tile.draw()
            self._stamp = stamp
        except WorkbenchError as error:
            parts = _trouble(error.message, error.hint)
        except Exception as error:  # a tile of a plugin may fail in any way; the page stands
            log.exception("the tile %s could not be drawn", self.tile.name)
            parts = _trouble(f"{type(error).__name__}: {error}", None)
        self._show(parts if isinstance(parts, list) else [parts])

    def _show(self, parts: list[Any]) -> None:
        old = self.box.children[1:]
        new = [self._heading]
        for index, part in enumerate(parts):
            same = old[index] if index < len(old) else None
            if isinstance(part, str) and isinstance(same, self._widgets.HTML):
                same.value = part  # the widget stays, and the reader's place in the page with it
                new.append(same)
            else:
                new.append(self._widget_of(part))
        if self.box.children != tuple(new):
            self.box.children = new

    def html(self) -> str:
        """The tile without widgets. A figure leaves its place free, so that nothing jumps."""
        return f'<div class="wb-tile">{"".join(map(self._html_of, self.box.children))}</div>'

    def _html_of(self, widget: Any) -> str:
        if isinstance(widget, self._widgets.HTML):
            return f'<div class="widget-html-content">{widget.value}</div>'
        if isinstance(widget, self._widgets.Output):
            figure = widget.outputs[0]["data"].get(PLOTLY_MIME, {})
            return f'<div style="height:{figure.get("layout", {}).get("height", 0)}px"></div>'
        if isinstance(widget, self._widgets.Button):
            return f'<button class="jupyter-button" disabled>{escape(widget.description)}</button>'
        inside = "".join(map(self._html_of, getattr(widget, "children", ())))
        return f'<div class="{" ".join(widget._dom_classes)}">{inside}</div>'

    def _widget_of(self, part: Any) -> Any:
        if isinstance(part, self._widgets.Widget):
            return part
        if isinstance(part, str):
            return self._widgets.HTML(part)
        if isinstance(part, Chart):
            data = {PLOTLY_MIME: part.figure().to_plotly_json(), "text/plain": part.describe()}
            shown = {"output_type": "display_data", "data": data, "metadata": {}}
            return self._widgets.Output(outputs=(shown,))
        from workbench.studio.tables import plain_table

        return self._widgets.HTML(plain_table(part))


class HomePage:
    """The page as a widget (``widget``), and the task that keeps it up to date."""

    def __init__(self) -> None:
        widgets = require("ipywidgets", extra="studio")
        self.panels = [_Panel(tile) for tile in all_tiles()]
        main = widgets.VBox([p.box for p in self.panels if p.tile.wide])
        side = widgets.VBox([p.box for p in self.panels if not p.tile.wide])
        columns = widgets.Box([main, side])
        for column in (main, side):
            column.add_class("wb-column")
        columns.add_class("wb-columns")
        head = widgets.HTML(style("tokens", "home") + _head(current_links(), self.panels))
        self.widget = widgets.VBox([head, columns])
        self._head = head.value
        self.widget.add_class("wb")
        self.widget.add_class("wb-home")
        self.refresh()

    def refresh(self) -> None:
        """Bring every tile up to date."""
        for panel in self.panels:
            panel.refresh()

    def html(self) -> str:
        """The page as it stands now, without widgets: shown while they are on their way."""
        columns = "".join(
            '<div class="wb-column">'
            + "".join(p.html() for p in self.panels if p.tile.wide is wide)
            + "</div>"
            for wide in (True, False)
        )
        return (
            f'<div class="wb wb-home" data-whole-page>{self._head}'
            f'<div class="wb-columns">{columns}</div></div>'
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = self.widget._repr_mimebundle_()
        return {**bundle, "text/html": self.html(), "text/plain": "The home page of Workbench"}

    async def keep_fresh(self, every_s: float = REFRESH_EVERY_S) -> None:
        """Refresh for as long as the kernel lives; each look costs a few file times."""
        while True:
            await asyncio.sleep(every_s)
            self.refresh()


def _head(links: Links, panels: list[_Panel]) -> str:
    from workbench.core import settings
    from workbench.reports.machine import machine

    box = machine()
    lab = f'<a href="{escape(links.base_url)}lab">JupyterLab</a>' if links.has_lab else ""
    has_index = (reports_folder() / "index.html").is_file()
    reports = f'<a href="{escape(links.report())}">All reports</a>' if has_index else ""
    anchors = "".join(
        f'<a href="#wb-{escape(p.tile.name)}">{escape(p.tile.title)}</a>' for p in panels
    )
    return (
        f'<header class="wb-head"><h1>{_ICON}Workbench</h1>'
        f'<nav aria-label="On this page">{anchors}'
        f"{reports}{lab}</nav>"
        f'<p class="said">On this machine: {escape(box["cpu"])}, {box["cores"]} cores, '
        f"{box['memory_bytes'] / 2**30:.0f} GB. Everything is kept in "
        f"<code>{escape(_short_home(settings.home()))}</code></p></header>"
    )


def _short_home(path: Any) -> str:
    from pathlib import Path

    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _trouble(message: str, hint: str | None) -> str:
    more = f"<p>Try: <code>{escape(hint)}</code></p>" if hint else ""
    return f'<div class="wb-trouble"><p>{escape(message)}</p>{more}</div>'


_tasks: list[asyncio.Task[None]] = []


def home() -> HomePage:
    """The home page, kept up to date in a running kernel."""
    page = HomePage()
    while _tasks:  # a cell that is run again must not leave its old page at work
        _tasks.pop().cancel()
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # outside a kernel the page is drawn once
        return page
    _tasks.append(loop.create_task(page.keep_fresh()))
    return page
