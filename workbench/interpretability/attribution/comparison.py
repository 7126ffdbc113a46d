"""Several methods on one prompt: whether they agree, hold still, and beat a random order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.progress import track
from workbench.core.seeds import derive_seed
from workbench.core.viewers import Viewable

from .agreement import correlate_ranks, overlap_top
from .attributing import attribute_case
from .baselines import find_baseline
from .case import Case, open_case
from .curves import measure_random_areas
from .groups import GroupKind
from .methods import Options, find_method
from .result import Attribution
from .scorer import Scorer

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.model import Model

DEFAULT_METHODS = ("ablation", "owen", "lime")


@dataclass(frozen=True)
class Agreement:
    """How far two methods say the same of a prompt.

    ``rank_correlation`` is Spearman's, over the groups that may be replaced, of their shares in the
    whole target; None if one method gave all the same. ``top_overlap`` is the part of the highest
    groups of one that are among the highest of the other.
    """

    first: str
    second: str
    rank_correlation: float | None
    top_overlap: float


@dataclass(frozen=True)
class Stability:
    """How still a method that draws holds from seed to seed.

    ``rank_correlation`` and ``top_overlap`` are the means over all pairs of seeds;
    ``spread_nats`` is the standard deviation of a group's share from seed to seed, at its largest.
    """

    method: str
    seeds: int
    rank_correlation: float | None
    top_overlap: float
    spread_nats: float


@dataclass(frozen=True)
class RandomOrder:
    """The mean areas under the curves of random orders, for each baseline that was used."""

    baseline: str
    orders: int
    deletion_auc: float
    insertion_auc: float


@dataclass(frozen=True)
class Comparison(Viewable):
    """Several methods on one prompt and target.

    ``top`` is the number of groups that ``top_overlap`` looks at.
    """

    model: str
    attributions: tuple[Attribution, ...]
    agreements: tuple[Agreement, ...]
    stabilities: tuple[Stability, ...]
    random_orders: tuple[RandomOrder, ...]
    top: int


def compare_methods(
    model: Model,
    prompt: str,
    target: str | None = None,
    *,
    methods: Sequence[str] = DEFAULT_METHODS,
    baseline: str | None = None,
    groups: GroupKind = "token",
    chat: bool = False,
    hold_first: bool | None = None,
    max_target_tokens: int = 16,
    top: int = 3,
    seeds: int = 3,
    random_orders: int = 5,
    **options: Any,
) -> Comparison:
    """Ask several methods the same, and say how far they agree and hold still.

    Position 0 is held for all if one of them wants it so: else they would divide different things.

    Args:
        model: As for ``attribute_target``, and so ``prompt``, ``target``, ``groups``, ``chat``,
            ``max_target_tokens`` and ``options``.
        prompt: The text before.
        target: The text after; the model's greedy answer if None.
        methods: Names of ``METHODS``, each once.
        baseline: For all; each method's own choice if None.
        groups: Which tokens are replaced together.
        chat: Put the prompt into the model's chat template.
        hold_first: Never replace position 0.
        max_target_tokens: Longest greedy answer.
        top: How many of the highest groups ``top_overlap`` compares.
        seeds: Runs of each method that draws, the first with ``seed``; 1 leaves stability out.
        random_orders: For the reference of the curves, of each baseline.
        options: Fields of ``Options``.

    Raises:
        InputError: A method is named twice, or there is none; and as for ``attribute_target``.
    """
    found = [find_method(name) for name in methods]
    if not methods or len(set(methods)) < len(methods):
        raise InputError(
            f"methods {', '.join(methods) or '(none)'}: each must be named once",
            hint="methods=['ablation', 'owen']",
        )
    if min(top, seeds, random_orders) < 1:
        raise InputError("top, seeds and random_orders must be at least 1")
    hold = any(one.hold_first for one in found) if hold_first is None else hold_first
    case = open_case(
        model,
        prompt,
        target,
        chat=chat,
        groups=groups,
        hold_first=hold,
        max_target_tokens=max_target_tokens,
    )
    scorers: dict[str, Scorer] = {}
    made = []
    for name in track(methods, "methods", unit="methods"):
        scorer = _scorer(scorers, case, baseline or find_method(name).baseline, options)
        made.append(attribute_case(case, method=name, scorer=scorer, **options))
    seed = options.get("seed", Options.seed)
    return Comparison(
        model.name,
        tuple(made),
        tuple(_agree(made, top=top)),
        tuple(_hold_still(made, scorers, case, seeds=seeds, top=top, options=options)),
        tuple(_references(scorers, orders=random_orders, seed=seed)),
        top,
    )


def measure_worth(attribution: Attribution) -> np.ndarray:
    """The share of each group that may be replaced in the whole target, in nats: ``[players]``."""
    import numpy as np

    worth: np.ndarray = attribution.scores.sum(axis=0)[~np.asarray(attribution.held, bool)]
    return worth


def _scorer(
    scorers: dict[str, Scorer], case: Case, baseline: str, options: dict[str, Any]
) -> Scorer:
    """One scorer for each baseline: what one method asked the next need not ask again."""
    if baseline not in scorers:
        batch_tokens = options.get("batch_tokens", Options.batch_tokens)
        named = find_baseline(case.model, baseline)
        scorers[baseline] = Scorer(case, named, batch_tokens=batch_tokens)
    return scorers[baseline]


def _agree(made: Sequence[Attribution], *, top: int) -> Iterator[Agreement]:
    for first, second in itertools.combinations(made, 2):
        one, other = measure_worth(first), measure_worth(second)
        yield Agreement(
            first.method,
            second.method,
            correlate_ranks(one, other),
            overlap_top(one, other, count=top),
        )


def _hold_still(
    made: Sequence[Attribution],
    scorers: dict[str, Scorer],
    case: Case,
    *,
    seeds: int,
    top: int,
    options: dict[str, Any],
) -> Iterator[Stability]:
    """A row for each method that draws, and did: exact values have no seed."""
    import numpy as np

    for first in made:
        if first.seed is None or seeds < 2:
            continue
        scorer = scorers[str(first.checked_with)]
        others = [
            attribute_case(
                case,
                method=first.method,
                scorer=scorer,
                curves=False,
                **{**options, "seed": derive_seed(first.seed, "stability", number)},
            )
            for number in range(1, seeds)
        ]
        worths = [measure_worth(each) for each in (first, *others)]
        pairs = list(itertools.combinations(worths, 2))
        ranks = [correlate_ranks(one, other) for one, other in pairs]
        known = [rank for rank in ranks if rank is not None]
        yield Stability(
            first.method,
            seeds,
            float(np.mean(known)) if len(known) == len(ranks) else None,
            float(np.mean([overlap_top(one, other, count=top) for one, other in pairs])),
            float(np.std(worths, axis=0, ddof=1).max()),
        )


def _references(scorers: dict[str, Scorer], *, orders: int, seed: int) -> Iterator[RandomOrder]:
    for name, scorer in scorers.items():
        deletions, insertions = measure_random_areas(scorer, orders=orders, seed=seed)
        yield RandomOrder(name, orders, float(deletions.mean()), float(insertions.mean()))
