"""One palette, told apart by colour-blind eyes and readable on light and dark.

The colours are those of Okabe and Ito, Color Universal Design (2008), without yellow, which is
lost on white, and black, which is lost on dark.
"""

from __future__ import annotations

SERIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9")
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
INK = "#24292f"
QUIET = "#6b7280"
PAPER = "#ffffff"
GRID = "#e5e7eb"
# What these become on a dark page.
DARK = {INK: "#e2e4e7", QUIET: "#9aa2ab", GRID: "#32373d"}

# What went wrong, in a chart that marks it: no other series there has this colour.
FAILED = SERIES[4]

# From little to much, in one hue that only darkens: read by lightness, which no eye confuses.
SCALE = ("#eef4fa", "#c4dcef", "#8fbde0", "#4a94c8", "#0072B2", "#084a77")


def series_colour(index: int) -> str:
    """The colour of the series with that number; they repeat after six."""
    return SERIES[index % len(SERIES)]


def series_colours(names: list[str], *, failed: str | None = None) -> list[str]:
    """A colour for each series; that called ``failed`` has its own, whatever its place."""
    if failed is None:
        return [series_colour(index) for index, _ in enumerate(names)]
    others = [colour for colour in SERIES if colour != FAILED]
    kept = [name for name in names if name != failed]
    return [FAILED if name == failed else others[kept.index(name) % len(others)] for name in names]
