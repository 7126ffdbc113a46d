"""How a space's activity looks in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_count, print_table

if TYPE_CHECKING:
    from workbench.knowledge.shared.activity.contributions import Contributions
    from workbench.knowledge.shared.activity.digests import Digest
    from workbench.knowledge.shared.activity.feed import Entry, Feed
    from workbench.knowledge.shared.activity.operations import Watched

_MOST_NAMED = 3


def show_activity(found: Feed) -> None:
    """A line a thing that was done."""
    if not found.entries:
        click.echo("nothing was done, or nothing that may be seen")
        return
    rows = [
        [
            each.time[:19] + (" (before an earlier one: a clock is off)" * each.clock_behind),
            each.actor, each.kind, "" if each.proposal is None else str(each.proposal),
            _about(each),
        ]
        for each in found.entries
    ]  # fmt: skip
    print_table(["time", "who", "did", "proposal", ""], rows)
    if found.before is not None:
        click.echo(f"older: workbench knowledge activity {found.name} --before {found.before}")


def show_watch(made: Watched) -> None:
    """What is watched from now on."""
    click.echo(f"{made.user} watches {_watched(made)} from now on")
    click.echo(f"workbench knowledge digest {made.name} tells what happens of it", err=True)


def show_unwatch(gone: Watched) -> None:
    """What is watched no longer."""
    click.echo(f"{gone.user} watches {_watched(gone)} no longer")


def show_watching(found: list[Watched]) -> None:
    """A line a thing."""
    if not found:
        click.echo("nothing is watched; workbench knowledge watch NAME watches a whole space")
        return
    print_table(["", "", "since"], [[each.kind, each.what, each.since[:19]] for each in found])


def show_digest(found: Digest) -> None:
    """The digest's Markdown."""
    click.echo(found.markdown, nl=False)
    if not found.watched:
        click.echo(f"nothing is watched; workbench knowledge watch {found.name}", err=True)
    elif found.entries and not found.seen:
        click.echo("--seen keeps that this was told", err=True)


def show_contributions(found: Contributions) -> None:
    """A line a person and period, then the clocks that were off."""
    if not found.rows:
        click.echo("nothing was contributed, or nothing that may be seen")
    else:
        heads = [
            "period", "person", "proposed", "merged", "lines +", "lines -", "facts", "reviews",
            "merges", "median h",
        ]  # fmt: skip
        rows = [
            [
                each.period, each.person, each.proposals, each.merged, each.lines_added,
                each.lines_removed, each.facts, each.reviews, each.merges,
                "" if each.median_review_h is None else f"{each.median_review_h:.2f}",
            ]
            for each in found.rows
        ]  # fmt: skip
        print_table(heads, rows)
    for each in found.clocks[:_MOST_NAMED]:
        click.echo(
            f"event {each.event} of {each.actor} is {each.behind_s:,.0f} s before event "
            f"{each.before} of {each.before_actor}: one of the two clocks was off",
            err=True,
        )
    if len(found.clocks) > _MOST_NAMED:
        click.echo(f"and {len(found.clocks) - _MOST_NAMED:,} more such", err=True)
    if found.untimed:
        click.echo(f"no median has {format_count(found.untimed, 'review')} of them", err=True)


def _watched(found: Watched) -> str:
    if found.kind == "space":
        return f"the space {found.what}"
    return f"the {found.kind} {found.what}"


def _about(each: Entry) -> str:
    """Title, pages, facts and words on one line, the first few of each."""
    title = (each.title or "").split("\n")[0]
    parts = [title, _few(each.pages), _few(each.facts)]
    words = " ".join(each.words.split())
    if words and words != title:
        parts.append(words)
    return "; ".join(part for part in parts if part)


def _few(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
