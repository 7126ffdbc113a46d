"""How records, devices and roll-outs look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_bytes, format_count, format_time, print_table

if TYPE_CHECKING:
    from workbench.edge.fleet.devices import FleetDevice
    from workbench.edge.fleet.rollout_records import Rollout
    from workbench.edge.syncing.operations import EdgeSync, RecordRow
    from workbench.edge.syncing.receiving import Enrolled, Received


def show_enrol(made: Enrolled) -> None:
    """Which file goes where."""
    click.echo(f"{made.name} is enrolled as {made.device}: {made.file}")
    click.echo(f"on the device: python edge.py enrol {made.file.name}")


def show_revoke(result: None) -> None:
    """That it is done."""
    click.echo("its letters are refused from now on")


def show_sync(done: EdgeSync) -> None:
    """How many records are there, and what still waits."""
    click.echo(f"{format_count(done.taken, 'record')} taken, {done.waiting:,} wait")
    if done.refused:
        click.echo(f"{format_count(done.refused, 'record')} refused and set aside", err=True)
    if done.note:
        click.echo(done.note)


def show_receive(got: Received) -> None:
    """What came, and why some was not taken."""
    click.echo(
        f"{format_count(got.letters, 'letter')}: {format_count(got.new, 'record')} new, "
        f"{got.known:,} known, {got.refused:,} refused"
    )
    for reason in got.reasons:
        click.echo(f"note: {reason}", err=True)


def show_records(rows: tuple[RecordRow, ...]) -> None:
    """A line a record."""
    cells = [
        [
            r.number,
            r.device,
            r.kind,
            format_bytes(r.size_bytes),
            format_time(r.put_s),
            r.sha256[:16],
        ]
        for r in rows
    ]
    print_table(["number", "device", "kind", "size", "written down", "sha256"], cells)


def show_devices(fleet: tuple[FleetDevice, ...]) -> None:
    """A line a device."""
    if not fleet:
        click.echo("no device is enrolled; try: workbench edge enrol NAME")
        return
    cells = [
        [
            each.name,
            each.state,
            f"{each.bundle} {each.version}" if each.version is not None else "",
            format_time(each.contact_s) if each.contact_s is not None else "",
            f"{each.records:,}",
            f"{each.waiting:,}" if each.seen_s is not None else "",
            "; ".join(filter(None, (*each.fell_back[1:], each.clock))),
        ]
        for each in fleet
    ]
    print_table(["device", "state", "version", "last contact", "records", "waiting", "note"], cells)


def _show_rollout(rollout: Rollout) -> None:
    """Where it is, and how that stage goes."""
    stage = f"stage {rollout.stage + 1} of {len(rollout.stages)}"
    if rollout.state == "going back":
        click.echo(f"version {rollout.version}: devices go back to {rollout.before_version}")
        click.echo(f"{rollout.well} have it, {rollout.failed} failed, {rollout.waiting} not yet")
    else:
        click.echo(
            f"version {rollout.version} is {rollout.state}: {stage}, offered to "
            f"{100 * rollout.share:g}% of the devices"
        )
        click.echo(f"{rollout.well} well, {rollout.failed} failed, {rollout.waiting} not heard of")
    if rollout.reason:
        click.echo(f"{rollout.state}: {rollout.reason}")


def show_rollout_list(found: tuple[Rollout, ...]) -> None:
    """A few lines each."""
    if not found:
        click.echo("no roll-out was begun; try: workbench edge rollout start FOLDER BUNDLE")
    for each in found:
        click.echo(f"{each.folder}, {each.file}, begun {format_time(each.started_s)}")
        _show_rollout(each)


show_rollout_start = show_rollout_look = show_rollout_halt = show_rollout_back = _show_rollout
