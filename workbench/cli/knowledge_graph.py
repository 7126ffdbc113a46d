"""How answers of a property graph look in a terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.drawing import format_count, print_table

if TYPE_CHECKING:
    from workbench.knowledge.property_graph.operations import GraphSchema, Paths, QueryAnswer
    from workbench.knowledge.property_graph.paths import Step


def show_query(found: QueryAnswer) -> None:
    """A table of the rows, and how long they took."""
    if found.rows:
        print_table(list(found.columns), [[_cell(each) for each in row] for row in found.rows])
    rows = format_count(len(found.rows), "row")
    more = f", and more beyond --limit {len(found.rows)}" if found.more else ""
    of = "" if found.valid is None else f", of {found.valid}"
    click.echo(f"{rows}{more} in {found.took_ms:.1f} ms; recorded {found.recorded}{of}", err=True)


def show_schema(found: GraphSchema) -> None:
    """Labels and relations, each with its properties."""
    rows: list[list[Any]] = [
        [f"(:{label})", f"{count:,}", ", ".join(found.properties[label])]
        for label, count in found.labels.items()
    ]
    shared: dict[tuple[str, ...], list[str]] = {}
    for relation in found.relations:
        shared.setdefault(found.properties[relation], []).append(relation)
    for properties, relations in shared.items():
        for place, relation in enumerate(relations):
            source, target = found.ends[relation]
            said = ", ".join(properties) if place == 0 else "the same"
            shown = f"(:{source})-[:{relation}]->(:{target})"
            rows.append([shown, f"{found.relations[relation]:,}", said])
    print_table([found.name, "count", "properties"], rows)


def show_path(found: Paths) -> None:
    """Each way, with the facts of each step and the words that say them."""
    for number, way in enumerate(found.paths, start=1):
        click.echo(f"{number}. {' - '.join(way.entities)}")
        for facts in way.steps:
            for fact in facts:
                click.echo(f"   {fact.subject} {fact.relation} {fact.object}{_when(fact)}")
                click.echo(f"      {fact.document} {fact.start}-{fact.end}: {fact.words}")
    if not found.paths:
        steps = format_count(found.most_steps, "step")
        click.echo(f"no way from {found.first!r} to {found.second!r} in {steps}", err=True)


def _when(fact: Step) -> str:
    if fact.valid_from is None and fact.valid_to is None:
        return ""
    if fact.valid_from == fact.valid_to:
        return f" ({fact.valid_from})"
    return f" ({fact.valid_from or '...'} to {fact.valid_to or '...'})"


def _cell(value: Any) -> str:
    """A value in a table: texts as they are, nodes by their name, all else as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and "_label" in value:
        return f"(:{value['_label']} {value.get('name') or value.get('key', '')})"
    if isinstance(value, dict) and "_relation" in value:
        return f"[:{value['_relation']}]"
    if isinstance(value, dict) and "_nodes" in value:
        nodes, edges = value["_nodes"], value["_edges"]
        said = [_cell(nodes[0])] if nodes else []
        for edge, node in zip(edges, nodes[1:], strict=False):
            said += [f"-{_cell(edge)}-", _cell(node)]
        return "".join(said)
    return json.dumps(value, ensure_ascii=False)
