"""The widgets alive: an anywidget with its script and style inlined, so nothing is ever loaded."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import WorkbenchError
from workbench.core.optional import require
from workbench.studio.markup import sheet

if TYPE_CHECKING:
    from workbench.studio.widgets.showing import Shown

log = logging.getLogger(__name__)

KINDS = ("saliency", "heat_map", "comparison", "graph_view")
# What a kind has of its own beside the file of its name.
_PARTS = {"graph_view": ("graph_data", "graph_paint", "graph_panel")}
_SHEETS = {"graph_view": ("graph",)}
_FOLDER = Path(__file__).parent


@functools.cache
def script(kind: str) -> str:
    """The ESM of a widget: what all share, then its own; it imports nothing."""
    names = ("scale", "chips", "roving", "frame", "map", *_PARTS.get(kind, ()), kind)
    return "\n".join((_FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in names)


@functools.cache
def css(kind: str = "") -> str:
    """The style of all widgets, and what a kind has of its own."""
    return "".join(map(sheet, ("tokens", "widgets", *_SHEETS.get(kind, ()))))


def live(kind: str, shown: Shown, data: Mapping[str, Any], arrays: Mapping[str, Any]) -> Any:
    """A widget over plain data and arrays of numbers (sent as 32-bit floats, row by row)."""
    import numpy as np

    sent = {
        name: np.ascontiguousarray(values, dtype="<f4").tobytes() for name, values in arrays.items()
    }
    return _kind()(shown, kind, dict(data), sent)


@functools.cache
def _kind() -> Any:
    """The class, made at first use: ipywidgets takes a second to import."""
    base: Any = require("anywidget", extra="studio").AnyWidget
    traitlets = require("traitlets", extra="studio")

    class LiveWidget(base):
        """``chosen`` is the target, panel or time shown, -1 for the whole answer or the last."""

        _esm = traitlets.Unicode().tag(sync=True)
        _css = traitlets.Unicode().tag(sync=True)
        data = traitlets.Dict().tag(sync=True)
        arrays = traitlets.Dict().tag(sync=True)
        chosen = traitlets.Int(-1).tag(sync=True)

        def __init__(
            self, shown: Shown, kind: str, data: dict[str, Any], arrays: dict[str, bytes]
        ) -> None:
            self.shown = shown
            first = 0 if kind == "heat_map" else -1
            code = {"_esm": script(kind), "_css": css(kind)}
            super().__init__(**code, data=data, arrays=arrays, chosen=first)
            self.on_msg(self._hear)

        def _hear(self, _: Any, content: Any, buffers: Any) -> None:
            """Make the picture that a button asks for."""
            form = content.get("picture") if isinstance(content, dict) else None
            if form not in ("svg", "png"):
                return
            try:
                choice = self.shown.choice(self.chosen)
                made = (
                    self.shown.to_svg(**choice).encode()
                    if form == "svg"
                    else self.shown.to_png(**choice)
                )
            except WorkbenchError as error:
                self.send({"picture": form, "trouble": error.message})
            except Exception as error:  # the page must not wait for ever, whatever it was
                log.exception("the picture could not be made")
                self.send({"picture": form, "trouble": f"{type(error).__name__}: {error}"})
            else:
                self.send({"picture": form}, [made])

    return LiveWidget
