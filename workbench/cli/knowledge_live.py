"""How live pages look in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_bytes, format_count, format_time, print_table
from workbench.core import events

if TYPE_CHECKING:
    from workbench.knowledge.live.agreeing import Brought
    from workbench.knowledge.live.operations import PageText
    from workbench.knowledge.live.pages import Compaction, Page, Written
    from workbench.knowledge.live.server import ServedPages
    from workbench.knowledge.shared.proposals import Proposal


@contextmanager
def listen_live_serve() -> Iterator[None]:
    """Say where the pages are, once they can be asked for."""

    def tell(event: events.Event) -> None:
        if event.kind == "knowledge.live_ready":
            url = event.data["url"]
            click.echo(f"live pages at {url}/live/pages; Ctrl-C ends it")
            click.echo(f'  curl {url}/live/pages -H "Authorization: Bearer $TOKEN"')
            sys.stdout.flush()

    with events.listening(tell, "knowledge"):
        yield


def show_live_serve(served: ServedPages) -> None:
    """That it has ended."""
    click.echo(f"{served.url} has ended; what was acknowledged is in the store")


def show_live_list(pages: tuple[Page, ...]) -> None:
    """A line a page."""
    cells = [
        [each.space, f"{each.updates:,}", each.last_by or each.created_by,
         format_time(each.last_s or each.created_s)]
        for each in pages
    ]  # fmt: skip
    print_table(["page", "updates", "last by", "at"], cells)


def show_live_show(page: PageText) -> None:
    """The text itself."""
    click.echo(page.text)


def show_live_history(written: tuple[Written, ...]) -> None:
    """A line an update."""
    cells = [
        [str(each.number), each.user, format_time(each.written_s), format_bytes(each.size_bytes)]
        for each in written
    ]
    print_table(["number", "user", "at", "size"], cells)


def show_live_propose(made: Proposal) -> None:
    """Where the proposal stands, and what comes next."""
    click.echo(f"proposal {made.number} ({made.state}) of {made.author}: {made.title}")
    revisions = format_count(len(made.revisions), "revision")
    click.echo(f"{revisions}, the last {made.head[:12]}")


def show_live_bring(done: Brought) -> None:
    """Whether the page has all that is agreed on."""
    if not done.ok:
        lines = ", ".join(map(str, done.clashes))
        click.echo(f"{done.space}: nothing was touched; changed there and in what is agreed on:")
        click.echo(f"lines {lines}; propose what the page says, and settle them there")
    elif done.record is None:
        click.echo(f"{done.space}: nothing is agreed on of it yet")
    else:
        said = "brought up to" if done.changed else "has all of"
        click.echo(f"{done.space}: {said} {done.record[:12]}")


def show_live_compact(done: Compaction) -> None:
    """What was dropped."""
    dropped = format_count(done.dropped, "update")
    click.echo(
        f"{done.space}: dropped {dropped} ({format_bytes(done.freed_bytes)}), {done.kept:,} kept"
    )
