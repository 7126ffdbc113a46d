"""What a private run costs, spent from the budget of its data before it reads a row."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator

from workbench.finetuning.training.private_learning import Privacy, PrivateLearning
from workbench.finetuning.training.private_units import most_rows
from workbench.finetuning.training.recipe import Recipe
from workbench.finetuning.training.registering import Material


def learn_privately(
    material: Material, recipe: Recipe, privacy: Privacy | None, pad_id: int
) -> PrivateLearning | None:
    """What draws rows and takes steps within an epsilon, where one is asked for."""
    if privacy is None:
        return None
    steps = recipe.count_steps(len(material.units))
    return PrivateLearning(
        material.units, recipe, privacy, steps=steps, pad_id=pad_id, users=material.users
    )


@contextlib.contextmanager
def spending(
    private: PrivateLearning | None, material: Material, run_id: str, *, again: bool
) -> Iterator[dict[str, float]]:
    """Spend from the data's budget what a private run will cost, before it reads a row; once for a
    run that goes on after a kill."""
    if private is None:
        yield {}
        return
    from workbench.privacy.dp.accounting import account
    from workbench.privacy.dp.budget import Budgets

    budgets, mechanism = Budgets(), private.mechanism
    spend = budgets.spend(
        material.origin.snapshot or material.data,
        mechanism,
        purpose=f"fine-tuning, run {run_id}",
        unit=private.privacy.unit,
        run=f"{run_id}-{uuid.uuid4().hex}" if again else run_id,
    )
    lost = account(mechanism, delta=private.privacy.delta)
    cost = {
        "epsilon_pld": lost.epsilon_pld,
        "epsilon_rdp": float(lost.epsilon_rdp or 0.0),
        "delta": lost.delta,
        "noise_multiplier": mechanism.noise_multiplier,
        "sampling_rate": mechanism.sampling_rate,
    }
    if private.users is not None:
        cost |= {"users": len(private.draws.members), "rows_per_user": most_rows(private.privacy)}
    try:
        yield cost
    finally:
        budgets.end(spend)
