"""How secure computations are drawn: what was opened to whom, what was sent, what is assumed.

The bars are SVG within the card: they stand still, and are the same in a report.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.studio.cards import card
from workbench.studio.markup import count, escape, number, size

if TYPE_CHECKING:
    from workbench.privacy.secure.results import Cost, PrivateJoin, SecureInference, SecureResult

_WIDTH, _HEIGHT = 320, 12
_LEAST = 1.5
_MOST_SHOWN = 24
_PARTS = (("offline", "var(--mark)"), ("online", "var(--bar)"))


def draw_inference(found: SecureInference) -> str:
    """How many labels are the plain model's, and who learnt them."""
    same = found.agreement == 1.0
    mark = ("good", "✓ as the plain model") if same else ("bad", "✗ not as the plain model")
    facts = [count(found.rows, "row"), found.scheme]
    if not same:
        facts.append(f"same on {found.agreement:.1%}")
    if found.accuracy is not None:
        facts.append(f"{found.accuracy:.1%} right")
    return _card(mark, f"Private inference: {found.model}", facts, found.opened, found)


def draw_result(found: SecureResult) -> str:
    """The function, the first of its values, and who learnt them."""
    flat = found.values.reshape(-1)
    shown = ", ".join(number(each) for each in flat[:_MOST_SHOWN].tolist())
    more = f" and {flat.size - _MOST_SHOWN:,} more" if flat.size > _MOST_SHOWN else ""
    values = f'<p class="q">{escape(shown)}{more}</p>'
    facts = [count(flat.size, "value"), found.scheme]
    mark = ("good", "✓ computed")
    return _card(mark, f"Secure {found.function}", facts, found.opened, found, values)


def draw_join(found: PrivateJoin) -> str:
    """How much both tables have in common, and what each side came to know of the other."""
    facts = [f"on {', '.join(found.on)}", found.out.name]
    without = found.left_without_key + found.right_without_key
    if without:
        facts.append(f"{count(without, 'row')} without a key left out")
    mark = ("good", f"✓ {found.matched:,} common")
    return _card(mark, "Private join", facts, found.learnt, found, _overlap(found))


def _card(
    mark: tuple[str, str],
    title: str,
    facts: Sequence[str],
    opened: str,
    found: SecureInference | SecureResult | PrivateJoin,
    middle: str = "",
) -> str:
    quiet = "".join(f'<span class="q">{escape(word)}</span>' for word in facts)
    head = (
        f'<div class="top"><span class="pill {mark[0]}">{escape(mark[1])}</span>'
        f"<strong>{escape(title)}</strong>{quiet}</div>"
    )
    told = f"<p>Opened: {escape(opened)}.</p>"
    note = f'<p class="note">{escape(found.security[:1].upper() + found.security[1:])}.</p>'
    return card(head + middle + told + _traffic(found.cost) + note)


def _traffic(cost: Cost) -> str:
    """What each party sent, as bars on one scale, with the figures in words beside them."""
    most = max(each.offline_bytes + each.online_bytes for each in cost.parties) or 1
    rows = []
    for each in cost.parties:
        at, bars = 0.0, ""
        parts = zip(_PARTS, (each.offline_bytes, each.online_bytes), strict=True)
        for (_, fill), sent in parts:
            width = max(_LEAST, _WIDTH * sent / most) if sent else 0.0
            bars += f'<rect x="{at:.1f}" width="{width:.1f}" height="{_HEIGHT}" fill="{fill}"/>'
            at += width
        told = f"{size(each.offline_bytes)} offline, {size(each.online_bytes)} online"
        rows.append(
            f'<tr><td class="w">{escape(each.name)}</td><td><svg viewBox="0 0 {_WIDTH + 4} '
            f'{_HEIGHT}" width="100%" height="{_HEIGHT}" preserveAspectRatio="none" role="img" '
            f'style="max-width:{_WIDTH}px;display:block" aria-label="{escape(told)}">{bars}</svg>'
            f'</td><td class="w">{size(each.offline_bytes)}</td>'
            f'<td class="w">{size(each.online_bytes)}</td></tr>'
        )
    keys = " ".join(
        f'<span style="color:{fill}" aria-hidden="true">■</span> {name}' for name, fill in _PARTS
    )
    head = f"<tr><th>party</th><th>sent: {keys}</th><th>offline</th><th>online</th></tr>"
    times = (
        f"{count(cost.rounds, 'round')}, {1000 * cost.offline_s:,.0f} ms offline, "
        f"{1000 * cost.online_s:,.0f} ms online"
    )
    return f'<table>{head}{"".join(rows)}</table><p class="q">{times}</p>'


def _overlap(found: PrivateJoin) -> str:
    """Both tables as bars that lie over each other as far as their keys do."""
    alone_left, alone_right = found.left_rows - found.matched, found.right_rows - found.matched
    parts = [
        (alone_left, "var(--bar)", "left alone"),
        (found.matched, "var(--good)", "in both"),
        (alone_right, "var(--mark)", "right alone"),
    ]
    total = sum(rows for rows, _, _ in parts) or 1
    at, bars = 0.0, ""
    for rows, fill, _ in parts:
        width = max(_LEAST, 560 * rows / total) if rows else 0.0
        bars += f'<rect x="{at:.1f}" y="2" width="{width:.1f}" height="16" fill="{fill}"/>'
        at += width
    said = "; ".join(f"{name}: {rows:,}" for rows, _, name in parts)
    keys = " ".join(
        f'<span class="q"><span style="color:{fill}" aria-hidden="true">■</span> {name}: '
        f"{rows:,}</span>"
        for rows, fill, name in parts
    )
    return (
        f'<svg viewBox="0 0 565 20" width="100%" height="20" role="img" '
        f'preserveAspectRatio="none" style="max-width:560px;display:block;margin:.5rem 0 .2rem" '
        f'aria-label="{escape(said)}">{bars}</svg><p>{keys}</p>'
    )
