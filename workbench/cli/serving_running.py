"""How a gateway that runs looks in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_bytes, print_table
from workbench.models.footprints import MEMORY_NOW

if TYPE_CHECKING:
    from workbench.serving.running_operations import GatewayStatus, LoadedModel, ModelChange


def show_models_list(rows: list[LoadedModel]) -> None:
    """A line a model."""
    if not rows:
        click.echo("no model is loaded; the first request loads its own")
        return
    rate = "tokens/s, prompts too"
    names = ["model", "engine", "status", MEMORY_NOW, "in work", "waiting", "pinned", rate]
    cells = [
        [
            row.name,
            row.engine,
            row.status,
            format_bytes(row.resident_bytes),
            row.in_flight,
            row.queued,
            "yes" if row.pinned else "",
            "" if row.tokens_per_s is None else f"{row.tokens_per_s:.0f}",
        ]
        for row in rows
    ]
    print_table(names, cells)


def show_models_load(row: LoadedModel) -> None:
    """What was loaded."""
    taken = format_bytes(row.resident_bytes)
    kept = ", and stays" if row.pinned else ""
    click.echo(f"{row.name} is loaded on {row.engine}, {MEMORY_NOW} {taken}{kept}")


show_models_pin = show_models_load


def show_models_unload(change: ModelChange) -> None:
    """What was unloaded."""
    click.echo(f"{change.model} {'is unloaded' if change.changed else 'was not loaded'}")


def show_models_unpin(change: ModelChange) -> None:
    """What is no longer kept."""
    click.echo(f"{change.model} {'may be evicted' if change.changed else 'was not pinned'}")


def show_status(status: GatewayStatus) -> None:
    """How the gateway is."""
    word = "ready" if status.ready else "not ready yet"
    minutes, seconds = divmod(round(status.uptime_s), 60)
    click.echo(f"{status.url} is {word}: version {status.version}, process {status.pid}")
    click.echo(
        f"up {minutes} min {seconds} s, {status.in_flight} answers in work, {status.queued} "
        f"requests waiting, {status.cached_answers} known answers"
    )
    if status.settlements_waiting:
        click.echo(f"{status.settlements_waiting} settlements wait for the disk")
