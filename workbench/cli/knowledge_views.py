"""How pictures and differences of graphs look in a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_count, print_table

if TYPE_CHECKING:
    from workbench.knowledge.views.difference import GraphDiff
    from workbench.knowledge.views.picture import Picture

_SHOWN = 40
_SIGNS = {"came": "+", "went": "-", "changed": "~"}


def show_picture(found: Picture) -> None:
    """What is in it and where it was written; the picture itself is for a browser."""
    inferred = sum(fact.inferred for fact in found.facts)
    print_table(["relation", "facts"], [[name, f"{n:,}"] for name, n in found.relations.items()])
    entities = format_count(len(found.entities), "entity", "entities")
    click.echo(
        f"{found.title}: {entities}, {format_count(len(found.facts), 'fact')} "
        f"({inferred:,} inferred), {format_count(len(found.clashes), 'contradiction')}"
    )
    if found.left_out:
        left = format_count(found.left_out, "entity", "entities")
        click.echo(f"{left} more would be within reach: --most", err=True)
    if not found.complete:
        click.echo("more would follow, less surely or by more steps", err=True)
    if found.path is None:
        click.echo("--out page.html writes it as a page to look at", err=True)
    else:
        click.echo(found.path)


def show_diff(found: GraphDiff) -> None:
    """A line a change; of a fact also the words that came or went.

    Facts whose words only stand elsewhere in their document, behind what was put in, are counted.
    """
    for document in found.documents[:_SHOWN]:
        click.echo(f"{_SIGNS[document.change]} document {document.document}")
    _say_more(len(found.documents), "documents")
    for entity in found.entities[:_SHOWN]:
        names = ""
        if entity.change == "changed":
            names = f" ({', '.join(entity.before)} -> {', '.join(entity.after)})"
        click.echo(f"{_SIGNS[entity.change]} entity {entity.name}{names}")
    _say_more(len(found.entities), "entities")
    facts = [each for each in found.facts if not each.moved]
    for fact in facts[:_SHOWN]:
        span = (fact.valid_from, fact.valid_to)
        held = "" if span == (None, None) else f" ({span[0] or '...'} to {span[1] or '...'})"
        said = f"{fact.relation}({fact.subject_name}, {fact.object_name}){held}"
        click.echo(f"{_SIGNS[fact.change]} fact {said}")
        for each in fact.support:
            words = textwrap.shorten(each.words, 200, placeholder=" ...")
            where = f"{each.document} {each.start}-{each.end}"
            click.echo(f"    {_SIGNS[each.change]} {where}: {words}")
    _say_more(len(facts), "facts")
    moved = len(found.facts) - len(facts)
    if moved:
        click.echo(
            f"{format_count(moved, 'fact')} said in the same words, elsewhere in the document"
        )
    counts = {change: found.count(change) for change in ("came", "went", "changed")}
    told = "; ".join(
        f"{_SIGNS[change]} " + ", ".join(_count(n, what) for what, n in each.items())
        for change, each in counts.items()
    )
    click.echo(f"{found.name}, {found.first} to {found.second}: {told}")
    if found.path is not None:
        click.echo(found.path)


def _count(count: int, what: str) -> str:
    return format_count(count, {"entities": "entity"}.get(what, what[:-1]), what)


def _say_more(count: int, what: str) -> None:
    if count > _SHOWN:
        click.echo(f"and {count - _SHOWN:,} more {what}; --json has them all", err=True)
