"""A page of tiles in two columns (one on a phone) that stay up to date while it is open."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Hashable, Iterable
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.optional import require
from workbench.studio.chart import PLOTLY_MIME, Chart
from workbench.studio.links import current_links
from workbench.studio.markup import escape, hint_html, style, when, whole_options
from workbench.studio.presence import Presence
from workbench.studio.tiles import Tile

log = logging.getLogger(__name__)

REFRESH_EVERY_S = 2.0


class Panel:
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
        self.is_empty = False

    def look(self) -> None:
        """Let the tile fetch what takes time; the page calls it in a thread."""
        if self.tile.look is None:
            return
        try:
            self.tile.look()
        except Exception:  # a tile of a plugin may fail in any way; it then shows what it knew
            log.exception("the tile %s could not look", self.tile.name)

    def refresh(self) -> None:
        """Draw the tile again if its stamp says so."""
        try:
            stamp = self.tile.stamp() if self.tile.stamp else None
            if stamp == self._stamp:
                return
            parts = self.tile.draw()
            self._stamp = stamp
        except WorkbenchError as error:
            parts = trouble(error.message, error.hint)
        except Exception as error:  # a tile of a plugin may fail in any way; the page stands
            log.exception("the tile %s could not be drawn", self.tile.name)
            parts = trouble(f"{type(error).__name__}: {error}", None)
        listed = parts if isinstance(parts, list) else [parts]
        self._show([whole_options(part) if isinstance(part, str) else part for part in listed])

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
        self.is_empty = not parts or parts == [""]

    def html(self) -> str:
        """The tile without widgets. A figure leaves its place free, so that nothing jumps."""
        return f'<div class="wb-tile">{"".join(map(self._html_of, self.box.children))}</div>'

    def _html_of(self, widget: Any) -> str:
        if isinstance(widget, self._widgets.HTML):
            return f'<div class="widget-html-content">{widget.value}</div>'
        if isinstance(widget, self._widgets.Output):
            data = widget.outputs[0]["data"] if widget.outputs else {}
            figure = data.get(PLOTLY_MIME, {})
            return f'<div style="height:{figure.get("layout", {}).get("height", 0)}px"></div>'
        if hasattr(widget, "to_plotly_json"):
            return f'<div style="height:{widget.layout.height or 0}px"></div>'
        if hasattr(widget, "static_html"):
            return str(widget.static_html())
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
            # It follows the window. Plotly then asks its place for the height, which needs one.
            figure = part.figure().to_plotly_json() | {"config": {"responsive": True}}
            data = {PLOTLY_MIME: figure, "text/plain": part.describe()}
            shown = {"output_type": "display_data", "data": data, "metadata": {}}
            height = figure["layout"]["height"]
            drawn = self._widgets.Output(outputs=(shown,), layout={"height": f"{height}px"})
            drawn.add_class("wb-chart")
            return drawn
        from workbench.studio.tables import plain_table

        return self._widgets.HTML(plain_table(part))


class Page:
    """A page as a widget (``widget``), and the task that keeps it up to date.

    A tile that draws nothing is not shown.

    Args:
        tiles: What it shows, in their order.
        head: HTML that stands above them.
        title: What the page is, in a few words.
        sheets: Style sheets beside those that every page has.
        first: So many of the wide tiles stand before the narrow ones where there is one column,
            the others after them; by default all of them do.
    """

    def __init__(
        self,
        tiles: Iterable[Tile],
        *,
        head: str,
        title: str,
        sheets: tuple[str, ...] = (),
        first: int | None = None,
    ) -> None:
        widgets = require("ipywidgets", extra="studio")
        self.title = title
        self.panels = [Panel(tile) for tile in tiles]
        self._columns = _in_columns(self.panels, first=first)
        columns = widgets.Box([widgets.VBox() for _ in self._columns])
        self._boxes = columns.children
        for column, (name, _) in zip(self._boxes, self._columns, strict=True):
            column.add_class("wb-column")
            column.add_class(f"wb-column-{name}")
        columns.add_class("wb-columns")
        self._head = style("tokens", "home", *sheets) + head
        self.presence = Presence()
        self._as_of = widgets.HTML(_as_of())
        parts = [widgets.HTML(self._head), columns, self._as_of, self.presence.widget]
        self.widget = widgets.VBox(parts)
        self.widget.add_class("wb")
        self.widget.add_class("wb-home")
        self.look()
        self.refresh()

    def look(self) -> None:
        """Let the tiles fetch what takes time. It may block: in a kernel, call it in a thread."""
        for panel in self.panels:
            panel.look()

    def refresh(self) -> None:
        """Bring every tile up to date with what is known."""
        for panel in self.panels:
            panel.refresh()
        for column, (_, panels) in zip(self._boxes, self._columns, strict=True):
            shown = tuple(panel.box for panel in panels if not panel.is_empty)
            if column.children != shown:
                column.children = shown

    def html(self) -> str:
        """The page as it stands now, without widgets: shown while they are on their way."""
        columns = "".join(
            f'<div class="wb-column wb-column-{name}">'
            + "".join(panel.html() for panel in panels if not panel.is_empty)
            + "</div>"
            for name, panels in self._columns
        )
        return (
            f'<div class="wb wb-home" data-whole-page>{self._head}'
            f'<div class="wb-columns">{columns}</div>{self._as_of.value}</div>'
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = self.widget._repr_mimebundle_()
        return {**bundle, "text/html": self.html(), "text/plain": self.title}

    async def keep_fresh(self, every_s: float = REFRESH_EVERY_S) -> None:
        """Refresh while somebody looks at the page; the loop is never held up by a look.

        A page that is hidden, was closed, or was rendered ahead of its reader asks nobody anything.
        """
        while True:
            await self.presence.wait()
            await asyncio.to_thread(self.look)
            self.refresh()
            self._as_of.value = ""
            await asyncio.sleep(every_s)


def _in_columns(panels: list[Panel], *, first: int | None) -> list[tuple[str, list[Panel]]]:
    """The columns in the order in which they are read; ``rest`` stands below ``first``."""
    wide = [panel for panel in panels if panel.tile.wide]
    side = [panel for panel in panels if not panel.tile.wide]
    parts = [("first", wide[:first]), ("side", side)]
    rest = [] if first is None else wide[first:]
    return [*parts, ("rest", rest)] if rest else parts


def _as_of() -> str:
    """What a page says until it was brought up to date for its reader: it may have been rendered
    long before, and to say "there is no key" would then be false."""
    said = f"as of {when(time.time())}, being brought up to date"
    return f'<p class="wb-as-of" role="status">{said}</p>'


_tasks: list[asyncio.Task[None]] = []


def keep(page: Page) -> Page:
    """The page, kept up to date in a running kernel instead of the one before it."""
    while _tasks:  # a cell that is run again must not leave its old page at work
        _tasks.pop().cancel()
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # outside a kernel the page is drawn once
        return page
    _tasks.append(loop.create_task(page.keep_fresh()))
    return page


def anchors(tiles: Iterable[Tile]) -> str:
    """Links to the tiles of a page."""
    return "".join(f'<a href="#wb-{escape(each.name)}">{escape(each.title)}</a>' for each in tiles)


def head_of(title: str, said: str, tiles: Iterable[Tile]) -> str:
    """The head of a page beside home: its name, links to its tiles and home, what it is for."""
    home = escape(f"{current_links().base_url}workbench/home")
    return (
        f'<header class="wb-head"><h1>{escape(title)}</h1><nav aria-label="On this page">'
        f'{anchors(tiles)}<a href="{home}">Home</a></nav>'
        f'<p class="said">{escape(said)}</p></header>'
    )


def trouble(message: str, hint: str | None) -> str:
    """What went wrong, and what to try."""
    more = f"<p>{hint_html(hint)}</p>" if hint else ""
    return f'<div class="wb-trouble"><p>{escape(message)}</p>{more}</div>'
