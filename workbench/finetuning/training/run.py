"""A whole run: rows to examples, a model with an adapter, the loop, and a version that answers."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core import settings
from workbench.core.errors import CapabilityError, InputError
from workbench.finetuning.examples import Example
from workbench.finetuning.training.attempts import check_unfinished, choose_id, hold
from workbench.finetuning.training.batches import batches_in_order
from workbench.finetuning.training.encoding import encode_all, fingerprint
from workbench.finetuning.training.general import ask_general, choose_questions
from workbench.finetuning.training.holding_out import MANY, hold_out
from workbench.finetuning.training.private_learning import (
    Privacy,
    PrivateLearning,
    check_recipe,
)
from workbench.finetuning.training.private_spending import learn_privately, spending
from workbench.finetuning.training.private_units import check_unit, hold_out_units, take_units
from workbench.finetuning.training.recipe import Recipe
from workbench.finetuning.training.records import RunRecord
from workbench.finetuning.training.registering import (
    Material,
    Origin,
    TrainingRun,
    enter_training,
    find_registered,
    register,
    tell_result,
)
from workbench.finetuning.training.reworded_batches import make_batches, make_rewordings
from workbench.finetuning.training.starting_point import check_private_start

if TYPE_CHECKING:
    import torch

    from workbench.finetuning.distributed.plan import Plan
    from workbench.finetuning.training.adapting import Learner
    from workbench.finetuning.training.general import GeneralAnswers
    from workbench.finetuning.training.loop import Training
    from workbench.finetuning.training.objective import Objective
    from workbench.models.adapters import Adapter

log = logging.getLogger(__name__)

HOLDOUT_SHARE = 0.1


def run_training(
    examples: Sequence[Example],
    recipe: Recipe,
    *,
    model: str,
    name: str,
    held_out: Sequence[Example] | None = None,
    parents: tuple[str, ...] = (),
    origin: Origin | None = None,
    start: Adapter | None = None,
    again: bool = False,
    between_steps: Callable[[], None] | None = None,
    privacy: Privacy | None = None,
    general_questions: int = 0,
    plan: Plan | None = None,
) -> TrainingRun:
    """Teach a model examples, and register the adapter as the next version of its name.

    The same examples, base, recipe and name are the same run: killed, it goes on from its last
    checkpoint; finished, it is not done twice unless ``again``.

    Args:
        examples: At least one.
        recipe: How.
        model: The base's name in the catalogue.
        name: The adapter's.
        held_out: What it is evaluated on; by default a tenth of 200 or more examples, or
            where ``recipe.patience`` needs it (see ``hold_out``); else what is learnt.
        parents: Adapters from which it follows, for the record.
        origin: Of the examples, for the record.
        start: The adapter that it goes on from (see ``starting_point``), with the recipe's shape.
        again: Do it again although it was done.
        between_steps: Called before each step; it may wait.
        privacy: What may be learnt of any one example, or of a user with all of theirs. It is spent
            from the data's budget before the first step, and stands in the adapter's record.
        general_questions: How many are asked of the base and of what came; see ``general``.
        plan: On how many processes, and how they share the work; by default on this one. It is no
            part of what the run is, unless its communication leaves something out: one that was
            killed goes on with another plan.

    Raises:
        InputError, ContextLengthError, CapabilityError: Of examples, recipe or model.
        LimitError: The privacy budget of the data has not so much left.
        BusyError: The same run goes on in another process.
        CancelledError: It was cancelled; the same call goes on.
        StorageError: The disk is full.
        PeerError, EngineError: One of several processes was killed, or failed.
    """
    from workbench.finetuning.training.adapting import load_learner

    if not examples:
        raise InputError("there is nothing to learn from", hint="give at least one example")
    check_run(recipe, name)
    choose_questions(general_questions)
    if privacy is not None:
        recipe = dataclasses.replace(recipe, pack_tokens=0)  # packed rows have no own gradients
        check_recipe(recipe)
        check_unit(examples, privacy)
        check_private_start(start, origin.snapshot if origin is not None else None)
    learnt, kept, said = _part(examples, held_out, recipe, privacy)
    learner = load_learner(model, recipe, start=start)
    check_shared(plan, recipe, learner, privacy)
    most = min(recipe.max_tokens, learner.context_tokens)
    every = encode_all(learner.encoder, [*learnt, *kept], max_tokens=most)
    encoded, evaluated = every[: len(learnt)], every[len(learnt) :] or every
    rewordings = make_rewordings(learner, learnt, recipe, max_tokens=most)
    data = fingerprint([*encoded, *evaluated, *(each for row in rewordings for each in row)])
    units = [(each,) for each in encoded]
    by_user = privacy is not None and privacy.unit == "user"
    material = Material(
        units, evaluated, said, data, origin or Origin(),
        [each.user for each in learnt] if by_user else None, rewordings,
    )  # fmt: skip
    return train_and_register(
        learner,
        material,
        recipe,
        name=name, kind="answers", parents=parents, again=again,
        between_steps=between_steps,
        privacy=privacy,
        general_questions=general_questions, plan=plan,
    )  # fmt: skip


def _part(
    examples: Sequence[Example],
    held_out: Sequence[Example] | None,
    recipe: Recipe,
    privacy: Privacy | None,
) -> tuple[list[Example], list[Example], str]:
    """What is learnt, what it is evaluated on, and what that is called."""
    learnt, kept, said = list(examples), list(held_out or ()), "rows of the user's own"
    if held_out is None:
        share = HOLDOUT_SHARE if len(examples) >= MANY or recipe.patience else 0.0
        if privacy is None:
            learnt, kept = hold_out(examples, share=share, seed=recipe.seed)
        else:
            by_user = privacy.unit == "user"
            learnt, kept = hold_out_units(examples, share=share, seed=recipe.seed, by_user=by_user)
        said = "held-out rows" if kept else "the rows that were learnt from"
    return learnt if privacy is None else take_units(learnt, privacy, seed=recipe.seed), kept, said


def check_run(recipe: Recipe, name: str) -> None:
    """Raise before anything is loaded if a run could not end in an adapter."""
    from workbench.models.adapters import check_name

    check_name(name, "the adapter's name")
    why = {
        "full": "a model that is trained as a whole is no adapter",
        "dora": "a DoRA is no GGUF LoRA: it could not be asked beside its base",
    }.get(recipe.method)
    if why is not None:
        raise CapabilityError(why, hint="--method lora or rslora; in Python train() takes it")


def check_shared(
    plan: Plan | None, recipe: Recipe, learner: Learner, privacy: Privacy | None
) -> None:
    """Raise before anything is started if a run cannot be shared among processes so."""
    from workbench.finetuning.distributed.plan import check_plan
    from workbench.models.folder import read_config

    if plan is None or not plan.is_shared:
        return
    if privacy is not None:
        raise CapabilityError(
            "a private run goes on one process: its noise is drawn once for all rows",
            hint="--processes 1 --launcher local",
        )
    if learner.folder is None:
        raise CapabilityError("the model stands in no folder that other processes can read")
    check_plan(plan, recipe, read_config(learner.folder))


def train_and_register(
    learner: Learner,
    material: Material,
    recipe: Recipe,
    *,
    name: str,
    kind: str,
    parents: tuple[str, ...] = (),
    again: bool = False,
    make_objective: Callable[[torch.nn.Module], Objective] | None = None,
    measure: Callable[[torch.nn.Module, Adapter], dict[str, float]] | None = None,
    between_steps: Callable[[], None] | None = None,
    privacy: Privacy | None = None,
    general_questions: int = 0,
    plan: Plan | None = None,
) -> TrainingRun:
    """The part that all kinds of runs share, once rows are tokens; ``measure`` is of what came."""
    from workbench.models import catalogue
    from workbench.models.adapter_store import base_sha256

    cpu_s = time.process_time()
    base = base_sha256(catalogue.find(learner.name))
    key = _key(base, material, recipe, name, kind, learner, privacy, plan)
    run_id, known = choose_id(key[:16], again=again)
    if known is not None:
        log.info("the run %s was done before", run_id)
        return known
    folder = settings.home() / "finetuning" / "runs" / run_id
    with hold(folder):
        check_unfinished(run_id)
        record = _begin_record(run_id, learner, material, recipe, name, base, kind, plan)
        private = learn_privately(material, recipe, privacy, learner.pad_id)
        with record.recording(), spending(private, material, run_id) as cost:
            module, done = _train(
                learner, material, recipe, folder, key, record, make_objective, between_steps,
                private, plan,
            )  # fmt: skip
            general = ask_general(module, learner, general_questions, base_sha256=base)
            # Killed after this and before its end was written down, a run finds what it registered.
            adapter = find_registered(learner.name, name, run_id) or register(
                module, learner, material, recipe, name=name, base=base, parents=parents,
                done=done, run_id=run_id, privacy=cost,
            )  # fmt: skip
            enter_training(adapter, material, run_id, cost)
        measures = {**(measure(module, adapter) if measure else cost), **_tell_sent(done)}
        cpu_s = time.process_time() - cpu_s
        result = tell_result(adapter, done, learner, material, run_id, cpu_s, general, measures)
        record.update(done, state="finished", result=dataclasses.asdict(result))
        _clear(folder)
    _warn_of_loss(general, learner, adapter, recipe)
    return result


def _tell_sent(done: Training) -> dict[str, float]:
    """What one of several processes sent to the others, where that is known."""
    return {} if done.sent_bytes is None else {"sent_bytes": float(done.sent_bytes)}


def _warn_of_loss(
    general: GeneralAnswers | None, learner: Learner, adapter: Adapter, recipe: Recipe
) -> None:
    if general is not None and general.are_lost:
        log.warning("%s", general.tell(learner.name, adapter.full_name, anchors=recipe.anchors))


def _begin_record(
    run_id: str,
    learner: Learner,
    material: Material,
    recipe: Recipe,
    name: str,
    base: str,
    kind: str,
    plan: Plan | None,
) -> RunRecord:
    return RunRecord(
        run_id,
        {
            "kind": kind,
            "model": learner.name,
            "base_sha256": base,
            "adapter": name,
            "starts_from": None if learner.start is None else learner.start.full_name,
            "recipe": dataclasses.asdict(recipe),
            "precision": learner.precision,
            "data_sha256": material.data,
            **dataclasses.asdict(material.origin),
            "examples": len(material.units),
            "evaluated_on": material.evaluated_on,
            "steps": recipe.count_steps(len(material.units)),
            **({"plan": plan.tell()} if plan is not None and plan.is_shared else {}),
        },
    )


def _train(
    learner: Learner,
    material: Material,
    recipe: Recipe,
    folder: Path,
    key: str,
    record: RunRecord,
    make_objective: Callable[[torch.nn.Module], Objective] | None,
    between_steps: Callable[[], None] | None,
    private: PrivateLearning | None,
    plan: Plan | None,
) -> tuple[torch.nn.Module, Training]:
    from workbench.finetuning.training.adapting import adapt
    from workbench.finetuning.training.anchoring import ask_anchors
    from workbench.finetuning.training.loop import Keeping, train
    from workbench.finetuning.training.objective import evaluate_loss

    _use_threads()
    module = adapt(
        learner.module, recipe, start=None if learner.start is None else learner.start.folder
    )
    objective = make_objective(module) if make_objective is not None else None
    anchors = ask_anchors(module, learner, recipe)
    watch = _make_watch(learner, material, recipe, record)
    if plan is not None and plan.is_shared:
        from workbench.finetuning.distributed.teaching import teach_together

        job = (learner, material, recipe, plan, folder, key)
        return module, teach_together(
            module, *job, anchors=anchors, watch=watch, between_steps=between_steps
        )
    recipe = recipe if plan is None else plan.keep(recipe)
    way = {"pack_tokens": recipe.pack_tokens, "pad_id": learner.pad_id}
    source: Any = make_batches(material, recipe, pad_id=learner.pad_id)
    # Twice as many as a step has: whole pairs where examples come in pairs.
    asked = batches_in_order(material.held_out, batch=2 * recipe.batch, **way)
    done = train(
        module,
        source,
        recipe,
        steps=recipe.count_steps(len(material.units)),
        objective=objective,
        extra_loss=anchors,
        evaluate=lambda trained: evaluate_loss(trained, asked, objective=objective),
        watch=watch,
        keeping=Keeping(folder, key),
        between_steps=between_steps,
        private=private,
    )
    return module, done


def _make_watch(
    learner: Learner, material: Material, recipe: Recipe, record: RunRecord
) -> Callable[[torch.nn.Module, Training], None]:
    from workbench.finetuning.training.sampling import tell_samples

    def watch(trained: torch.nn.Module, training: Training) -> None:
        record.update(training)
        step = len(training.steps)
        evaluated = bool(training.evaluations) and training.evaluations[-1].step == step
        if recipe.samples and evaluated and not record.has_samples(step):
            shown = material.held_out[: recipe.samples]
            record.add_samples(step, tell_samples(trained, learner, shown))
            record.update(training)

    return watch


def _use_threads() -> None:
    import torch

    threads = settings.get("threads")
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)


def _key(
    base: str,
    material: Material,
    recipe: Recipe,
    name: str,
    kind: str,
    learner: Learner,
    privacy: Privacy | None,
    plan: Plan | None,
) -> str:
    told = [base, material.data, dataclasses.asdict(recipe), name, kind, learner.precision]
    if learner.start is not None:
        told.append(dict(learner.start.record.files))
    if privacy is not None:
        told.append(dataclasses.asdict(privacy))
    if material.users is not None:
        told.append(list(material.users))
    if plan is not None and not plan.is_exact:
        told.append(plan.communication)
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _clear(folder: Path) -> None:
    """What is not needed once the adapter is registered."""
    shutil.rmtree(folder, ignore_errors=True)
