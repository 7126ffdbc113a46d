"""How a pruned model looks in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_bytes

if TYPE_CHECKING:
    from workbench.edge.pruning.result import Pruned


def show_prune(made: Pruned) -> None:
    """The folder, what went, and what it costs."""
    click.echo(made.path)
    click.echo(
        f"{made.what}: {made.removed_share:.1%} of {made.parameters_base:,} parameters gone, "
        f"{format_bytes(made.size_bytes)} in float32"
    )
    if made.perplexity is not None and made.perplexity_base is not None:
        change = made.perplexity / made.perplexity_base - 1
        click.echo(
            f"perplexity {made.perplexity:.2f}, of the base {made.perplexity_base:.2f} "
            f"({change:+.1%})"
        )
