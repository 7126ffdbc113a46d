"""How what stands inside a model looks in a terminal: a short table, the rest by --json."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.drawing import print_table

if TYPE_CHECKING:
    from workbench.interpretability.inside.difference_of_means import SteeringVector
    from workbench.interpretability.inside.operations import SteeredAnswer
    from workbench.interpretability.inside.results import (
        AttentionMaps,
        DirectAttribution,
        Grid,
        LensReading,
        Neuron,
        PatchGrid,
        Rollout,
    )
    from workbench.interpretability.inside.tuned_lens import TrainedLens

_MOST_ROWS = 12
_MOST_COLUMNS = 16
_MORE = "--json gives every number; a notebook draws them"


def show_lens(found: LensReading) -> None:
    """What each layer would say after the last token, and how far that is from the last layer."""
    click.echo(f"{found.lens} lens on {found.model}, after the last token {found.tokens[-1]!r}")
    names = [found.rows, "says next", "with probability", "from the last layer (nats)"]
    if found.target is not None:
        names += [f"probability of {found.target!r}", "its rank"]
    rows = []
    for place, label in enumerate(found.row_labels):
        row: list[Any] = [
            label,
            repr(found.top_tokens[place][-1]),
            _share(found.top_probabilities[place][-1]),
            f"{float(found.values[place][-1]):.2f}",
        ]
        if found.target_probabilities is not None and found.target_ranks is not None:
            row += [_share(found.target_probabilities[place][-1])]
            row += [int(found.target_ranks[place][-1])]
        rows.append(row)
    print_table(names, rows)
    click.echo(f"after the {len(found.tokens) - 1} tokens before it: {_MORE}")


def show_train_lens(found: TrainedLens) -> None:
    """Where the lens stands, and what the training gained, layer by layer."""
    click.echo(
        f"{found.reference}: a tuned lens of {found.model}, {found.steps:,} steps on "
        f"{found.train_tokens:,} tokens in {found.duration_s:.0f} s"
    )
    click.echo(f"from the last layer, on {found.test_tokens:,} tokens held out (nats a token)")
    rows = [
        [layer, f"{before:.3f}", f"{after:.3f}"]
        for layer, before, after in zip(
            found.layers, found.divergence_before, found.divergence_after, strict=True
        )
    ]
    print_table(["after layer", "logit lens", "this lens"], rows)
    click.echo(f"workbench interpretability lens TEXT --lens {found.reference}")


def show_attention(found: AttentionMaps | Rollout) -> None:
    """What the last token looks at: layer by layer, or in all of them together."""
    last = found.tokens[-1]
    if not hasattr(found, "layers"):
        click.echo(f"what the last token {last!r} is made of on {found.model}, share of each token")
        print_table(
            ["token", "share"],
            [[repr(t), _share(v)] for t, v in zip(found.tokens, found.values[-1], strict=True)],
        )
        return
    click.echo(
        f"where the last token {last!r} looks on {found.model}: in each layer the head that looks "
        "most at one token, the first left out, on which heads rest that look for nothing"
    )
    rows = []
    for place, layer in enumerate(found.layers):
        looked = found.values[place][:, -1, 1:]
        if not looked.size:
            break
        head, token = divmod(int(looked.argmax()), looked.shape[1])
        rows.append([layer, head, repr(found.tokens[token + 1]), _share(looked.max())])
    print_table(["layer", "head", "looks at", "share"], rows)
    click.echo(_MORE)


def show_patch(found: PatchGrid) -> None:
    """The share of the way that each patch goes, and the place that goes furthest."""
    click.echo(f"{found.title}, on {found.model}: {found.unit} by which a patch moves the answer")
    click.echo(
        f"unpatched: clean {found.clean_nats:+.2f} nats, corrupted {found.corrupted_nats:+.2f} nats"
    )
    _show_grid(found)
    row, column = divmod(int(abs(found.values).argmax()), found.values.shape[1])
    click.echo(
        f"furthest: {found.rows} {found.row_labels[row]}, {found.column_labels[column]!r} with "
        f"{float(found.values[row][column]):+.2f}"
    )


def show_direct(found: DirectAttribution) -> None:
    """The parts that write most into the difference, and what all of them come to."""
    click.echo(
        f"{found.answer!r} over {found.wrong!r} on {found.model}: {found.difference_nats:+.2f} "
        f"nats, of which the parts give {found.total:+.2f} (miss {found.gap_nats:.1e})"
    )
    cells = sorted(found.cells(), key=lambda cell: -abs(cell["value"]))[:_MOST_ROWS]
    print_table(
        [found.rows, "part", "nats"],
        [[cell["row"], cell["column"], f"{cell['value']:+.3f}"] for cell in cells],
    )
    click.echo(f"these write most; embedding {found.embedding:+.3f}, bias {found.bias:+.3f}")
    click.echo(_MORE)


def show_grid(found: Grid) -> None:
    """A table with its title and unit."""
    click.echo(f"{found.title} on {found.model}, {found.unit}")
    _show_grid(found)


def show_neurons(found: list[Neuron]) -> None:
    """Of each neuron the texts that make it most active, cut around the token where it is most."""
    for neuron in found:
        click.echo(f"layer {neuron.layer}, neuron {neuron.neuron}, of {neuron.texts_seen} texts")
        if neuron.promotes:
            click.echo("it makes likelier: " + ", ".join(map(repr, neuron.promotes)))
        rows = []
        for top in neuron.top:
            before, after = top.position - 8, top.position + 4
            around = "".join(top.tokens[max(0, before) : after])
            rows.append([f"{top.activation:.2f}", repr(top.tokens[top.position]), around])
        print_table(["activation", "most at", "in"], rows)


def show_steer(found: SteeredAnswer) -> None:
    """Both answers, one below the other."""
    click.echo(f"{found.model}, vector {found.vector}, layer {found.layer}")
    click.echo(f"plain: {found.prompt}{found.plain}")
    click.echo(f"steered {found.strength:+g} times: {found.prompt}{found.steered}")


def show_make_steering(found: SteeringVector) -> None:
    """Where the vector stands, and how long it is."""
    click.echo(
        f"{found.reference}: after layer {found.layer} of {found.model}, from {found.toward_texts} "
        f"texts toward and {found.away_texts} away, {_share(found.norm_share)} as long as a state"
    )
    click.echo(f"workbench interpretability steer PROMPT --vector {found.reference}")


def _show_grid(found: Grid) -> None:
    """As many columns as a terminal has room for; a label that comes twice has its number."""
    shown = min(len(found.column_labels), _MOST_COLUMNS)
    often = Counter(found.column_labels)
    heads = [
        f"{place} {label!r}" if often[label] > 1 else repr(label)
        for place, label in enumerate(found.column_labels)
    ]
    sign = "" if found.centre is None else "+"
    rows = [
        [label, *(f"{float(value):{sign}.2f}" for value in values[:shown])]
        for label, values in zip(found.row_labels, found.values, strict=True)
    ]
    print_table([found.rows, *heads[:shown]], rows)
    left = len(found.column_labels) - shown
    click.echo(f"{left} columns more; {_MORE}" if left else _MORE)


def _share(value: float) -> str:
    share = float(value)
    return f"{100 * share:.1f}%" if share >= 0.001 or share == 0 else "under 0.1%"
