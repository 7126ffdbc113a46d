"""SVG by hand: a sheet on which texts and grounds are put, in colours that have a dark twin."""

from __future__ import annotations

import unicodedata

from workbench.reports.palette import FONT
from workbench.studio.markup import escape
from workbench.studio.widgets import shades
from workbench.studio.widgets.shades import DARK, LEVELS, LIGHT

MONO = "'DejaVu Sans Mono', ui-monospace, Menlo, Consolas, monospace"
_MONO_EM, _SANS_EM = 0.602, 0.56
_INKS = ("ink", "quiet", "line", "paper", "more", "less", "good", "bad", "mark")


class Sheet:
    """Elements in the order in which they are drawn, on a sheet that grows downwards."""

    def __init__(self, width: float) -> None:
        self.width = width
        self.y = 0.0
        self.parts: list[str] = []

    def text(
        self, x: float, y: float, said: str, *, size: float = 12, ink: str = LIGHT.ink,
        mono: bool = False, anchor: str = "start", bold: bool = False, turn: float = 0.0,
    ) -> None:  # fmt: skip
        """A line of text with its foot at ``y``, turned by so many degrees about its beginning."""
        more = f' font-family="{MONO}"' if mono else ""
        more += f' text-anchor="{anchor}"' if anchor != "start" else ""
        more += ' font-weight="600"' if bold else ""
        more += f' transform="rotate({turn:g} {x:g} {y:g})"' if turn else ""
        self.parts.append(
            f'<text x="{x:.5g}" y="{y:.5g}" font-size="{size:g}" fill="{ink}"{more}>'
            f"{escape(said)}</text>"
        )

    def rect(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        """A ground without a border."""
        self.parts.append(
            f'<rect x="{x:.5g}" y="{y:.5g}" width="{width:.5g}" height="{height:.5g}" '
            f'fill="{fill}"/>'
        )

    def line(self, x: float, y: float, width: float, weight: float, *, dashed: bool) -> None:
        """A line below a token; dashed for scores under 0."""
        dash = ' stroke-dasharray="4 2.5"' if dashed else ""
        ink = LIGHT.less if dashed else LIGHT.more
        self.parts.append(
            f'<path d="M{x:.5g} {y + weight / 2:.5g}h{width:.5g}" stroke="{ink}" '
            f'stroke-width="{weight:g}"{dash} fill="none"/>'
        )

    def svg(self, label: str) -> str:
        """The sheet as it stands, on paper, with what it shows said for who does not see it."""
        height = self.y
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width:.5g}" '
            f'height="{height:.5g}" viewBox="0 0 {self.width:.5g} {height:.5g}" role="img" '
            f'aria-label="{escape(label)}" font-family="{FONT}"><title>{escape(label)}</title>'
            f'<rect width="100%" height="100%" fill="{LIGHT.paper}"/>'
            f"{''.join(self.parts)}</svg>"
        )


def in_both_themes(svg: str) -> str:
    """The picture with rules for a dark page; they hold also where it stands in an ``<img>``."""
    rules = "".join(f"{chosen}{{{kind}:{dark}}}" for chosen, kind, dark in _dark_rules(svg))
    style = f"<style>@media(prefers-color-scheme:dark){{{rules}}}</style>"
    head, title, body = svg.partition("<title>")
    return f"{head}{style}{title}{body}"


def inline(svg: str) -> str:
    """The picture as a part of a page of Jupyter, whose theme it follows; it has no paper."""
    found = _dark_rules(svg)
    system = "".join(f"{OPEN} {chosen}{{{kind}:{dark}}}" for chosen, kind, dark in found)
    theme = "".join(f"{NIGHT} {chosen}{{{kind}:{dark}}}" for chosen, kind, dark in found)
    style = f"<style>{theme}@media(prefers-color-scheme:dark){{{system}}}</style>"
    return f'<div class="wide wb-picture">{style}{svg}</div>'


NIGHT = 'body[data-jp-theme-light="false"] .wb-picture'
OPEN = "body:not([data-jp-theme-light]) .wb-picture"


def _dark_rules(svg: str) -> list[tuple[str, str, str]]:
    """For each colour of a picture: a selector, the property, and the colour on a dark page."""
    pairs = {getattr(LIGHT, name): getattr(DARK, name) for name in _INKS}
    for step in range(-LEVELS, LEVELS + 1):
        pairs.setdefault(shades.shade(step, LIGHT), shades.shade(step, DARK))
    return [
        (f'[{kind}="{light}"]', kind, dark)
        for light, dark in pairs.items()
        for kind in ("fill", "stroke")
        if f'{kind}="{light}"' in svg
    ]


def cells(said: str) -> int:
    """How many columns a text takes in a font of one width: wide signs two, accents none."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in said
    )


def mono_px(said: str, size: float) -> float:
    """About how wide a text is in the font of one width."""
    return cells(said) * size * _MONO_EM


def sans_px(said: str, size: float) -> float:
    """About how wide a text is."""
    return cells(said) * size * _SANS_EM


def cut(said: str, columns: int) -> str:
    """A text that takes at most so many columns; what was cut is told by a sign."""
    if cells(said) <= columns:
        return said
    kept = ""
    for sign in said:
        if cells(kept + sign) > columns - 1:
            break
        kept += sign
    return kept + "…"


def wrap(said: str, width: float, size: float) -> list[str]:
    """Words in lines that are no wider than so many pixels."""
    lines: list[str] = []
    for word in said.split():
        if lines and sans_px(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
