"""A saliency that stands still: the whole answer, then each target token, then all as a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.studio.markup import escape, style
from workbench.studio.widgets import shades
from workbench.studio.widgets.parts import Part

if TYPE_CHECKING:
    from workbench.studio.widgets.saliency import Saliency

HELD = "held"
_MOST_CHIPS = 400  # of single targets in a page that stands still: a notebook may hold 500 kB
_MOST_CELLS = 4000


def draw(shown: Saliency) -> str:
    """All of it as HTML without a script."""
    from workbench.studio.widgets.saliency import WHOLE

    limit = shown.limit(WHOLE)
    values = shown.of(WHOLE).tolist()
    first = chips(shown.parts, values, limit, label="Prompt, whole answer", held=shown.held)
    return frame(
        shown.title, shown.facts, shown.warning,
        f'<p class="wb-step">Scores for <strong>the whole answer</strong>{_answer(shown)}</p>'
        f"{first}{key(limit)}{_targets(shown)}{_map(shown)}",
    )  # fmt: skip


def frame(title: str, facts: Sequence[str], warning: str, inside: str) -> str:
    """The title, the facts, what must be known, and what is shown."""
    said = "".join(f"<span>{escape(fact)}</span>" for fact in facts)
    trouble = f'<p class="wb-warn"><b>Note.</b> {escape(warning)}</p>' if warning else ""
    return (
        f'<div class="wb wb-w">{style("tokens", "widgets")}'
        f'<p class="wb-name"><strong>{escape(title)}</strong></p>'
        f'<p class="wb-said">{said}</p>{trouble}{inside}</div>'
    )


def chips(
    parts: Sequence[Part], values: Sequence[float], limit: float, *, label: str,
    held: Sequence[int] = (),
) -> str:  # fmt: skip
    """Tokens with number, line and ground; those held say that instead of a number."""
    decimals = shades.digits(limit)
    items = "".join(
        chip(part, HELD if j in held else shades.signed(value, decimals), value, limit)
        for j, (part, value) in enumerate(zip(parts, values, strict=True))
    )
    return f'<ol class="wb-chips" aria-label="{escape(label)}">{items}</ol>'


def chip(part: Part, said: str, value: float, limit: float) -> str:
    """One token, with what is said of it below."""
    return (
        f'<li class="chip {side(value)}" style="{measure(value, limit)}" '
        f'title="{escape(part.name)}"><code>{escape(part.sign)}</code><small>{said}</small></li>'
        + ('<li class="brk" aria-hidden="true"></li>' if part.text.endswith("\n") else "")
    )


def side(value: float) -> str:
    """The class of a value: which side of 0 it lies on."""
    return "less" if value < 0 else "more" if value > 0 else "none"


def measure(value: float, limit: float) -> str:
    """What the style sheet is to know of a value: ground and line."""
    part = shades.share(value, limit)
    return f"--a:{part:.3g};--w:{shades.weight_px(value, limit):g}px"


def key(limit: float, unit: str = "nats") -> str:
    """How to read the scale."""
    decimals = shades.digits(limit)
    low, high = shades.signed(-limit, decimals), shades.signed(limit, decimals)
    steps = "".join(
        f'<i class="{side(step)}" style="{measure(step, 5)}"></i>' for step in range(-5, 6)
    )
    return (
        f'<p class="wb-key"><span>{low}</span><span class="wb-scale" aria-hidden="true">{steps}'
        f"</span><span>{high} {escape(unit)}</span><span>orange, broken line: makes it less "
        "likely; blue, whole line: likelier; the stronger, the more</span></p>"
    )


def _answer(shown: Saliency) -> str:
    text = "".join(part.sign for part in shown.targets)
    return f": <code>{escape(text if len(text) <= 300 else text[:299] + '…')}</code>"


def _targets(shown: Saliency) -> str:
    """Each target token: in full where that is short, else what was strongest for it."""
    if len(shown.targets) == 1:
        return ""
    limit, decimals = shown.limits[0], shades.digits(shown.limits[0])
    if shown.scores.size <= _MOST_CHIPS:
        inside = "".join(
            f'<p class="wb-step">for <code>{escape(target.sign)}</code> ({escape(target.name)})</p>'
            + chips(
                shown.parts,
                shown.of(i).tolist(),
                limit,
                label=f"Prompt, for {target.sign}",
                held=shown.held,
            )
            for i, target in enumerate(shown.targets)
        ) + key(limit)
    else:
        rows = "".join(
            f"<tr><td><code>{escape(target.sign)}</code></td>"
            f'<td class="n">{shades.signed(float(shown.of(i).sum()), decimals)}</td>'
            f"<td>{_strongest(shown, i, decimals)}</td></tr>"
            for i, target in enumerate(shown.targets)
        )
        inside = (
            '<div class="wide"><table><thead><tr><th>Target token</th><th class="n">Sum (nats)</th>'
            f"<th>Strongest parts</th></tr></thead><tbody>{rows}</tbody></table></div>"
        )
    summary = f"Each of the {len(shown.targets)} target tokens"
    return f"<details><summary>{summary}</summary>{inside}</details>"


def _strongest(shown: Saliency, target: int, decimals: int) -> str:
    values = shown.of(target).tolist()
    return ", ".join(
        f"<code>{escape(shown.parts[j].sign)}</code> {shades.signed(values[j], decimals)}"
        for j in shown.strongest(target)
    )


def _map(shown: Saliency) -> str:
    """Targets by parts at a glance."""
    from workbench.studio.widgets.heat_map import HeatMap
    from workbench.studio.widgets.heat_map_svg import in_page

    if len(shown.targets) == 1:
        return ""
    size = f"{len(shown.targets)} x {len(shown.parts)}"
    if shown.scores.size > _MOST_CELLS:
        return (
            f'<p class="q">The map of all {size} scores is too large for a page that stands still; '
            "it is there where the widget runs.</p>"
        )
    view = HeatMap(
        "Targets by parts of the prompt", shown.scores[None],
        tuple(part.sign for part in shown.targets), tuple(part.sign for part in shown.parts),
        "nats", "target token", "part of the prompt",
    )  # fmt: skip
    return f"<details><summary>All {size} scores as a map</summary>{in_page(view, 0)}</details>"
