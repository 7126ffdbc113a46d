"""A comparison that stands still: both prompts, then the differences, for the whole answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.studio.markup import escape
from workbench.studio.widgets import shades
from workbench.studio.widgets.saliency import WHOLE
from workbench.studio.widgets.saliency_html import HELD, chips, frame, key, measure, side

if TYPE_CHECKING:
    from workbench.studio.widgets.comparison import Comparison

_MOST_CHIPS = 400


def draw(shown: Comparison) -> str:
    """All of it as HTML without a script."""
    inside = _one(shown, WHOLE)
    count = len(shown.one.targets)
    size = count * (len(shown.one.parts) + len(shown.two.parts) + len(shown.pairs))
    if shown.shares_targets and count > 1 and size <= _MOST_CHIPS:
        each = "".join(
            f'<p class="wb-step">for <code>{escape(target.sign)}</code></p>{_one(shown, i)}'
            for i, target in enumerate(shown.one.targets)
        )
        inside += f"<details><summary>Each of the {count} target tokens</summary>{each}</details>"
    return frame(shown.title, (), shown.warning, inside)


def _one(shown: Comparison, target: int) -> str:
    limit = shown.limit(target)
    columns = "".join(
        f'<div><p class="wb-step"><strong>{escape(name)}</strong></p>'
        f'<p class="wb-said">{"".join(f"<span>{escape(f)}</span>" for f in view.facts)}</p>'
        + chips(
            view.parts, view.of(target).tolist(), limit, label=f"Prompt of {name}", held=view.held
        )
        + "</div>"
        for name, view in zip(shown.names, (shown.one, shown.two), strict=True)
    )
    return (
        f'<div class="wb-two">{columns}</div>'
        f'<p class="wb-step"><strong>{escape(shown.names[1])} less {escape(shown.names[0])}'
        f"</strong></p>{_differences(shown, target)}{key(limit)}"
    )


def _differences(shown: Comparison, target: int) -> str:
    limit, held = shown.limit(target), shown.held
    decimals = shades.digits(limit)
    items = "".join(
        f'<li class="chip {side(value)}{"" if where == "both" else " only"}" '
        f'style="{measure(value, limit)}"><code>{escape(sign)}</code>'
        f"<small>{HELD if number in held else shades.signed(value, decimals)}"
        f"{'' if where == 'both' else f' {escape(where)} only'}</small></li>"
        for number, (sign, where, value) in enumerate(shown.differences(target))
    )
    return f'<ol class="wb-chips" aria-label="Differences">{items}</ol>'
