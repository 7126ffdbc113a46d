"""How usage looks in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_bytes, print_table

if TYPE_CHECKING:
    from workbench.store.usage_export import UsageExport
    from workbench.store.usage_queries import UsageTotal


def show_usage(totals: tuple[UsageTotal, ...]) -> None:
    """A line a key, user, model or day; a key by its name, then its id.

    ``failed`` are settled calls that ended with an error: what was refused before is in no line.
    """
    named = any(total.name for total in totals)
    cells = [
        [
            *((total.name or "(removed)",) if named else ()),
            total.group or "(none answered)",
            total.requests,
            total.errors,
            total.prompt_tokens,
            total.completion_tokens,
            total.cached_tokens,
            total.cache_hits,
            f"{total.cost_usd:.6f}".rstrip("0").rstrip("."),
        ]
        for total in totals
    ]
    names = [
        *(("name", "id") if named else ("",)),
        "requests",
        "failed",
        "prompt",
        "completion",
        "cached",
        "cache hits",
        "USD",
    ]
    print_table(names, cells)


def show_usage_export(export: UsageExport) -> None:
    """A line a file."""
    for file in export.files:
        state = "written" if file.written else "as it was"
        click.echo(f"{file.path}  {file.rows} rows  {format_bytes(file.size_bytes)}  {state}")
