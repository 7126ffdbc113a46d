"""How anonymised texts are drawn: what was put in stands marked by kind, in words and by its line.

Kinds are told by a word at each place and by the line below it; the shade is a third sign only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from workbench.studio.markup import count, escape, style
from workbench.studio.privacy_cards import Bar, draw_bars
from workbench.studio.tables import table

if TYPE_CHECKING:
    from workbench.privacy.anonymisation.filing import AnonymisedFile, Revealed, TextRisk
    from workbench.privacy.anonymisation.scoring import Recall
    from workbench.privacy.anonymisation.texts import AnonymisedText, Decision

_MOST_CHARS = 3000
_GROUPS = {
    "who": ("PERSON", "BIRTH_DATE"),
    "where": ("ADDRESS", "LOCATION"),
    "reach": ("EMAIL", "PHONE", "URL", "IP"),
    "number": ("ID", "CARD", "IBAN"),
}
_GROUP_OF = {kind: group for group, kinds in _GROUPS.items() for kind in kinds}
_WAYS = {"mask": "masked", "surrogate": "replaced by made values", "pseudonym": "sealed"}
_NAMES = {
    "IBAN": "IBAN", "IBAN_CODE": "IBAN", "ID": "ID number", "ID_NUMBER": "ID number",
    "IP": "IP address", "IP_ADDRESS": "IP address", "URL": "web page",
}  # fmt: skip
_SEALED = re.compile(r"\[([A-Z_]+):([A-Z2-7]{8}):([A-Z2-7]+)\]")


def draw_text(made: AnonymisedText) -> str:
    """The text with its marks, how often each kind came, and why each place was taken."""
    if made.withheld:
        mark = ("bad", "✗ withheld as a whole")
        return _card(_head(mark, "Text", []) + f'<p class="trouble">{escape(made.withheld)}</p>')
    spans = len(made.decisions)
    mark = ("good", f"✓ {count(spans, 'place')} {_WAYS.get(made.way, made.way)}")
    if not spans:
        mark = ("plain", "· nothing personal found")
    fewer = made.fewer_lists
    note = f'<p class="note">{escape(fewer)}</p>' if fewer else ""
    head = _head(mark, "Text", [f"{_kind(kind)}: {n}" for kind, n in made.counts.items()])
    return _card(head + note + _marked(made) + _reasons(made.decisions))


def draw_file(made: AnonymisedFile) -> str:
    """What was done with a file, the risk against its bound, and the fullest text or the table."""
    if made.table is not None:
        from workbench.studio.table_risk_cards import draw_table_file

        return draw_table_file(made)
    spans = sum(made.kinds.values())
    mark = ("good", f"✓ written to {made.out.name}") if made.out else ("bad", "✗ refused")
    facts = [count(made.texts, "text"), f"{count(spans, 'place')} {_WAYS.get(made.way, made.way)}"]
    parts = [_head(mark, made.source, facts)]
    if not made.ok:
        said = f"A second look finds something in {made.risk:.1%} of the texts: nothing was written"
        parts.append(f'<p class="trouble">{said}.</p>{_seen(made)}')
    parts.append(_kind_bars(made.kinds))
    look = f"A second look finds something in {made.risk:.1%} of the texts"
    parts.append(f'<p class="q">{look}; {made.most_risk:.1%} was allowed.</p>')
    if made.no_reader:
        parts.append(f'<p class="note">{escape(made.no_reader)}</p>')
    if made.taken_out:
        more = count(len(made.taken_out), "place")
        parts.append(
            f'<p class="q">The second look took out {more} that the first passed over.</p>'
        )
    if made.lists is not None and made.lists.warning:
        parts.append(f'<p class="note">{escape(made.lists.warning)}</p>')
    for reason, times in made.reasons.items():
        parts.append(f'<p class="note">{count(times, "text")} withheld: {escape(reason)}</p>')
    for mime, times in made.dropped.items():
        parts.append(f'<p class="note">{count(times, "output")} of {escape(mime)} left out.</p>')
    if made.example is not None and made.example.decisions:
        shown = _marked(made.example)
        parts.append(f"<details open><summary>Its fullest text</summary>{shown}</details>")
    return _card("".join(parts))


def _seen(made: AnonymisedFile) -> str:
    """Which kinds the second look saw, and in which texts."""
    if not made.seen:
        return ""
    kinds = ", ".join(f"{_kind(kind)} in {count(n, 'text')}" for kind, n in made.seen.items())
    places = ", ".join(map(str, made.seen_in))
    return f'<p class="note">Seen: {kinds}; the first are number {places}.</p>'


def draw_text_risk(found: TextRisk) -> str:
    """How much of some texts is personal, kind by kind."""
    hit = found.share > 0
    mark = ("mark", "! personal") if hit else ("good", "✓ nothing personal found")
    if found.most_risk is not None:
        bound = f"the stated {found.most_risk:.1%}"
        mark = ("good", f"✓ within {bound}") if found.ok else ("bad", f"✗ over {bound}")
    facts = [f"in {found.share:.1%} of {count(found.texts, 'text')}", count(found.spans, "place")]
    unread = ""
    if found.withheld:
        said = f"{count(found.withheld, 'text')} cannot be read here and count as personal"
        unread = f'<p class="note">{said}.</p>'
    if found.lists is not None and found.lists.warning:
        unread += f'<p class="note">{escape(found.lists.warning)}</p>'
    if found.no_reader:
        unread += f'<p class="note">{escape(found.no_reader)}</p>'
    return _card(_head(mark, "What texts give away", facts) + unread + _kind_bars(found.kinds))


def draw_recall(found: Recall) -> str:
    """The masked share of each kind of label, the worst first, and what was masked for nothing."""
    facts = [
        f"{found.masked:,} of {found.labelled:,} labelled places",
        count(found.documents, "document"),
        f"{found.false_share:.1%} of what was masked is nothing personal",
    ]
    order = sorted(found.by_kind.items(), key=lambda item: item[1][0] / item[1][1])
    bars = [
        Bar(_kind(kind), masked / labelled, told=f"{masked / labelled:.3f} of {labelled:,}")
        for kind, (masked, labelled) in order
    ]
    title = f"{found.masked_recall:.3f} of what is personal is masked"
    return _card(_head(None, title, facts) + draw_bars(bars, most=1.0))


def draw_revealed(made: Revealed) -> str:
    """How many pseudonyms were opened."""
    said = ("good", f"✓ {count(made.pseudonyms, 'pseudonym')} opened")
    return _card(_head(said, made.out.name, ["written to the ledger as a decryption"]))


def _marked(made: AnonymisedText) -> str:
    """The text with what was put in marked, and what the marks mean."""
    shown = "".join(_pieces(made))
    left = len(made.text) - _MOST_CHARS
    more = f'<p class="q">{left:,} more characters are not shown.</p>' if left > 0 else ""
    there = {_GROUP_OF.get(each.kind, "other") for each in made.decisions}
    keys = "".join(
        f'<span class="key"><span class="put {group}">{", ".join(map(_kind, kinds))}</span></span>'
        for group, kinds in _GROUPS.items()
        if group in there
    )
    legend = f'<p class="q keys">{keys}</p>' if keys else ""
    return f'<div class="said wb-put">{shown}</div>{more}{legend}'


def _pieces(made: AnonymisedText) -> Iterator[str]:
    at = 0
    for each in made.decisions:
        if each.end > _MOST_CHARS:
            break
        yield escape(made.text[at : each.start])
        yield _mark(made.text[each.start : each.end], each)
        at = each.end
    yield escape(made.text[at:_MOST_CHARS])


def _mark(said: str, each: Decision) -> str:
    """A place: what stands there now, and below it of what kind; a person has a number."""
    told = _kind(each.kind) + (f" {each.whom}" if each.whom is not None else "")
    sealed = _SEALED.fullmatch(said)
    shown = f"[{sealed[2]}]" if sealed else said
    if shown == f"[{each.kind}]" and each.whom is None:  # a mask says its kind itself
        told = ""
    label = f"<small>{escape(told)}</small>" if told else ""
    group = _GROUP_OF.get(each.kind, "other")
    title = escape(f"{_kind(each.kind)}, {each.chars} characters before, by {each.by}")
    return f'<span class="put {group}" title="{title}">{escape(shown)}{label}</span>'


def _reasons(decisions: tuple[Decision, ...]) -> str:
    if not decisions:
        return ""
    rows = [
        {
            "kind": _kind(each.kind),
            "person": each.whom,
            "characters before": each.chars,
            "score": each.score,
            "found by": each.by,
            "because": each.because,
        }
        for each in decisions
    ]
    shown = table(rows, title="Why each place was taken").html()
    return f"<details><summary>Why each place was taken</summary>{shown}</details>"


def _kind_bars(kinds: Mapping[str, int]) -> str:
    if not kinds:
        return ""
    order = sorted(kinds.items(), key=lambda item: -item[1])
    bars = [Bar(_kind(kind), float(spans), told=f"{spans:,}") for kind, spans in order]
    return draw_bars(bars, most=float(order[0][1]))


def _kind(kind: str) -> str:
    """A kind in words: BIRTH_DATE is a birth date."""
    return _NAMES.get(kind, kind.replace("_", " ").lower())


def _head(mark: tuple[str, str] | None, title: str, facts: list[str]) -> str:
    pill = f'<span class="pill {mark[0]}">{escape(mark[1])}</span>' if mark else ""
    quiet = "".join(f'<span class="q">{escape(word)}</span>' for word in facts)
    return f'<div class="top">{pill}<strong>{escape(title)}</strong>{quiet}</div>'


def _card(inside: str) -> str:
    sheets = style("tokens", "viewers", "anonymised")
    return f'<div class="wb wb-card">{sheets}{inside}</div>'
