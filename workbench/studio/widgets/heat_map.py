"""Maps of numbers: attention, lenses, patching. Rows by columns, and one map or a stack of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.studio.tokens import visible
from workbench.studio.widgets import shades
from workbench.studio.widgets.showing import Shown

if TYPE_CHECKING:
    import numpy as np

MOST_VALUES, _MOST_SIDE = 4_000_000, 2048


@dataclass(frozen=True)
class HeatMap(Shown):
    """Values ``[panel, row, column]`` with names for each.

    A map with a ``centre``, the value that means nothing, has a scale about it, as long on both
    sides; any other has one from 0 on. All panels share it. ``words`` say what stands in a cell
    beside its number, as the token that a lens reads there.
    """

    title: str
    values: np.ndarray
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    unit: str
    row_title: str = "row"
    column_title: str = "column"
    panels: tuple[str, ...] = ("",)
    panel_title: str = "map"
    centre: float | None = 0.0
    words: tuple[tuple[tuple[str, ...], ...], ...] = ()
    facts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = (len(self.panels), len(self.rows), len(self.columns))
        if self.values.shape != shape:
            raise InputError(
                f"the values have the shape {self.values.shape}; {shape[0]} panels, {shape[1]} "
                f"rows and {shape[2]} columns are named"
            )
        if not self.values.size:
            raise InputError(f"the map {self.title!r} has no cells")
        if self.values.size > MOST_VALUES or max(shape[1:]) > _MOST_SIDE:
            raise InputError(
                f"{shape[0]} x {shape[1]} x {shape[2]} values are too many to show; at most "
                f"{MOST_VALUES:,}, and {_MOST_SIDE} on a side",
                hint="choose some layers, heads or tokens",
            )
        if self.words and _shape(self.words) != shape:
            raise InputError("there is not one word for each cell")

    @cached_property
    def limit(self) -> float:
        """How far the scale goes from its centre, or from 0."""
        from workbench.studio.widgets.saliency import largest

        return largest(self.values - (self.centre or 0.0))

    @property
    def broken(self) -> int:
        """How many values are not numbers; their cells are crossed out."""
        import numpy as np

        return int((~np.isfinite(self.values)).sum())

    @property
    def signed(self) -> bool:
        """Whether numbers have their sign: where 0 is the middle of the scale."""
        return self.centre == 0.0

    def place(self, value: float) -> float:
        """Where a value lies from the centre; below 0 only where there is one."""
        return value - (self.centre or 0.0)

    def say(self, value: float) -> str:
        """A value as text."""
        form = shades.signed if self.signed else shades.unsigned
        return form(value, shades.digits(self.limit))

    def extremes(self, panel: int = 0) -> list[tuple[str, str, float]]:
        """The cells of largest size in a panel: row, column and value, the largest first."""
        import numpy as np

        sizes = np.abs(self.values[panel] - (self.centre or 0.0))
        flat = np.nan_to_num(sizes, nan=-1.0, posinf=-1.0).ravel()
        order = np.argsort(-flat, kind="stable")[:5]
        width = len(self.columns)
        found = [(int(i) // width, int(i) % width) for i in order]
        return [
            (self.rows[r], self.columns[c], float(self.values[panel, r, c]))
            for r, c in found
            if math.isfinite(self.values[panel, r, c])
        ]

    def text(self) -> str:
        said = "; ".join(
            f"{self.row_title} {row}, {self.column_title} {column}: {self.say(value)}"
            for row, column, value in self.extremes()
        )
        return f"{self.title} ({self.unit}), {len(self.rows)} x {len(self.columns)}: {said}"

    def html(self) -> str:
        from workbench.studio.widgets.heat_map_html import draw

        return draw(self)

    def svg(self, *, panel: int = 0) -> str:
        from workbench.studio.widgets.heat_map_svg import draw

        if not 0 <= panel < len(self.panels):
            raise InputError(f"there is no panel {panel}; they go from 0 to {len(self.panels) - 1}")
        return draw(self, panel)

    def choice(self, chosen: int) -> dict[str, Any]:
        return {"panel": max(0, chosen)}

    def live(self) -> Any:
        from workbench.studio.widgets.live import live

        return live("heat_map", self, self.payload(), {"values": self.values})

    def payload(self) -> dict[str, Any]:
        """What the script needs beside the values."""
        return {
            "title": self.title,
            "facts": list(self.facts),
            "warning": f"{self.broken} values are not numbers." if self.broken else "",
            "rows": list(self.rows),
            "columns": list(self.columns),
            "rowTitle": self.row_title,
            "columnTitle": self.column_title,
            "panels": list(self.panels),
            "panelTitle": self.panel_title,
            "words": [[list(row) for row in panel] for panel in self.words],
            "limit": self.limit,
            "digits": shades.digits(self.limit),
            "unit": self.unit,
            "centre": self.centre,
        }


def heat_map(
    values: Any,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    unit: str,
    title: str,
    row_title: str = "row",
    column_title: str = "column",
    panels: Sequence[str] = (),
    panel_title: str = "map",
    centre: float | None = 0.0,
    words: Sequence[Any] = (),
    facts: Sequence[str] = (),
) -> HeatMap:
    """Numbers as a map that the keyboard goes through, cell by cell.

    Args:
        values: ``[row, column]``, or ``[panel, row, column]`` with ``panels`` named.
        rows: Names of the rows, from above.
        columns: Names of the columns.
        unit: Of the values, e.g. ``nats``.
        title: What the map shows.
        row_title: What a row is, e.g. ``layer``.
        column_title: What a column is, e.g. ``position``.
        panels: Names of the maps where there are several, e.g. of the heads.
        panel_title: What a panel is.
        centre: The value that means nothing, in the middle of a scale of two sides; None for a
            scale that begins at 0.
        words: What stands in each cell beside its number, in the shape of ``values``.
        facts: How it was made, in a few words each.

    Raises:
        InputError: Shapes and names do not fit, or it is too large to be shown.
    """
    import numpy as np

    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 2:
        array = array[None]
        words = [words] if len(words) else ()
    if array.ndim != 3:
        raise InputError(f"a map has 2 or 3 dimensions, found {array.ndim}")
    if centre is None and (array[np.isfinite(array)] < 0).any():
        raise InputError("the values go below 0, where their scale begins", hint="centre=0.0")
    return HeatMap(
        title, array, tuple(map(label, rows)), tuple(map(label, columns)), unit,
        row_title, column_title, tuple(panels) or ("",), panel_title, centre,
        tuple(tuple(tuple(visible(w) if w else "" for w in row) for row in p) for p in words),
        tuple(facts),
    )  # fmt: skip


def label(name: str) -> str:
    """A name as it is; a token, which begins or ends with white space, with signs for that."""
    return name if name == name.strip() and name else visible(name)


def _shape(words: Sequence[Sequence[Sequence[str]]]) -> tuple[int, int, int]:
    rows = {len(panel) for panel in words}
    columns = {len(row) for panel in words for row in panel}
    if len(rows) != 1 or len(columns) != 1:
        return (0, 0, 0)
    return len(words), rows.pop(), columns.pop()
