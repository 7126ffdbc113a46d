"""What a private run costs, spent from the budget of its data before it reads a row."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

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
    private: PrivateLearning | None, material: Material, run_id: str
) -> Iterator[dict[str, float]]:
    """Spend from the data's budgets what a private run will cost, before it reads a row; once for a
    run that goes on after a kill."""
    if private is None:
        yield {}
        return
    from workbench.privacy.dp.accounting import account
    from workbench.privacy.dp.budget import Budgets

    budgets, mechanism = Budgets(), private.mechanism
    way: dict[str, Any] = {
        "unit": private.privacy.unit,
        "run": run_id,
    }
    datasets = budgeted(material)
    for each in datasets:
        budgets.check(each, mechanism, **way)
    purpose = f"fine-tuning, run {run_id}"
    spends = [budgets.spend(each, mechanism, purpose=purpose, **way) for each in datasets]
    _note_names(material)
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
        for spend in spends:
            budgets.end(spend)


def _note_names(material: Material) -> None:
    """Keep what the files are called that were spent from: a person knows files, no sha256."""
    if material.origin.snapshot is None:
        return
    from workbench.finetuning.snapshots.snapshot import find_snapshot
    from workbench.privacy.dp.file_names import note_name

    for name, sha256 in find_snapshot(material.origin.snapshot).sources.items():
        note_name(name, sha256)


def budgeted(material: Material) -> list[str]:
    """The data sets whose budgets a run is spent from, by their sha256.

    The snapshot, and the files that it was made of: a budget that was set for a file holds for
    whatever is learnt of it, and another snapshot of the same file (under another licence, with
    whose rows they are or without) is no budget anew.
    """
    snapshot = material.origin.snapshot
    if snapshot is None:
        return [material.data]
    from workbench.finetuning.snapshots.snapshot import find_snapshot

    return list(dict.fromkeys([*find_snapshot(snapshot).sources.values(), snapshot]))
