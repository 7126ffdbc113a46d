"""How proofs are drawn: a tree from what is concluded down to the words of documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.studio.cards import card
from workbench.studio.markup import count, escape, style

if TYPE_CHECKING:
    from workbench.knowledge.inference.operations import Contradiction, Inferred
    from workbench.knowledge.inference.reasoning import Proof
    from workbench.knowledge.states import Support

_MOST_CONTRADICTIONS = 50


def draw_proof(proof: Proof) -> str:
    """Why a fact holds."""
    return draw_proofs([proof])


def draw_proofs(proofs: Sequence[Proof]) -> str:
    """Why a fact holds, once for each time at which it does."""
    return _card(_tree(proofs))


def draw_inferred(found: Inferred) -> str:
    """What follows, each with its proof; the surest is open."""
    more = found.count - len(found.proofs)
    quiet = f"{found.stated:,} said, {found.count:,} follow by {count(len(found.rules), 'rule')}"
    head = (
        f'<div class="top"><span class="pill plain">┄ inferred</span>'
        f'<strong>What follows in {escape(found.name)}</strong><span class="q">{quiet}</span></div>'
    )
    parts = [
        f"<details{' open' if number == 0 else ''}><summary>{_claim(proof)}</summary>"
        f"{_tree([proof])}</details>"
        for number, proof in enumerate(found.proofs)
    ]
    notes = [f"{more:,} more are not shown; limit= shows them."] if more else []
    notes += [] if found.complete else ["More would follow, less surely or by more steps."]
    notes += map(escape, found.notes)
    return _card(head + "".join(parts) + "".join(f'<p class="q">{each}</p>' for each in notes))


def draw_contradiction(found: Contradiction) -> str:
    """Facts that cannot all be so, side by side."""
    return draw_contradictions([found])


def draw_contradictions(found: Sequence[Contradiction]) -> str:
    """Each contradiction: the facts side by side, each with its proof."""
    parts = []
    for each in found[:_MOST_CONTRADICTIONS]:
        sides = "".join(f"<div>{_tree([fact])}</div>" for fact in each.facts)
        parts.append(
            f'<div class="top"><span class="pill bad">× {each.confidence:.2f}</span>'
            f'<span class="q">against <code>{escape(each.rule)}</code></span></div>'
            f'<div class="against">{sides}</div>'
        )
    more = len(found) - _MOST_CONTRADICTIONS
    note = f'<p class="q">and {more:,} more, less sure</p>' if more > 0 else ""
    return _card("".join(parts) + note)


def _card(inside: str) -> str:
    return card(style("knowledge") + inside)


def _tree(proofs: Sequence[Proof]) -> str:
    items = "".join(f"<li>{_claim(proof)}{_reason(proof)}</li>" for proof in proofs)
    return f'<ul class="proof">{items}</ul>'


def _claim(proof: Proof) -> str:
    first, last = proof.valid_from, proof.valid_to
    span = ""
    if first is not None or last is not None:
        held = first if first == last else f"{first or '…'} to {last or '…'}"
        span = f" ({escape(held)})"
    relation = escape(proof.relation.replace("_", " "))
    return (
        f"<strong>{escape(proof.subject_name)}</strong> <em>{relation}</em> "
        f"<strong>{escape(proof.object_name)}</strong>{span} "
        f'<span class="q">{proof.confidence:.2f}</span>'
    )


def _reason(proof: Proof) -> str:
    """The rule and its premises, or the words that say it."""
    if proof.inferred:
        rule = f'<br><span class="q">┄ by</span> <code>{escape(proof.rule)}</code>'
        return rule + _tree(proof.premises)
    best, *others = sorted(proof.support, key=lambda each: -each.confidence)
    told = f"<br>{_quoted(best)}"
    if others:
        more = "".join(f"<li>{_quoted(each)}</li>" for each in others)
        summary = f"and {count(len(others), 'more place')}"
        told += f'<details><summary>{summary}</summary><ul class="proof">{more}</ul></details>'
    return told


def _quoted(support: Support) -> str:
    words = f"<q>{escape(support.words)}</q> " if support.words else ""
    place = f"{escape(support.document)}, {support.start}–{support.end}"
    return f'{words}<span class="q">{place}</span>'
