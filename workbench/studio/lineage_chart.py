"""The family of a version as a picture: a column a generation, a line from parent to child."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.studio.markup import escape

if TYPE_CHECKING:
    from workbench.finetuning.versions.lineage import Lineage, Relative

_BOX_HEIGHT, _ROW_HEIGHT, _GAP, _MARGIN, _LETTER = 40, 54, 56, 4, 7.6
_LEAST_WIDTH = 120


def lineage_picture(lineage: Lineage) -> str:
    """The picture as SVG; the version that was asked for has a bold frame."""
    columns: dict[int, list[Relative]] = {}
    for each in lineage.versions:
        columns.setdefault(each.generation, []).append(each)
    width = max(_LEAST_WIDTH, *(int(_LETTER * len(each.name)) + 20 for each in lineage.versions))
    places = {
        each.name: (_MARGIN + column * (width + _GAP), _MARGIN + row * _ROW_HEIGHT)
        for column, members in columns.items()
        for row, each in enumerate(members)
    }
    right = max(x for x, _ in places.values()) + width + _MARGIN
    bottom = max(y for _, y in places.values()) + _BOX_HEIGHT + _MARGIN
    lines = "".join(_link(places[parent], places[child], width) for parent, child in lineage.links)
    boxes = "".join(_box(each, *places[each.name], width, lineage.of) for each in lineage.versions)
    said = "; ".join(f"{child} from {parent}" for parent, child in lineage.links) or "no parents"
    return (
        f'<div class="wide"><svg width="{right}" height="{bottom}" role="img" '
        f'aria-label="{escape(said)}" font-family="inherit" font-size="12">{lines}{boxes}</svg>'
        "</div>"
    )


def _box(relative: Relative, x: float, y: float, width: int, chosen: str) -> str:
    words = ", ".join(relative.labels) if relative.is_here else "files removed"
    frame = "var(--bar)" if relative.name == chosen else "var(--line)"
    dash = "" if relative.is_here else ' stroke-dasharray="4 3"'
    return (
        f'<g transform="translate({x:.0f} {y:.0f})"><rect width="{width}" height="{_BOX_HEIGHT}" '
        f'rx="6" fill="var(--raised)" stroke="{frame}" stroke-width="2"{dash}/>'
        f'<text x="10" y="{17 if words else 24}" fill="var(--ink)">{escape(relative.name)}</text>'
        f'<text x="10" y="33" fill="var(--quiet)">{escape(words)}</text></g>'
    )


def _link(parent: tuple[float, float], child: tuple[float, float], width: int) -> str:
    x, y = parent[0] + width, parent[1] + _BOX_HEIGHT / 2
    end_x, end_y = child[0], child[1] + _BOX_HEIGHT / 2
    middle = (x + end_x) / 2
    return (
        f'<path d="M{x:.0f} {y:.0f}C{middle:.0f} {y:.0f} {middle:.0f} {end_y:.0f} {end_x:.0f} '
        f'{end_y:.0f}" fill="none" stroke="var(--quiet)" stroke-width="1.5"/>'
    )
