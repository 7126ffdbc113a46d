"""What a user can ask: who could tell which rows a model has learnt from."""

from __future__ import annotations

from typing import Annotated, Literal

import annotated_types as limits

from workbench.core import settings
from workbench.core.operations import operation

from .membership import MembershipAttack


@operation("privacy.attack", title="Try to tell who was learnt from", produces="membership-attack")
def attack(
    *,
    dataset: Literal["digits"] = "digits",
    epsilon: Annotated[float, limits.Gt(0)] | None = None,
    delta: Annotated[float, limits.Gt(0), limits.Lt(1)] = 1e-5,
    models: Annotated[int, limits.Ge(8)] = 32,
    rows: Annotated[int, limits.Ge(20)] = 400,
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> MembershipAttack:
    """Attack classifiers with the question whether a row was learnt from, by shadow models.

    It is an experiment on what an epsilon is worth, and does not spend the data set's budget.

    Args:
        dataset: What is learnt.
        epsilon: Of private models; without it they are fitted until they know their rows by heart.
        delta: Of the epsilon.
        models: How many, each a target once and else a shadow.
        rows: From which each learns about half.
        seed: Of everything; the setting `seed` if none.
    """
    from workbench.privacy.dp.digits import load_digits_task

    from .membership import attack_digits

    number = settings.get("seed") if seed is None else seed
    return attack_digits(
        load_digits_task(), epsilon=epsilon, delta=delta, models=models, rows=rows, seed=number
    )
