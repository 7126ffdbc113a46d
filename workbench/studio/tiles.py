"""The tiles of the home page, and how rooms and plugins add theirs.

A room above this floor, or a plugin, registers a function with ``@tile`` in a module that it names
in the entry-point group ``workbench.tiles``. A room below must not import the studio: it offers an
operation with ``produces="tile"`` and no required parameter, whose plain result (fields, or rows)
is drawn here as a table. Either way a tile that fails says so, and the others stand.
"""

from __future__ import annotations

import functools
import importlib.metadata
import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import ConflictError
from workbench.core.operations import all_operations

log = logging.getLogger(__name__)

GROUP = "workbench.tiles"
TILE = "tile"
_LAST = 900  # the order of tiles that name none: after ours


@dataclass(frozen=True)
class Tile:
    """One tile.

    ``draw`` makes what it shows: HTML as text, a widget, or plain data. ``stamp`` gives a value
    that changes when there is something new to draw; it is asked often and must be cheap.
    A ``wide`` tile stands in the main column. ``look`` fetches what takes time, as an answer over
    HTTP: it is called in a thread, before the stamp is asked.
    """

    name: str
    title: str
    draw: Callable[[], Any]
    order: int = _LAST
    wide: bool = False
    stamp: Callable[[], Hashable] | None = None
    look: Callable[[], None] | None = None


_tiles: dict[str, Tile] = {}


def tile(
    name: str,
    *,
    title: str,
    order: int = _LAST,
    wide: bool = False,
    stamp: Callable[[], Hashable] | None = None,
    look: Callable[[], None] | None = None,
) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Register a function without parameters as a tile of the home page.

    Args:
        name: One word; also the anchor on the page.
        title: The heading.
        order: Smaller stands first. Ours take 10, 20, 30, ...
        wide: Stand in the main column instead of beside it.
        stamp: Tells cheaply whether there is something new.
        look: Fetches what takes time; called in a thread.

    Raises:
        ConflictError: Another function has that name.
    """

    def register(draw: Callable[[], Any]) -> Callable[[], Any]:
        other = _tiles.get(name)
        if other is not None and _where(other.draw) != _where(draw):
            raise ConflictError(
                f"the tile {name!r} is already drawn by {_where(other.draw)}",
                hint="give the tile another name",
            )
        _tiles[name] = Tile(name, title, draw, order, wide, stamp, look)
        return draw

    return register


def all_tiles() -> list[Tile]:
    """Every tile in its order: those of this room, of entry points, and of operations."""
    _load_entry_points()
    found = dict(_tiles)
    for operation in all_operations():
        needs_nothing = not any(parameter.required for parameter in operation.parameters)
        if operation.produces == TILE and needs_nothing:
            name = operation.name.replace(".", "-")
            draw = functools.partial(operation.run, {})
            found.setdefault(name, Tile(name, operation.title, draw))
    return sorted(found.values(), key=lambda each: (each.order, each.name))


@functools.cache
def _load_entry_points() -> None:
    for entry in importlib.metadata.entry_points(group=GROUP):
        try:
            entry.load()
        except Exception:  # a plugin that does not load must not take the home page with it
            log.exception("the tiles of %s could not be loaded", entry.value)


def _where(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{getattr(function, '__qualname__', function)}"
