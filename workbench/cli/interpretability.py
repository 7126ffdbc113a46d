"""How the interpretability room's results look in a terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import print_table
from workbench.cli.interpretability_inside import (  # noqa: F401
    show_attention,
    show_direct,
    show_lens,
    show_make_steering,
    show_neurons,
    show_patch,
    show_steer,
)
from workbench.cli.interpretability_inside import show_grid as show_measure_steering  # noqa: F401
from workbench.cli.interpretability_inside import show_grid as show_probe  # noqa: F401

if TYPE_CHECKING:
    from workbench.interpretability.attribution.result import Attribution

_UNLIKELY_NATS = -7.0  # a token: one in a thousand
_BAR = 12  # signs of the highest score


def show_attribute(found: Attribution) -> None:
    """A line a group with its share in the whole answer, then what the checks say."""
    click.echo(f"{found.method.replace('_', ' ')} on {found.model}, baseline {found.baseline}")
    likely = f"{math.exp(found.value):.3g}"
    click.echo(f"answer: {''.join(found.targets)!r}, probability {likely}; scores in nats")
    if found.value < _UNLIKELY_NATS * len(found.target_ids):
        click.echo("the model hardly says that: an answer goes on from the prompt, space and all")
    worth = found.scores.sum(axis=0)
    most = float(abs(worth).max()) or 1.0
    rows = []
    for (start, end), score, held in zip(
        found.groups, worth, found.held or (False,) * len(worth), strict=True
    ):
        bar = ("+" if score > 0 else "-") * round(_BAR * abs(float(score)) / most)
        text = "".join(found.tokens[start:end])
        rows.append([repr(text), f"{score:+.3f}", "never replaced" if held else bar])
    print_table(["part of the prompt", "score", "for (+) or against (-)"], rows)
    if found.completeness_gap is not None:
        click.echo(f"the scores miss {100 * found.completeness_gap:.1f}% of what they sum up to")
    if found.deletion_auc is not None and found.insertion_auc is not None:
        verdict = "holds" if found.order_holds else "does not hold"
        click.echo(
            f"the order {verdict}: area under deletion {found.deletion_auc:.3f}, under insertion "
            f"{found.insertion_auc:.3f}"
        )
    click.echo(f"the model read {found.evaluations:,} prompts; --json gives every number")
