"""What two times of a graph differ in, as tables: facts with the words, entities, documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.studio.cards import card
from workbench.studio.markup import escape, when

if TYPE_CHECKING:
    from workbench.knowledge.views.difference import FactChange, GraphDiff, SupportChange

_MOST_ROWS, _MOST_OPEN = 200, 40
_PILLS = {"came": ("good", "+ came"), "went": ("bad", "− went"), "changed": ("mark", "~ changed")}


def draw_diff(found: GraphDiff) -> dict[str, Any]:
    """The tables, below the picture where there is one."""
    tables = draw_diff_tables(found)
    if found.picture is None:
        return {"text/html": tables, "text/plain": repr(found)}
    from workbench.studio.widgets.graph_view import GraphView

    return GraphView(found.picture, tables).bundle()


def draw_diff_tables(found: GraphDiff) -> str:
    """Facts, entities and documents that came, went or changed."""
    span = f'<span class="q">{when(found.first)} to {when(found.second)}</span>'
    head = f'<div class="top"><strong>What changed in {escape(found.name)}</strong>{span}</div>'
    if not (found.facts or found.entities or found.documents):
        return card(f"{head}<p>Nothing changed between these times.</p>")
    facts = [(each.change, _fact(each), _support(each.support)) for each in found.facts]
    entities = [
        (each.change, escape(each.name), _names(each.before, each.after)) for each in found.entities
    ]
    documents = [(each.change, escape(each.document), "") for each in found.documents]
    return card(
        head
        + _table("Facts", facts, "where it is said")
        + _table("Entities", entities, "names")
        + _table("Documents", documents, "")
    )


def _table(title: str, rows: Sequence[tuple[str, str, str]], third: str) -> str:
    if not rows:
        return ""
    body = "".join(
        f'<tr><td class="w"><span class="pill {_PILLS[change][0]}">{_PILLS[change][1]}</span></td>'
        f"<td>{what}</td>" + (f"<td>{more}</td>" if third else "") + "</tr>"
        for change, what, more in rows[:_MOST_ROWS]
    )
    head = f"<th></th><th>{title}</th>" + (f"<th>{third}</th>" if third else "")
    left = len(rows) - _MOST_ROWS
    note = (
        f'<p class="q">and {left:,} more; the command with --json has all</p>' if left > 0 else ""
    )
    counts = ", ".join(
        f"{number:,} {change}"
        for change in _PILLS
        if (number := sum(row[0] == change for row in rows))
    )
    is_open = " open" if title == "Facts" and len(rows) <= _MOST_OPEN else ""
    return (
        f"<details{is_open}><summary>{title}: {counts}</summary>"
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        f"</div>{note}</details>"
    )


def _fact(found: FactChange) -> str:
    first, last = found.valid_from, found.valid_to
    span = ""
    if first is not None or last is not None:
        span = str(first) if first == last else f"{first or '…'} to {last or '…'}"
        span = f' <span class="q">({escape(span)})</span>'
    relation = escape(found.relation.replace("_", " "))
    return f"{escape(found.subject_name)} <em>{relation}</em> {escape(found.object_name)}{span}"


def _support(found: Sequence[SupportChange]) -> str:
    """The places that came or went, each with its sign where both are there."""
    mixed = len({each.change for each in found}) > 1
    return "<br>".join(
        (f"<b>{_PILLS[each.change][1]}</b> " if mixed else "")
        + f'<q>{escape(each.words)}</q> <span class="q">{escape(each.document)}, '
        f"{each.start}–{each.end}</span>"
        for each in found
    )


def _names(before: Sequence[str], after: Sequence[str]) -> str:
    if before and after:
        return f"{escape(', '.join(before))} → {escape(', '.join(after))}"
    return escape(", ".join(before or after))
