"""How results draw themselves in a notebook, without this room knowing anything that draws.

A result derives from ``Viewable``. Viewers register for its type: the studio's and those of plugins
are functions named in the entry-point group ``workbench.viewers``, called when the first result is
drawn. Where no viewer is registered a result is shown as a plain HTML table of its fields.
"""

from __future__ import annotations

import html
import logging
import sys
from collections.abc import Callable
from typing import Any

from .errors import NotFoundError
from .plain import to_plain

log = logging.getLogger(__name__)

GROUP = "workbench.viewers"
Viewer = Callable[[Any], dict[str, Any]]
_viewers: dict[type | str, Viewer] = {}
_pages: dict[str, Callable[[Any], str]] = {}


def register_viewer(kind: type | str, viewer: Viewer) -> None:
    """Draw results of ``kind`` (and of types derived from it) with ``viewer``.

    Args:
        kind: The type, or its full name (``workbench.models.reply.Reply``): whoever draws then need
            not import what may never be drawn.
        viewer: Returns a MIME bundle, e.g. ``{"text/html": ..., "image/png": ...}``.
    """
    _viewers[kind] = viewer


def register_page(kind: str, page: Callable[[Any], str]) -> None:
    """Draw results of ``kind``, a type by its full name, as a page of their own with ``page``."""
    _pages[kind] = page


def page_of(result: Any) -> str:
    """The result as an HTML page of its own, for rooms that know nothing that draws.

    Raises:
        NotFoundError: Nothing draws such a result as a page.
    """
    _load_viewers()
    kind = f"{type(result).__module__}.{type(result).__qualname__}"
    if kind not in _pages:
        raise NotFoundError(
            f"nothing here draws {type(result).__name__} as a page", hint="workbench doctor"
        )
    return _pages[kind](result)


def mime_bundle(result: Any) -> dict[str, Any]:
    """The result as a notebook shows it."""
    _load_viewers()
    for kind in type(result).__mro__:
        viewer = _viewers.get(kind) or _viewers.get(f"{kind.__module__}.{kind.__qualname__}")
        if viewer is not None:
            return viewer(result)
    raise AssertionError("object has a viewer, and every type derives from it")


def prepare_notebook() -> None:
    """Let viewers set themselves up in a notebook; elsewhere do nothing, and import nothing.

    Operations and progress call it, because a list of results or a progress bar must be drawn
    before any ``Viewable`` was.
    """
    ipython = sys.modules.get("IPython")
    if ipython is not None and hasattr(ipython.get_ipython(), "kernel"):
        _load_viewers()


def _load_viewers() -> None:
    if object in _viewers:  # what draws everything else is registered first, and once
        return
    _viewers[object] = _plain_bundle
    from importlib.metadata import entry_points

    for entry in entry_points(group=GROUP):
        try:
            entry.load()()
        except Exception:  # a plugin that does not load must not hide the results of others
            log.exception("the viewers of %s could not be loaded", entry.value)


def _plain_bundle(result: Any) -> dict[str, Any]:
    return {"text/html": _plain_table(result), "text/plain": repr(result)}


def _plain_table(result: Any) -> str:
    plain = to_plain(result)
    if not isinstance(plain, (dict, list)):
        plain = {type(result).__name__: plain}
    rows = plain.items() if isinstance(plain, dict) else enumerate(plain)
    cells = "".join(
        f"<tr><th style='text-align:left'>{html.escape(str(name))}</th>"
        f"<td style='text-align:left'>{html.escape(str(value))}</td></tr>"
        for name, value in rows
    )
    return f"<table>{cells}</table>"


class Viewable:
    """Base of results that a notebook draws through the viewer registry."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return mime_bundle(self)
