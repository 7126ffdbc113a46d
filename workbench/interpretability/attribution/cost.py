"""What an attribution will cost, counted before the model reads anything for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from workbench.interpretability.reading_limit import Cost, refuse_costly

from .curves import MOST_POINTS
from .groups import split_groups
from .methods import Options, find_method

if TYPE_CHECKING:
    from .case import Case

_QUICK = "gradient_x_input"
_COARSER: tuple[Literal["word", "sentence"], ...] = ("word", "sentence")


def count_cost(case: Case, *, method: str, options: Options, curves: bool) -> Cost:
    """What a method, and the curves if they are drawn, ask of the model at most.

    Args:
        case: Prompt, target and groups.
        method: A name of ``METHODS``.
        options: Of the method.
        curves: Whether the deletion and the insertion curve are drawn.
    """
    players = len(case.players)
    length = len(case.prompt_ids) + len(case.target_ids) - 1
    checked = 2 * (min(players, MOST_POINTS) + 1) if curves else 0
    points = _count_gradients(method, options)
    if points is not None:
        rows = 1 if options.whole_target else len(case.target_ids)
        readings = points * (1 + 2 * rows) + checked + 3
        return Cost(points + checked + 3, readings * length)
    prompts = _count_prompts(case, players, method, options) + checked + 2
    return Cost(prompts, prompts * length)


def refuse_expensive(
    case: Case, *, method: str, options: Options, curves: bool, most_tokens: int
) -> Cost:
    """The cost, if it is within ``most_tokens``.

    Raises:
        CapacityError: It is not. The hint names what would be.
    """
    cost = count_cost(case, method=method, options=options, curves=curves)
    if cost.tokens <= most_tokens:
        return cost
    return refuse_costly(
        cost,
        what=f"{find_method(method).title.lower()} of {len(case.players):,} groups",
        reads=f"{cost.prompts:,} prompts of {len(case.prompt_ids):,} tokens",
        instead=", ".join(_cheaper(case, method, options, curves, most_tokens)),
        most_tokens=most_tokens,
    )


def _cheaper(
    case: Case, method: str, options: Options, curves: bool, most_tokens: int
) -> Iterator[str]:
    """What would be within the limit: larger groups, if there are several, or the quick method."""
    held = case.held_tokens().tolist()
    for kind in _COARSER:
        groups = split_groups(case.tokens, kind, held=held)
        coarse = replace(case, groups=groups, held=tuple(held[start] for start, _ in groups))
        if not 1 < len(coarse.players) < len(case.players):
            continue
        cost = count_cost(coarse, method=method, options=options, curves=curves)
        if cost.tokens <= most_tokens:
            yield f"groups={kind!r} ({len(coarse.players):,} here)"
    cost = count_cost(case, method=_QUICK, options=options, curves=curves)
    if method != _QUICK and cost.tokens <= most_tokens:
        yield f"the method {_QUICK}"
    yield "a shorter prompt"


def _count_gradients(method: str, options: Options) -> int | None:
    """Points at which a gradient is taken; None if the method takes none."""
    from .smoothgrad import SAMPLES

    counts = {
        "gradient_x_input": 1,
        "integrated_gradients": 2 * options.steps,  # as many more where the fitted pieces miss
        "smoothgrad": options.samples or SAMPLES,
    }
    return counts.get(method)


def _count_prompts(case: Case, players: int, method: str, options: Options) -> int:
    """Prompts with replaced groups. A method that is not known here costs as an ablation."""
    from .lime import count_samples
    from .owen_values import count_prompts as count_owen
    from .shapley_values import count_prompts as count_shapley

    if method == "lime":
        return count_samples(options.samples, players)
    if method == "owen":
        return count_owen(case, options.samples)
    if method == "shapley":
        return count_shapley(options.samples, players)
    return players + 1
