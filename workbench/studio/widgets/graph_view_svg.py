"""A graph as a picture: points, lines of several kinds, names where there is room."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.studio.markup import escape
from workbench.studio.widgets.drawing import Sheet, cut, sans_px
from workbench.studio.widgets.saliency_svg import WIDTH_PX, heading
from workbench.studio.widgets.shades import LIGHT, MINUS

if TYPE_CHECKING:
    from workbench.knowledge.views.picture import DrawnEntity, DrawnFact
    from workbench.studio.widgets.graph_view import GraphView

_SIDE, _TALL, _WIDEST = 70.0, 520.0, 90.0  # margin, height and pixels between neighbours, at most
_NAME, _LONGEST, _MOST_NAMES = 11.0, 26, 120
_MOST_ARROWS, _MOST_NAMED, _APART, _SHORT = 200, 25, 9.0, 30.0
_PARTS = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.2, 0.8)  # of a line, from its subject on
# Ink, width, dashes and sign of each kind of line.
LINES: dict[str, tuple[str, float, str, str]] = {
    "said": (LIGHT.quiet, 1.0, "", ""),
    "inferred": (LIGHT.quiet, 1.0, "5 4", ""),
    "changed": (LIGHT.mark, 2.0, "", "~"),
    "clash": (LIGHT.bad, 2.0, "", "×"),
    "came": (LIGHT.good, 2.0, "", "+"),
    "went": (LIGHT.bad, 2.0, "", MINUS),
}
SAID = {
    "said": "said in a document",
    "inferred": "inferred",
    "changed": "~ said elsewhere",
    "clash": "× contradicted",
    "came": "+ came",
    "went": f"{MINUS} went",
}
Line = tuple[tuple[float, float], tuple[float, float]]


def draw(view: GraphView, facts: Sequence[DrawnFact], *, headed: bool = True) -> str:
    """The entities that these facts join, as SVG; ``headed`` with title and numbers above."""
    sheet = Sheet(WIDTH_PX)
    if headed:
        heading(sheet, view.picture.title, "; ".join(view.facts))
    links: dict[int, int] = defaultdict(int)
    for fact in facts:
        links[fact.subject] += 1
        links[fact.object] += 1
    if view.picture.about is not None:
        links.setdefault(view.picture.about, 0)
    points = _points(sheet, view.picture.entities, sorted(links))
    lines = beside(facts, points)
    _lines(sheet, facts, lines)
    for number in sorted(links):
        _point(sheet, view.picture.entities[number], links[number], *points[number])
    taken = _names(sheet, view, links, points)
    _name_lines(sheet, facts, lines, taken)
    _key(sheet, {kind_of(fact) for fact in facts})
    return sheet.svg(view.text())


def kind_of(fact: DrawnFact) -> str:
    """What its line is to tell: a change before a contradiction, that before an inference."""
    if fact.change:
        return fact.change
    if fact.clashes:
        return "clash"
    return "inferred" if fact.inferred else "said"


def _points(
    sheet: Sheet, entities: Sequence[DrawnEntity], shown: Sequence[int]
) -> dict[int, tuple[float, float]]:
    """Where they are on the sheet, which grows by the height of the picture."""
    xs = [entities[each].x for each in shown] or [0.0]
    ys = [entities[each].y for each in shown] or [0.0]
    wide, tall = max(xs) - min(xs), max(ys) - min(ys)
    scale = min(_WIDEST, (sheet.width - 2 * _SIDE) / max(wide, 0.5), (_TALL - 60) / max(tall, 0.5))
    left = (sheet.width - scale * wide) / 2
    top = sheet.y + 24
    sheet.y = top + scale * tall + 36
    return {
        each: (
            left + scale * (entities[each].x - min(xs)),
            top + scale * (entities[each].y - min(ys)),
        )
        for each in shown
    }


def _lines(
    sheet: Sheet,
    facts: Sequence[DrawnFact],
    lines: Sequence[Line],
) -> None:
    by_kind: dict[str, list[Line]] = defaultdict(list)
    for line, fact in zip(lines, facts, strict=True):
        by_kind[kind_of(fact)].append(line)
    for kind, (ink, width, dashes, _) in LINES.items():
        if not by_kind[kind]:
            continue
        path = "".join(f"M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}" for (a, b), (c, d) in by_kind[kind])
        dash = f' stroke-dasharray="{dashes}"' if dashes else ""
        sheet.parts.append(
            f'<path d="{path}" stroke="{ink}" stroke-width="{width:g}" fill="none"{dash}/>'
        )
        for start, end in by_kind[kind]:
            if len(facts) <= _MOST_ARROWS and math.dist(start, end) > _SHORT:
                sheet.parts.append(_arrow(start, end, ink))


def _name_lines(
    sheet: Sheet,
    facts: Sequence[DrawnFact],
    lines: Sequence[Line],
    taken: list[tuple[float, ...]],
) -> None:
    """What each line says, where on it nothing else stands; its sign alone where that has room."""
    order = sorted(range(len(facts)), key=lambda each: (facts[each].inferred, each))
    for number in order:
        ink, _, _, sign = LINES[kind_of(facts[number])]
        whole = f"{sign} {facts[number].relation.replace('_', ' ')}".strip()
        tried = [(whole, 10.0, _SHORT)] if len(facts) <= _MOST_NAMED else []
        for said, size, more in (*tried, (sign, 15.0, 0.0)):
            wide = sans_px(said, size)
            if not said or math.dist(*lines[number]) <= wide + more:
                continue
            place = _free(lines[number], (wide, size), taken)
            if place is not None:
                taken.append(_box(place, wide, size))
                haloed(sheet, place[0], place[1] + size / 3, said, size=size, ink=ink)
                break


def _free(
    line: Line, size: tuple[float, float], taken: Sequence[tuple[float, ...]]
) -> tuple[float, float] | None:
    """The first place on a line, from its middle outwards, at which a text covers no other."""
    (a, b), (c, d) = line
    for part in _PARTS:
        place = a + part * (c - a), b + part * (d - b)
        if not any(_meet(_box(place, *size), other) for other in taken):
            return place
    return None


def beside(facts: Sequence[DrawnFact], points: dict[int, tuple[float, float]]) -> list[Line]:
    """The ends of each fact's line on the sheet: several between two entities lie side by side."""
    together: dict[frozenset[int], list[int]] = defaultdict(list)
    for number, fact in enumerate(facts):
        together[frozenset((fact.subject, fact.object))].append(number)
    lines: list[Line] = [((0.0, 0.0), (0.0, 0.0))] * len(facts)
    for ends, numbers in together.items():
        low, high = points[min(ends)], points[max(ends)]
        dx, dy = high[0] - low[0], high[1] - low[1]
        long = math.hypot(dx, dy) or 1.0
        for place, number in enumerate(numbers):
            off = (place - (len(numbers) - 1) / 2) * min(_APART, 2 * _APART / len(numbers))
            x, y = -dy / long * off, dx / long * off
            a, b = points[facts[number].subject], points[facts[number].object]
            lines[number] = ((a[0] + x, a[1] + y), (b[0] + x, b[1] + y))
    return lines


