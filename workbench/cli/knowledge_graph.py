"""How answers of a property graph look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.drawing import format_count, print_table

if TYPE_CHECKING:
    from workbench.knowledge.property_graph.operations import GraphSchema, Paths, QueryAnswer


def show_query(found: QueryAnswer) -> None:
    """A table of the rows, and how long they took."""
    from workbench.knowledge.property_graph.showing import shown

    if found.rows:
        print_table(list(found.columns), [[shown(each) for each in row] for row in found.rows])
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
    from workbench.knowledge.property_graph.showing import said_time

    for number, way in enumerate(found.paths, start=1):
        click.echo(f"{number}. {' - '.join(way.entities)}")
        for facts in way.steps:
            for fact in facts:
                said = f"{fact.subject} {fact.relation} {fact.object}{said_time(fact)}"
                click.echo(f"   {said}")
                click.echo(f"      {fact.document} {fact.start}-{fact.end}: {fact.words}")
    if not found.paths:
        steps = format_count(found.most_steps, "step")
        click.echo(f"no way from {found.first!r} to {found.second!r} in {steps}", err=True)
