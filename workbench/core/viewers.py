"""How results draw themselves in a notebook, without this room knowing anything that draws.

A result derives from ``Viewable``. The studio registers a viewer for its type; where none is
registered the result is shown as a plain HTML table of its fields.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

from .plain import to_plain

Viewer = Callable[[Any], dict[str, Any]]
_viewers: dict[type, Viewer] = {}


def register_viewer(kind: type, viewer: Viewer) -> None:
    """Draw results of ``kind`` (and of types derived from it) with ``viewer``.

    The viewer returns a MIME bundle, e.g. ``{"text/html": ..., "image/png": ...}``.
    """
    _viewers[kind] = viewer


def mime_bundle(result: Any) -> dict[str, Any]:
    """The result as a notebook shows it."""
    for kind in type(result).__mro__:
        if kind in _viewers:
            return _viewers[kind](result)
    return {"text/html": _plain_table(result), "text/plain": repr(result)}


def _plain_table(result: Any) -> str:
    plain = to_plain(result)
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