def _arrow(start: tuple[float, float], end: tuple[float, float], ink: str) -> str:
    """A head at two thirds of the line, which points to the object."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    long = math.hypot(dx, dy)
    ux, uy = dx / long * 5, dy / long * 5
    x, y = start[0] + dx * 0.7 + ux, start[1] + dy * 0.7 + uy
    return (
        f'<path d="M{x:.1f} {y:.1f}L{x - ux - uy * 0.6:.1f} {y - uy + ux * 0.6:.1f}'
        f'L{x - ux + uy * 0.6:.1f} {y - uy - ux * 0.6:.1f}z" fill="{ink}"/>'
    )


def haloed(
    sheet: Sheet, x: float, y: float, said: str, *, size: float, ink: str = LIGHT.ink,
    bold: bool = False,
) -> None:  # fmt: skip
    """A text on the middle, readable over lines."""
    weight = ' font-weight="600"' if bold else ""
    sheet.parts.append(
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="middle" fill="{ink}"'
        f'{weight} stroke="{LIGHT.paper}" stroke-width="3" stroke-linejoin="round" '
        f'paint-order="stroke">{escape(said)}</text>'
    )


def _point(sheet: Sheet, entity: DrawnEntity, links: int, x: float, y: float) -> None:
    ink = {"came": LIGHT.good, "went": LIGHT.bad, "changed": LIGHT.mark}.get(
        entity.change, LIGHT.quiet if entity.is_value else LIGHT.more
    )
    radius = _radius(links)
    if entity.is_value:
        drawn = f'<path d="M{x:.1f} {y - radius:.1f}l{radius:.2f} {radius:.2f}l-{radius:.2f} ' \
                f'{radius:.2f}l-{radius:.2f} -{radius:.2f}z" fill="{ink}"/>'  # fmt: skip
    else:
        drawn = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{ink}"/>'
    sheet.parts.append(drawn)


def _radius(links: int) -> float:
    return min(9.0, 2.6 + 1.1 * math.sqrt(links))


def _names(
    sheet: Sheet,
    view: GraphView,
    links: dict[int, int],
    points: dict[int, tuple[float, float]],
) -> list[tuple[float, ...]]:
    """Names at their points, those of most facts first, as far as none covers another.

    Returns:
        The boxes that are taken now, of points and names.
    """
    taken = [_box(points[each], 2 * _radius(links[each]) - 2, 3.0) for each in links]
    order = sorted(links, key=lambda each: (each != view.picture.about, -links[each], each))
    written = 0
    for number in order:
        entity = view.picture.entities[number]
        sign = LINES[entity.change][3] + " " if entity.change else ""
        said = sign + cut(entity.name, _LONGEST)
        half, radius = sans_px(said, _NAME) / 2 + 2, _radius(links[number])
        x, y = points[number]
        for dx, dy in (
            (0, radius + 8),
            (0, -radius - 8),
            (radius + half + 2, 0),
            (-radius - half - 2, 0),
        ):
            middle = (min(max(x + dx, half), sheet.width - half), y + dy)
            box = _box(middle, 2 * half, 12.0)
            if not any(_meet(box, other) for other in taken):
                taken.append(box)
                bold = number == view.picture.about
                haloed(sheet, middle[0], middle[1] + 4, said, size=_NAME, bold=bold)
                written += 1
                break
        if written == _MOST_NAMES:
            break
    return taken


def _box(middle: tuple[float, float], wide: float, tall: float) -> tuple[float, ...]:
    x, y = middle
    return x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2


def _meet(one: tuple[float, ...], two: tuple[float, ...]) -> bool:
    return one[0] < two[2] and one[2] > two[0] and one[1] < two[3] and one[3] > two[1]


def _key(sheet: Sheet, kinds: set[str]) -> None:
    x = 20.0
    for kind, (ink, width, dashes, _) in LINES.items():
        if kind not in kinds:
            continue
        dash = f' stroke-dasharray="{dashes}"' if dashes else ""
        sheet.parts.append(
            f'<path d="M{x:g} {sheet.y - 4:.5g}h24" stroke="{ink}" stroke-width="{width + 0.5:g}" '
            f'fill="none"{dash}/>'
        )
        sheet.text(x + 30, sheet.y, SAID[kind], size=_NAME, ink=LIGHT.quiet)
        x += 48 + sans_px(SAID[kind], _NAME)
    sheet.y += 14
