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
    show_train_lens,
)
from workbench.cli.interpretability_inside import show_grid as show_measure_steering  # noqa: F401
from workbench.cli.interpretability_inside import show_grid as show_probe  # noqa: F401
from workbench.cli.interpretability_tables import (  # noqa: F401
    show_counterfactuals,
    show_dependence,
    show_explain_row,
    show_importance,
)

if TYPE_CHECKING:
    from workbench.interpretability.attribution.comparison import Agreement, Comparison, Stability
    from workbench.interpretability.attribution.contrast import Contrast
    from workbench.interpretability.attribution.result import Attribution

_UNLIKELY_NATS = -7.0  # a token: one in a thousand
_BAR = 12  # signs of the highest score
_HELD = "never replaced"
_MORE = "--json gives every number"


def show_attribute(found: Attribution) -> None:
    """A line a group with its share in the whole answer, then what the checks say."""
    click.echo(f"{_words(found.method)} on {found.model}, baseline {found.baseline}")
    click.echo(f"answer: {_answer(found)}; scores in nats")
    _say_unlikely(found)
    worth = found.scores.sum(axis=0)
    most = float(abs(worth).max()) or 1.0
    rows = []
    for part, score, held in zip(
        _parts(found), worth, found.held or (False,) * len(worth), strict=True
    ):
        bar = ("+" if score > 0 else "-") * round(_BAR * abs(float(score)) / most)
        rows.append([part, f"{score:+.3f}", _HELD if held else bar])
    print_table(["part of the prompt", "score", "for (+) or against (-)"], rows)
    if found.completeness_gap is not None:
        click.echo(f"the scores miss {100 * found.completeness_gap:.1f}% of what they sum up to")
    if found.deletion_auc is not None and found.insertion_auc is not None:
        verdict = "holds" if found.order_holds else "does not hold"
        click.echo(
            f"the order {verdict}: area under deletion {found.deletion_auc:.3f}, under insertion "
            f"{found.insertion_auc:.3f}"
        )
    click.echo(f"the model read {found.evaluations:,} prompts; {_MORE}")


def show_compare(found: Comparison) -> None:
    """Each part's score by every method, then how far these agree, hold still and beat chance."""
    made = found.attributions
    named = ", ".join(_words(each.method) for each in made)
    click.echo(f"{named} on {found.model}")
    click.echo(f"answer: {_answer(made[0])}; scores in nats")
    _say_unlikely(made[0])
    worths = [each.scores.sum(axis=0) for each in made]
    held = made[0].held or (False,) * len(worths[0])
    rows = [
        [part, *([_HELD] * len(made) if stays else [f"{worth[place]:+.3f}" for worth in worths])]
        for place, (part, stays) in enumerate(zip(_parts(made[0]), held, strict=True))
    ]
    print_table(["part of the prompt", *(_words(each.method) for each in made)], rows)
    _show_agreement(found)
    _show_orders(found)
    click.echo(f"the model read {sum(each.evaluations for each in made):,} prompts; {_MORE}")


def _show_agreement(found: Comparison) -> None:
    """How far pairs of methods say the same, and one that draws the same as with other seeds."""
    names = ["rank correlation", f"alike of the {found.top} highest"]
    rows = [[_words(a.first), _words(a.second), *_alike(a)] for a in found.agreements]
    if rows:
        click.echo("\nhow far two methods put the parts in the same order")
        print_table(["one", "other", *names], rows)
    rows = [
        [_words(s.method), f"{s.seeds}", *_alike(s), f"{s.spread_nats:.3f}"]
        for s in found.stabilities
    ]
    if rows:
        click.echo("\nhow still a method that draws holds from seed to seed")
        print_table(["method", "seeds", *names, "widest spread (nats)"], rows)


def _show_orders(found: Comparison) -> None:
    """The areas under the curves of each method's order, and of random ones with its baseline."""
    chance = {each.baseline: each for each in found.random_orders}
    rows = []
    for each in found.attributions:
        drawn = chance.get(str(each.checked_with))
        if drawn is None or each.deletion_auc is None or each.insertion_auc is None:
            continue
        beaten = [
            name
            for name, better in (
                ("deletion", each.deletion_auc < drawn.deletion_auc),
                ("insertion", each.insertion_auc > drawn.insertion_auc),
            )
            if better
        ]
        said = " and ".join(beaten) or "neither"
        areas = [f"{each.deletion_auc:.3f}", f"{each.insertion_auc:.3f}"]
        rows.append([_words(each.method), each.checked_with, *areas, said])
    for name, drawn in chance.items():
        areas = [f"{drawn.deletion_auc:.3f}", f"{drawn.insertion_auc:.3f}"]
        rows.append([f"{drawn.orders} random orders", name, *areas, ""])
    click.echo("\nwhether the order means something: under deletion a small area is good, under")
    click.echo("insertion a large one, and both only against random orders with the same baseline")
    print_table(["order of", "baseline", "deletion", "insertion", "better than random in"], rows)


def show_contrast(found: Contrast) -> None:
    """Both answers, and a line a part with its share in each and the difference."""
    first, second = found.first, found.second
    models = first.model if first.model == second.model else f"{first.model} and {second.model}"
    click.echo(f"{_words(first.method)} on {models}, baseline {first.baseline}; scores in nats")
    for name, side in zip(found.names, (first, second), strict=True):
        prompt = "".join(side.tokens) if side.prompt is None else side.prompt
        click.echo(f"{name}: {prompt!r}, answer {_answer(side)}")
    # One side may well be the one that does not say it: that is what is looked at.
    _say_unlikely(max(first, second, key=lambda side: side.value))
    rows = [
        [repr(each.text), *map(_signed, (each.first_nats, each.second_nats, each.change_nats))]
        for each in found.changes
    ]
    print_table(["part", *found.names, "change"], rows)
    if not found.same_target:
        click.echo("the answers differ: a change is between shares in two different things")
    click.echo(
        f"log-probability of the answer, {found.names[1]} less {found.names[0]}: "
        f"{found.value_change_nats:+.2f} nats; {_MORE}"
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _parts(found: Attribution) -> list[str]:
    return [repr("".join(found.tokens[start:end])) for start, end in found.groups]


def _answer(found: Attribution) -> str:
    return f"{''.join(found.targets)!r}, probability {math.exp(found.value):.3g}"


def _say_unlikely(found: Attribution) -> None:
    if found.value < _UNLIKELY_NATS * len(found.target_ids):
        click.echo("the model hardly says that: an answer goes on from the prompt, space and all")


def _alike(told: Agreement | Stability) -> list[str]:
    rank = told.rank_correlation
    return [
        "none: all the same" if rank is None else f"{rank:+.2f}",
        f"{told.top_overlap:.0%}",
    ]


def _signed(nats: float | None) -> str:
    return "" if nats is None else f"{nats:+.3f}"
