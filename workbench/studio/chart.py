"""A chart said once and drawn twice: by plotly on a screen, by Vega-Lite as a picture."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import InputError
from workbench.reports.display import PICTURE_MIME
from workbench.studio.markup import escape

PLOTLY_MIME = "application/vnd.plotly.v1+json"


@dataclass(frozen=True)
class Chart:
    """Rows and what of them is shown where.

    Args:
        mark: ``bar``, ``point``, ``line`` or ``heat``.
        rows: One mapping a mark.
        x: The field along the bottom.
        y: The field upwards, a number; in a heat map a category.
        series: The field that colours and names the groups.
        title: What the picture says, as a sentence.
        x_title: Name of the axis with its unit.
        y_title: Name of the axis with its unit.
        detail: A field shown when pointing at a mark.
        low: The field with the lower end of each mark's interval; ``high`` goes with it.
        high: The field with its upper end.
        value: In a heat map the field with the number that each cell shows and is shaded by.
        value_title: What that number is, with its unit.
        panel: The field that parts the marks into panels side by side, on the same axes.
        height_px: The picture's height.
        sideways: The places of x stand below each other and y runs to the right: for long names.
            ``x_title`` and ``y_title`` stay with their fields.
        failed: The series that says that something went wrong. Wherever it stands among the
            groups it has a colour and, as points, a cross that no other series has.
        order: Series that come first among the groups. Each keeps its colour and mark where another
            has no row this time.
        dotted: In a line chart the series whose rows are dots without a line. All others are then
            lines without dots, and their intervals bands: for long series with marks on them.
    """

    mark: str
    rows: tuple[Mapping[str, Any], ...]
    x: str
    y: str
    title: str
    x_title: str
    y_title: str
    series: str | None = None
    detail: str | None = None
    low: str | None = None
    high: str | None = None
    value: str | None = None
    value_title: str = ""
    panel: str | None = None
    height_px: int = 320
    sideways: bool = False
    failed: str | None = None
    order: tuple[str, ...] = ()
    dotted: str | None = None

    def __post_init__(self) -> None:
        if not self.rows:
            raise InputError(f"the chart {self.title!r} has no rows")
        if (self.low is None) != (self.high is None):
            raise InputError(f"the chart {self.title!r} has one end of its intervals, not both")
        if (self.mark == "heat") != (self.value is not None):
            raise InputError(f"the chart {self.title!r}: a heat map, and only it, has a value")
        if self.dotted is not None and (self.mark != "line" or self.series is None):
            raise InputError(f"the chart {self.title!r}: only series of lines may be dotted")
        if self.sideways and (self.mark not in ("point", "bar") or self.categories is None):
            raise InputError(
                f"the chart {self.title!r}: only points and bars of names lie sideways"
            )
        fields = (self.x, self.y, self.series, self.detail, self.low, self.high)
        for field in filter(None, (*fields, self.value, self.panel)):
            missing = [i for i, row in enumerate(self.rows) if field not in row]
            if missing:
                raise InputError(f"row {missing[0]} of the chart {self.title!r} has no {field!r}")

    @property
    def groups(self) -> list[str]:
        """The names of the series, those of ``order`` and then others in order of appearance; one
        empty name without series."""
        if self.series is None:
            return [""]
        return list(dict.fromkeys((*self.order, *(str(row[self.series]) for row in self.rows))))

    @property
    def categories(self) -> list[str] | None:
        """The places along the bottom in order of appearance, or None for numbers and times."""
        values = [row[self.x] for row in self.rows]
        if self.has_times or all(
            isinstance(value, (int, float)) and not isinstance(value, bool) for value in values
        ):
            return None
        return list(dict.fromkeys(str(value) for value in values))

    @property
    def panels(self) -> list[str]:
        """The names of the panels in order of appearance; one empty name without panels."""
        if self.panel is None:
            return [""]
        return list(dict.fromkeys(str(row[self.panel]) for row in self.rows))

    @property
    def has_times(self) -> bool:
        """Whether x is a time."""
        return all(isinstance(row[self.x], dt.datetime) for row in self.rows)

    def describe(self) -> str:
        """The chart in words, for those who do not see it."""
        shown = "; ".join(self._say(row) for row in self.rows[:24])
        more = f"; and {len(self.rows) - 24} more" if len(self.rows) > 24 else ""
        return f"{self.title} ({self.value_title or self.y_title}): {shown}{more}"

    def _say(self, row: Mapping[str, Any]) -> str:
        if self.value is not None:
            return f"{row[self.x]}, {row[self.y]}: {_short(row[self.value])}"
        said = f"{row[self.x]}: {_short(row[self.y])}"
        if self.series:
            said = f"{row[self.series]} at {said}"
        if self.panel:
            said = f"{row[self.panel]}, {said}"
        if self.low and self.high:
            said += f" ({_short(row[self.low])} to {_short(row[self.high])})"
        return said

    def png(self, *, scale: float = 2.0) -> bytes:
        """The static twin, on a white card."""
        from workbench.studio.vega_chart import draw_png

        return draw_png(self, scale=scale)

    def svgs(self) -> dict[str, str]:
        """The static twin for pages with two themes: ``wide``, and ``narrow`` for a phone."""
        from workbench.studio.vega_chart import draw_svgs

        return draw_svgs(self)

    def picture(self) -> str:
        """The static twin in a page: its ink follows the theme, a phone is given a form that can be
        read there, and the figures stand in words for those who do not see it."""
        wide, narrow = (
            "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
            for svg in map(self.svgs().__getitem__, ("wide", "narrow"))
        )
        return (
            f'<picture><source media="(max-width: 40rem)" srcset="{narrow}"><img src="{wide}" '
            f'alt="{escape(self.describe())}" style="max-width:100%;display:block"></picture>'
        )

    def figure(self) -> Any:
        """The plotly figure."""
        from workbench.studio.plotly_chart import draw_figure

        return draw_figure(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {
            PLOTLY_MIME: self.figure().to_plotly_json(),
            PICTURE_MIME: self.svgs(),
            "image/png": base64.b64encode(self.png()).decode(),
            "text/plain": self.describe(),
        }


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def bars(rows: Iterable[Mapping[str, Any]], x: str, y: str, **words: Any) -> Chart:
    """A bar for each row; see ``Chart``."""
    return _chart("bar", rows, x, y, words)


def points(rows: Iterable[Mapping[str, Any]], x: str, y: str, **words: Any) -> Chart:
    """A dot for each row; see ``Chart``."""
    return _chart("point", rows, x, y, words)


def lines(rows: Iterable[Mapping[str, Any]], x: str, y: str, **words: Any) -> Chart:
    """A line for each series; see ``Chart``."""
    return _chart("line", rows, x, y, words)


def heat(rows: Iterable[Mapping[str, Any]], x: str, y: str, **words: Any) -> Chart:
    """A shaded cell with its number for each row, at ``x`` and ``y``; see ``Chart``."""
    return _chart("heat", rows, x, y, words)


def _chart(
    mark: str, rows: Iterable[Mapping[str, Any]], x: str, y: str, words: Mapping[str, Any]
) -> Chart:
    plain: Sequence[Mapping[str, Any]] = [dict(row) for row in rows]
    return Chart(mark=mark, rows=tuple(plain), x=x, y=y, **words)
