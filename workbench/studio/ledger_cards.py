"""How checks of the ledger are drawn: the word first, then a strip of all entries and the fault."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.studio.cards import card
from workbench.studio.markup import count, escape, when
from workbench.studio.tables import table

if TYPE_CHECKING:
    from workbench.privacy.ledger.checking import EvidenceCheck
    from workbench.privacy.ledger.checkpoints import KeptCheckpoint
    from workbench.privacy.ledger.erasing import Erasure

_WIDTH, _HEIGHT, _LEAST = 560, 20, 8.0


def draw_evidence(check: EvidenceCheck) -> str:
    """Sound or broken, and where: what is signed, what only chained, what nobody vouches for."""
    mark = (
        ("good", "✓ sound")
        if check.ok
        else ("bad", f"✗ broken{where_broken(check.broken_at, check.broken_to)}")
    )
    if check.ok and not check.checkpoints:
        mark = ("plain", "· chain intact, whole or not")
    facts = [
        f"{check.entries:,} entries checked",
        count(check.checkpoints, "good checkpoint") if check.checkpoints else "no checkpoint",
    ]
    quiet = "".join(f'<span class="q">{escape(word)}</span>' for word in facts)
    head = (
        f'<div class="top"><span class="pill {mark[0]}">{escape(mark[1])}</span>'
        f"<strong>Audit ledger</strong>{quiet}</div>"
    )
    reason = f'<p class="trouble">{escape(_sentence(check.reason))}</p>' if check.reason else ""
    notes = "".join(f'<p class="note">{escape(_sentence(note))}</p>' for note in check.notes)
    root = f'<p class="q">Root <code>{escape(check.root)}</code></p>' if check.entries else ""
    return card(head + reason + _strip(check) + notes + root)


def draw_checkpoints(kept: Sequence[KeptCheckpoint]) -> str:
    """A row a checkpoint, the newest first, and where they are."""
    rows = [
        {
            "entries": each.size,
            "signed (UTC)": _in_one_line(each.time),
            "root": f"{each.root[:16]}…",
            "key": each.key,
        }
        for each in kept
    ]
    return table(rows, title="Signed checkpoints").html()


def _in_one_line(time: str) -> str:
    """A time without a space or a dash at which it would break where there is little room."""
    moment = dt.datetime.fromisoformat(time)
    return f"{moment.day} {moment:%b %Y, %H:%M:%S}".replace(" ", "\u00a0")


def draw_checkpoint(kept: KeptCheckpoint) -> str:
    """What was signed, when, and with which key."""
    mark = ("good", "✓ signed") if kept.made else ("plain", "· nothing new")
    return card(
        f'<div class="top"><span class="pill {mark[0]}">{mark[1]}</span>'
        f"<strong>{kept.size:,} entries</strong>"
        f'<span class="q">{when(kept.time)}</span><span class="q">key {escape(kept.key)}</span>'
        f'</div><p class="q">Root <code>{escape(kept.root)}</code></p>'
    )


def draw_erasure(erasure: Erasure) -> str:
    """Who was erased, by pseudonym, and what that does not reach."""
    left = "".join(f"<li>{escape(_sentence(each))}</li>" for each in erasure.not_reached)
    return card(
        '<div class="top"><span class="pill good">✓ key dropped</span>'
        f"<strong>{escape(erasure.pseudonym)}</strong>"
        f'<span class="q">{count(erasure.entries, "entry", "entries")} told of them</span>'
        f'<span class="q">written down as entry {erasure.entry:,}</span></div>'
        f'<p>Not reached:</p><ul class="q">{left}</ul>'
    )


def where_broken(broken_at: int | None, broken_to: int | None) -> str:
    """The entries among which a fault lies, in words; empty where it lies in none."""
    if broken_at is None:
        return ""
    if broken_at == broken_to:
        return f" at entry {broken_at:,}"
    return f" in entries {broken_at:,} to {broken_to:,}"


def _strip(check: EvidenceCheck) -> str:
    """All entries from the first to the last that is known of, as one bar."""
    last = max(check.entries, check.broken_to or 0)
    if not last:
        return ""
    parts = [(0, check.signed_entries, "var(--good)", "signed")]
    if check.broken_at is None:
        parts.append((check.signed_entries, last, "var(--bar)", "chained"))
    else:
        before = max(check.signed_entries, check.broken_at - 1)
        parts.append((check.signed_entries, before, "var(--bar)", "chained"))
        parts.append((before, check.broken_to or last, "var(--bad)", "broken"))
        parts.append((check.broken_to or last, last, "var(--line)", "not looked at"))
    shown = [part for part in parts if part[1] > part[0]]
    bars = "".join(_bar(start, end, last, fill) for start, end, fill, _ in shown)
    said = "; ".join(f"{name}: {start + 1:,} to {end:,}" for start, end, _, name in shown)
    keys = "".join(
        f'<span class="q"><span style="color:{fill}" aria-hidden="true">■</span> {name}: '
        f"{start + 1:,} to {end:,}</span> "
        for start, end, fill, name in shown
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="100%" height="{_HEIGHT}" role="img" '
        f'preserveAspectRatio="none" style="max-width:{_WIDTH}px;display:block;'
        f'margin:.5rem 0 .2rem" aria-label="{escape(said)}">{bars}</svg><p>{keys}</p>'
    )


def _bar(start: int, end: int, last: int, fill: str) -> str:
    """One part; a single entry of a million is drawn as wide as can be seen."""
    x, width = _WIDTH * start / last, _WIDTH * (end - start) / last
    if width < _LEAST:
        x, width = min(x, _WIDTH - _LEAST), _LEAST
    return f'<rect x="{x:.1f}" y="2" width="{width:.1f}" height="{_HEIGHT - 4}" fill="{fill}"/>'


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith(".") else ".")
