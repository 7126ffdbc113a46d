"""A run on preferences: pairs of answers to a question become an adapter that leans to the first.

Preferences are measured on held-out pairs before and after. Before a step the model is its
reference, so every margin is 0; what can be said of it then is how often it finds the wanted answer
the likelier one of itself, and that is measured too. Margins may turn while the model goes on
writing what it wrote before, so it is also asked.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.core.errors import InputError
from workbench.core.seeds import derive_seed
from workbench.finetuning.examples import Preference
from workbench.finetuning.training.batches import Unit
from workbench.finetuning.training.dpo import (
    DpoLoss,
    Reference,
    check_weights,
    encode_pairs,
    measure_margins,
)
from workbench.finetuning.training.encoding import Encoded, fingerprint
from workbench.finetuning.training.general import choose_questions
from workbench.finetuning.training.recipe import Recipe
from workbench.finetuning.training.registering import Material, Origin, TrainingRun
from workbench.finetuning.training.run import check_run, train_and_register
from workbench.finetuning.training.written import MOST_ASKED, Written, ask_pairs

if TYPE_CHECKING:
    import torch

    from workbench.models.adapters import Adapter

HOLDOUT_SHARE = 0.2
_LEAST = 10


def run_preferences(
    pairs: Sequence[Preference],
    recipe: Recipe,
    *,
    model: str,
    name: str,
    beta: float = 0.1,
    answer_weight: float = 1.0,
    held_out: Sequence[Preference] | None = None,
    parents: tuple[str, ...] = (),
    origin: Origin | None = None,
    start: Adapter | None = None,
    again: bool = False,
    general_questions: int = 0,
) -> TrainingRun:
    """Teach a model which of two answers is wanted, by DPO, and register the adapter.

    It goes on and is done once as ``run_training`` is. ``TrainingRun.measures`` has the margins.

    Args:
        pairs: At least one.
        recipe: How; a batch counts pairs.
        model: The base's name in the catalogue.
        name: The adapter's.
        beta: How dearly leaving the reference is paid for.
        answer_weight: What the loss of the wanted answers counts beside the preference.
        held_out: Pairs to evaluate on; by default a fifth, of ten pairs or more.
        parents: Adapters from which it follows, for the record.
        origin: Of the pairs, for the record.
        start: The adapter that it goes on from, with the recipe's shape; it is the reference.
            Without one a new adapter begins at the base, which then is.
        again: Do it again although it was done.
        general_questions: How many are asked of the base and of what came; see ``general``.

    Raises:
        InputError, ContextLengthError, CapabilityError: Of pairs, recipe or model.
        BusyError, CancelledError, StorageError: See ``run_training``.
    """
    from workbench.finetuning.training.adapting import load_learner

    if not pairs:
        raise InputError("there is nothing to learn from", hint="give at least one pair")
    check_weights(beta, answer_weight)
    check_run(recipe, name)
    choose_questions(general_questions)
    learnt, kept, said = _part(pairs, held_out, seed=recipe.seed)
    learner = load_learner(model, recipe, start=start)
    most = min(recipe.max_tokens, learner.context_tokens)
    units = encode_pairs(learner.encoder, [*learnt, *kept], max_tokens=most)
    judged = units[len(learnt) :] or units
    data = fingerprint(_flat(units))
    material = Material(units[: len(learnt)], _flat(judged), said, data, origin or Origin())
    losses: list[DpoLoss] = []
    how = {"beta": beta, "answer_weight": answer_weight}
    judge_by: Reference = "start" if start else "base"

    def make_objective(module: torch.nn.Module) -> DpoLoss:
        losses.append(DpoLoss(module, units, reference=judge_by, **how))
        return losses[-1]

    return train_and_register(
        learner,
        material,
        recipe,
        name=name, kind=_name_kind(beta, answer_weight), parents=parents,
        again=again, general_questions=general_questions,
        make_objective=make_objective,
        measure=lambda module, adapter: {
            **_measure(module, judged, losses[-1]),
            **_measure_written(start.full_name if start else model, adapter, kept or learnt),
        },
    )  # fmt: skip


def _flat(units: Sequence[Unit]) -> list[Encoded]:
    return [each for unit in units for each in unit]


def _name_kind(beta: float, answer_weight: float) -> str:
    kind = f"preferences, beta {beta:g}"
    return f"{kind}, answers {answer_weight:g}" if answer_weight else kind


def _measure(module: torch.nn.Module, judged: Sequence[Unit], loss: DpoLoss) -> dict[str, float]:
    after = measure_margins(module, judged, objective=loss)
    gaps = loss.reference_gaps(judged)
    return {
        "pairs": float(after.pairs),
        "likelier_before": sum(gap > 0 for gap in gaps) / len(gaps),
        "likelier_after": after.likelier,
        "margin_nats_before": 0.0,
        "margin_nats_after": after.mean_margin_nats,
        "margin_above_0_after": after.accuracy,
        "margin_above_0_low": after.low,
        "margin_above_0_high": after.high,
    }


def _measure_written(before: str, after: Adapter, pairs: Sequence[Preference]) -> dict[str, float]:
    asked = pairs[:MOST_ASKED]
    return {
        "written_pairs": float(len(asked)),
        **_tell_written("before", ask_pairs(before, asked)),
        **_tell_written("after", ask_pairs(after.full_name, asked)),
    }


def _tell_written(when: str, written: Written) -> dict[str, float]:
    ended = sum(written.ended) / len(written.ended)
    return {f"written_nearer_{when}": written.share, f"written_ended_{when}": ended}


def _part(
    pairs: Sequence[Preference], held_out: Sequence[Preference] | None, *, seed: int
) -> tuple[list[Preference], list[Preference], str]:
    """What is learnt, what it is evaluated on, and what that is."""
    if held_out is not None:
        return list(pairs), list(held_out), "pairs of the user's own"
    learnt, kept = _hold_out(pairs, seed=seed)
    return learnt, kept, "held-out pairs" if kept else "the pairs that were learnt from"


def _hold_out(
    pairs: Sequence[Preference], *, seed: int
) -> tuple[list[Preference], list[Preference]]:
    if len(pairs) < _LEAST:
        return list(pairs), []
    order = list(range(len(pairs)))
    random.Random(derive_seed(seed, "held-out")).shuffle(order)
    chosen = set(order[: round(HOLDOUT_SHARE * len(pairs))])
    kept = [pair for number, pair in enumerate(pairs) if number not in chosen]
    return kept, [pair for number, pair in enumerate(pairs) if number in chosen]
