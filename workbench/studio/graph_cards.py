"""How answers of a property graph are drawn: rows as a table, ways with the words of each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.studio.cards import card
from workbench.studio.markup import count, escape, when
from workbench.studio.tables import table

if TYPE_CHECKING:
    from workbench.knowledge.property_graph.operations import GraphSchema, Paths, QueryAnswer


def draw_query(found: QueryAnswer) -> str:
    """The rows as a table that sorts and filters, and how long they took."""
    from workbench.knowledge.property_graph.showing import shown

    facts = [f"more beyond limit={len(found.rows)}"] if found.more else []
    facts += [f"{found.took_ms:.1f} ms", f"on {found.on}"]
    names = _told_apart(found.columns)
    rows = [
        {
            name: value if isinstance(value, (int, float)) else shown(value)
            for name, value in zip(names, row, strict=True)
        }
        for row in found.rows
    ]
    drawn = table(rows, title=f"Rows from {found.name}").html() if rows else ""
    return card(_head(found.name, count(len(rows), "row"), facts, _times(found)) + drawn)


def draw_schema(found: GraphSchema) -> str:
    """Labels and relations, with how many there are and their properties."""
    rows = [
        {
            "pattern": f"(:{label})",
            "count": number,
            "properties": ", ".join(found.properties[label]),
        }
        for label, number in found.labels.items()
    ]
    first_of: dict[tuple[str, ...], str] = {}
    for relation, number in found.relations.items():
        source, target = found.ends[relation]
        properties = found.properties[relation]
        same = first_of.setdefault(properties, relation)
        rows.append(
            {
                "pattern": f"(:{source})-[:{relation}]->(:{target})",
                "count": number,
                "properties": ", ".join(properties) if same == relation else f"as of {same}",
            }
        )
    drawn = table(rows, title=f"What Cypher can ask {found.name} for").html()
    relations = count(len(found.relations), "relation")
    return card(_head(found.name, relations, [f"on {found.on}"], _times(found)) + drawn)


def draw_paths(found: Paths) -> str:
    """Each way as the names on it, then each fact with the place and the words that say it."""
    from workbench.knowledge.property_graph.showing import said_time

    title = f"{found.first} to {found.second}"
    if not found.paths:
        return card(_head(title, f"no way in {count(found.most_steps, 'step')}", [found.name]))
    parts = [_head(title, count(len(found.paths), "way"), [found.name])]
    for way in found.paths:
        facts = "".join(
            f"<li>{escape(fact.subject)} <em>{escape(fact.relation)}</em> {escape(fact.object)}"
            f"{escape(said_time(fact))}<br><q>{escape(fact.words)}</q> "
            f'<span class="q">{escape(fact.document)}, {fact.start}–{fact.end}</span></li>'
            for step in way.steps
            for fact in step
        )
        parts.append(f"<p><strong>{escape(' – '.join(way.entities))}</strong></p><ul>{facts}</ul>")
    return card("".join(parts))


def _head(title: str, mark: str, facts: Sequence[str], times: str = "") -> str:
    quiet = "".join(f'<span class="q">{escape(fact)}</span>' for fact in facts)
    pill = f'<span class="pill plain">{escape(mark)}</span>'
    return f'<div class="top">{pill}<strong>{escape(title)}</strong>{quiet}{times}</div>'


def _times(found: QueryAnswer | GraphSchema) -> str:
    """Of which state it is, as HTML."""
    none = found.recorded == "never"
    told = "nothing recorded then" if none else f"recorded {when(found.recorded)}"
    of = "" if found.valid is None else f'<span class="q">of {escape(found.valid)}</span>'
    return f'<span class="q">{told}</span>{of}'


def _told_apart(columns: Sequence[str]) -> list[str]:
    """The columns' names, each once."""
    return [
        name if name not in columns[:place] else f"{name} ({place + 1})"
        for place, name in enumerate(columns)
    ]
