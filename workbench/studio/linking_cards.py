"""How what may be one, what is two under one name, and rules are drawn: to be decided on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.studio.cards import card
from workbench.studio.markup import count, escape, style

if TYPE_CHECKING:
    from workbench.knowledge.inference.rulebook import BookRule
    from workbench.knowledge.linking_operations import Candidates
    from workbench.knowledge.senses import Homonym

_FEW = 4


def draw_candidates(found: Candidates) -> str:
    """Each pair with what speaks for it, and how one is decided."""
    head = _head(f"What may be one in {found.name}", f"{found.count:,} to look at")
    if not found.pairs:
        return card(head)
    rows = "".join(
        f"<tr><td>{escape(each.first)}</td><td>{escape(each.second)}</td>"
        f'<td class="n">{each.score:.2f}</td>'
        f'<td class="wider">{escape("; ".join(each.reasons))}</td>'
        f"<td>{_some(each.documents)}</td></tr>"
        for each in found.pairs
    )
    first = found.pairs[0]
    pair = f'"{first.first}" "{first.second}"'
    typed = f"workbench knowledge candidates decide {found.name} {pair} one"
    more = found.count - len(found.pairs)
    note = f'<p class="q">{more:,} more; limit= shows them</p>' if more else ""
    heads = _heads("one", "other", "score|n", "what speaks for it", "documents")
    decide = f'<p class="q">To decide: <code>{escape(typed)}</code></p>'
    return card(style("knowledge") + head + _table(heads, rows) + note + decide)


def draw_homonyms(found: Sequence[Homonym]) -> str:
    """Each name with its senses and where it has them."""
    parts = []
    for each in found:
        told = f"{len(each.undecided):,} undecided" if each.undecided else ""
        rows = "".join(
            f"<tr><td>{escape(sense or each.name)}</td>"
            f'<td class="n">{len(documents):,}</td><td>{_some(documents)}</td></tr>'
            for sense, documents in each.senses.items()
        )
        if each.undecided:
            rows += f'<tr><td class="q">undecided</td><td class="n">{len(each.undecided):,}</td>'
            rows += f"<td>{_some(each.undecided)}</td></tr>"
        parts.append(_head(each.name, told) + _table(_heads("sense", "documents|n", ""), rows))
    return card("".join(parts))


def draw_rules(rules: Sequence[BookRule]) -> str:
    """Each rule with where it is from and what it rests on; those taken away say so."""
    rows = "".join(_rule(each) for each in rules)
    used = sum(each.used for each in rules)
    heads = _heads("rule", "from", "confidence|n", "holds|n", "reason")
    return card(
        style("knowledge")
        + _head("Rules", f"{used:,} of {len(rules):,} used")
        + _table(heads, rows)
    )


def _rule(rule: BookRule) -> str:
    holds = "" if rule.support is None else f"{rule.support:,} of {rule.body_pairs:,}"
    away = "" if rule.used else ' <span class="pill plain">– taken away</span>'
    return (
        f'<tr><td class="wider"><code>{escape(rule.rule)}</code>{away}</td>'
        f"<td>{escape(rule.source)}</td>"
        f'<td class="n">{rule.confidence:.2f}</td><td class="n">{holds}</td>'
        f"<td>{escape('; '.join(filter(None, (rule.reason, rule.note))))}</td></tr>"
    )


def _head(title: str, quiet: str) -> str:
    return (
        f'<div class="top"><strong>{escape(title)}</strong>'
        f'<span class="q">{escape(quiet)}</span></div>'
    )


def _heads(*names: str) -> str:
    """Heads of columns; ``|n`` after one says that it is of numbers."""
    return "".join(
        f'<th class="n">{name[:-2]}</th>' if name.endswith("|n") else f"<th>{name}</th>"
        for name in names
    )


def _table(heads: str, rows: str) -> str:
    return (
        f'<div class="wide"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _some(documents: Sequence[str]) -> str:
    """The first few documents, and how many more there are."""
    listed = ", ".join(map(escape, documents[:_FEW]))
    more = len(documents) - _FEW
    return listed + (
        f' <span class="q">and {count(more, "more", "more")}</span>' if more > 0 else ""
    )
