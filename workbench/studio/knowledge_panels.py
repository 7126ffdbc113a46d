"""What the knowledge page tells of a graph: what it holds, what is not in it, when it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.studio.markup import count, escape, size, when
from workbench.studio.pages import trouble

if TYPE_CHECKING:
    from workbench.knowledge.history import GraphChange
    from workbench.studio.knowledge_facts import KnowledgeState

EMPTY = (
    '<div class="wb-empty"><p>There is no knowledge base in this home yet. One is made of a folder '
    "of documents: text, Markdown, HTML, PDF, notebooks, code, tables.</p><p><code>workbench "
    "knowledge build notes FOLDER</code></p><p>Nothing leaves this machine, and the documents stay "
    "as they are. Or do it here:</p></div>"
)
_MOST_CHANGES, _MOST_FAULTS, _MOST_FORMS = 8, 12, 8


def draw_figures(now: KnowledgeState) -> str:
    """How much there is, in figures that can be read from afar; and where it is from."""
    row = now.row
    if row is None:
        return ""
    told = now.summary
    counted = "" if told else '<p class="q" role="status">Entities and facts are being counted…</p>'
    if "summary" in now.trouble:
        counted = trouble(now.trouble["summary"].message, now.trouble["summary"].hint)
    figures = [(row["documents"], "document", "documents")]
    if told is not None:
        figures += [(told.entities, "entity", "entities"), (told.facts, "fact", "facts")]
    shown = "".join(
        f"<div><b>{number:,}</b> <span>{one if number == 1 else many}</span></div>"
        for number, one, many in figures
    )
    changed = f"changed {when(row['changed'])}" if row["changed"] else "nothing recorded yet"
    unread = f"<span>✗ {count(row['unread'], 'document')} not read</span>" if row["unread"] else ""
    return (
        f'<div class="wb-big">{shown}</div>{counted}<p class="wb-facts"><span>{changed}</span>'
        f"{unread}<span>from {escape(row['folders'])}</span></p>"
    )


def draw_holding(now: KnowledgeState) -> str:
    """What it was read with and what it came to."""
    told = now.summary
    if told is None:
        return "" if now.row is None else '<p class="q">Being counted…</p>'
    read_by = ", ".join(f"{name} {version}" for name, version in told.extractors.items())
    rows = [
        ("Read by", escape(read_by) or "none"),
        ("Characters", f"{told.characters:,}"),
        ("Passages", f"{told.chunks:,}"),
        ("Mentions of names", f"{told.mentions:,}"),
        ("Merges that stand", f"{told.merges:,}"),
        ("Size", size(told.size_bytes)),
    ]
    cells = "".join(f'<tr><th scope="row">{n}</th><td class="n">{v}</td></tr>' for n, v in rows)
    return f'<table class="wb-fields">{cells}</table>{_ambiguous(told.ambiguous)}'


def _ambiguous(found: dict[str, tuple[str, ...]]) -> str:
    if not found:
        return ""
    listed = list(found.items())
    items = "".join(
        f"<li><b>{escape(short)}</b> is {escape(' or '.join(longs))}</li>"
        for short, longs in listed[:_MOST_FORMS]
    )
    more = len(listed) - _MOST_FORMS
    rest = f'<p class="q">and {more:,} more</p>' if more > 0 else ""
    said = count(len(listed), "short form is", "short forms are")
    return (
        f'<details class="wb-more"><summary>{said} said to be several things</summary>'
        f'<ul class="wb-plain">{items}</ul>{rest}</details>'
    )


def draw_left_out(now: KnowledgeState) -> str:
    """The documents that could not be read, each with its reason; what no text bore out."""
    told = now.summary
    if told is None:
        return ""
    parts = []
    if told.faults:
        listed = list(told.faults.items())
        rows = "".join(
            f'<li><span class="name">{escape(path)}</span><p class="facts">{escape(why)}</p></li>'
            for path, why in listed[:_MOST_FAULTS]
        )
        more = len(listed) - _MOST_FAULTS
        parts.append(f'<ul class="wb-rows">{rows}</ul>')
        if more > 0:
            command = f"workbench knowledge show {told.name} --json"
            parts.append(f'<p class="q">and {more:,} more: <code>{escape(command)}</code></p>')
    else:
        parts.append("<p>✓ Every document that a reader knows was read.</p>")
    if told.ungrounded:
        parts.append(
            f'<p class="q">Dropped: {count(told.ungrounded, "statement")} of an extractor that the '
            "passage itself does not say.</p>"
        )
    return "".join(parts)


def draw_changes(now: KnowledgeState) -> str:
    """When it changed, the newest first, with how many documents and decisions."""
    if "changes" in now.trouble:
        raise now.trouble["changes"]
    if not now.changes:
        return ""
    rows = "".join(map(_change, now.changes[:_MOST_CHANGES]))
    more = len(now.changes) - _MOST_CHANGES
    command = f"workbench knowledge history {now.chosen}"
    rest = f'<p class="q">older: <code>{escape(command)}</code></p>' if more > 0 else ""
    return f'<ul class="wb-rows">{rows}</ul>{rest}'


def _change(each: GraphChange) -> str:
    return (
        f'<li><span class="name">{when(each.recorded)}</span><p class="facts">'
        f"<span>{escape(said_change(each))}</span></p></li>"
    )


def said_change(each: GraphChange) -> str:
    """A change in words: + 3 documents, − 1 document, 2 decisions."""
    parts = [
        f"{sign} {count(number, 'document')}"
        for sign, number in (("+", each.came), ("−", each.went))
        if number
    ]
    parts += [count(each.decisions, "decision")] if each.decisions else []
    return ", ".join(parts) or "read by other extractors"


def options_of(graphs: tuple[dict[str, Any], ...]) -> list[tuple[str, str]]:
    """The graphs as a chooser lists them."""
    return [(f"{row['name']} ({row['documents']:,})", row["name"]) for row in graphs]
