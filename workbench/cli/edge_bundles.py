"""How bundles, updates and devices look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_bytes, format_count, format_time, print_table

if TYPE_CHECKING:
    from workbench.edge.bundles.results import Bundle, EdgeAnswer
    from workbench.edge.updates.operations import DeviceStatus, EdgeUpdate
    from workbench.edge.updates.publishing import Offer


def show_bundle(bundle: Bundle) -> None:
    """What it is, what is in it, and how it is run."""
    show_verify(bundle)
    click.echo(f'run it on a device: python {bundle.path} ask "..."')


def show_verify(bundle: Bundle) -> None:
    """Whether it is whole, whose it is, and its parts."""
    whose = "a key that you trust" if bundle.trusted else "nobody here vouches for that key"
    click.echo(
        f"whole: {bundle.name} {bundle.version}, {format_bytes(bundle.size_bytes)}, signed by "
        f"{bundle.key} ({whose})"
    )
    click.echo(
        f"for {bundle.target}, {bundle.runtime}, within {format_bytes(bundle.memory_bytes)}, "
        f"{bundle.context_tokens:,} tokens"
    )
    if bundle.expires_s is not None:
        click.echo(f"until {format_time(bundle.expires_s)}")
    own = [part for part in bundle.parts if part.kind != "runner"]
    rows = [[p.kind, p.name, format_bytes(p.size_bytes), p.chunks, p.sha256[:16]] for p in own]
    runner = [part for part in bundle.parts if part.kind == "runner"]
    size = format_bytes(sum(part.size_bytes for part in runner))
    rows.append(["runner", format_count(len(runner), "file"), size, None, ""])
    print_table(["kind", "name", "size", "chunks", "sha256"], rows)
    if bundle.changed_bytes is not None:
        share = 100 * bundle.changed_bytes / bundle.size_bytes
        fetched = format_bytes(bundle.changed_bytes)
        click.echo(f"who has the version before fetches {fetched} of it ({share:.1f}%)")
    for note in bundle.notes:
        click.echo(f"note: {note}", err=True)


def show_run(answer: EdgeAnswer) -> None:
    """The answer; what it took is talk."""
    click.echo(answer.text)
    for note in answer.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(
        f"version {answer.version}: ready after {answer.start_s:.2f} s, first word "
        f"{answer.first_s:.2f} s later, {answer.completion_tokens} tokens, at most "
        f"{format_bytes(answer.memory_bytes)}",
        err=True,
    )


def show_offer(offer: Offer) -> None:
    """What is offered, to how many."""
    click.echo(
        f"offered to {100 * offer.share:g}% of the devices: version {offer.version}, {offer.file} "
        f"(statement {offer.sequence})"
    )
    if offer.expires_s is not None:
        click.echo(f"until {format_time(offer.expires_s)}")


def show_update(update: EdgeUpdate) -> None:
    """What came of it and what it cost."""
    if update.outcome == "same":
        click.echo(f"{update.name} {update.version} is in use already")
    elif update.outcome == "waiting":
        click.echo(f"version {update.version} is there; {update.note}")
    else:
        share = 100 * update.fetched_bytes / max(update.total_bytes, 1)
        click.echo(
            f"{update.name} {update.before} is now {update.version}: fetched "
            f"{format_bytes(update.fetched_bytes)} of {format_bytes(update.total_bytes)} "
            f"({share:.1f}%)"
        )


def show_status(status: DeviceStatus) -> None:
    """A line for each thing."""
    well = "found well" if status.healthy else "not found well yet"
    rows = [
        ["in use", f"{status.name} {status.version}, {well}"],
        ["highest", f"version {status.highest}"],
        ["records", f"{status.records_waiting:,} wait, {status.records_refused:,} refused"],
    ]
    if status.fell_back:
        rows.append(["fell back", f"from {status.fell_back[0][:12]}: {status.fell_back[1]}"])
    if status.temperature_c is not None:
        rows.append(["temperature", f"{status.temperature_c:.0f} degrees"])
    if status.battery_percent is not None:
        rows.append(["battery", f"{status.battery_percent}%"])
    if status.untold:
        rows.append(["hints", status.untold])
    if status.clock:
        rows.append(["clock", status.clock])
    print_table([f"device {status.device}", ""], rows)
