"""How candidates for merges and senses of homonyms look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_count, print_table

if TYPE_CHECKING:
    from workbench.knowledge.linking_operations import Candidates, DecidedPair, Decision
    from workbench.knowledge.sense_events import SenseSet
    from workbench.knowledge.senses import Homonym

_SHOWN = 3


def show_candidates_list(found: Candidates) -> None:
    """A line a pair, with what speaks for it."""
    rows = [
        [
            each.first,
            each.second,
            f"{each.score:.2f}",
            "; ".join(each.reasons),
            _some(each.documents),
        ]
        for each in found.pairs
    ]
    if rows:
        print_table(["one", "other", "", "why", "documents"], rows)
    more = found.count - len(rows)
    click.echo(
        f"{found.name}: {format_count(found.count, 'pair')} to look at"
        + (f", {more:,} more than shown" if more else "")
    )
    if rows:
        first = found.pairs[0]
        click.echo(
            f'workbench knowledge candidates decide {found.name} "{first.first}" "{first.second}" '
            "one|two",
            err=True,
        )


def show_candidates_decide(done: Decision) -> None:
    """What was decided, and what takes it back."""
    said = {"one": "are one", "two": "are two", "undecided": "are undecided again"}[done.verdict]
    click.echo(f"{done.name}: {done.first!r} and {done.second!r} {said} (event {done.event})")


def show_candidates_decided(found: list[DecidedPair]) -> None:
    """A line a pair, with who decided it and why."""
    if not found:
        click.echo("no pair was found to be one or two; `candidates list` shows those that may be")
        return
    rows = [
        [each.first, each.second, each.verdict, each.actor, each.recorded, each.reason]
        for each in found
    ]
    print_table(["one", "other", "are", "by", "recorded", "reason"], rows)


def show_senses_list(found: list[Homonym]) -> None:
    """A line a sense."""
    rows = []
    for each in found:
        for sense, documents in each.senses.items():
            by_name = sum(path in each.anchors for path in documents)
            shown = f"{each.name}#{sense}" if sense else each.name
            rows.append([shown, f"{by_name}", f"{len(documents) - by_name}", _some(documents)])
        if each.undecided:
            rows.append(
                [f"{each.name} (not told)", "", f"{len(each.undecided)}", _some(each.undecided)]
            )
    if rows:
        print_table(["name", "by title or user", "by context", "documents"], rows)
    else:
        click.echo("no name is said to be of several things; `senses set` says so")


def show_senses_set(done: SenseSet) -> None:
    """What a name is where, from now on."""
    click.echo(f"{done.name}: {done.key!r} is {done.sense!r} in {done.document}")


def show_senses_unset(done: SenseSet) -> None:
    """What was taken back."""
    click.echo(f"{done.name}: {done.key!r} in {done.document} is told by titles and context again")


def _some(documents: tuple[str, ...]) -> str:
    more = f" and {len(documents) - _SHOWN} more" if len(documents) > _SHOWN else ""
    return ", ".join(documents[:_SHOWN]) + more
