"""What a user can ask of training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import annotated_types as limits

from workbench.core.operations import operation
from workbench.finetuning.training.privacy_options import privacy_of as privacy_of
from workbench.finetuning.training.registering import TrainingRun

if TYPE_CHECKING:
    from workbench.finetuning.distributed.plan import Plan
    from workbench.finetuning.examples import Example
    from workbench.finetuning.snapshots.snapshot import Snapshot
    from workbench.finetuning.snapshots.taking import Taken
    from workbench.finetuning.training.recipe import Recipe
    from workbench.finetuning.training.registering import Origin
    from workbench.models.adapters import Adapter

Method = Literal["lora", "rslora"]
Schedule = Literal["linear", "cosine", "constant"]
Precision = Literal["auto", "bf16", "fp32"]
Processes = Annotated[int, limits.Ge(1), limits.Le(64)]
Strategy = Literal["ddp", "fsdp", "tp", "pp"]
Launcher = Literal["local", "ray"]
GeneralQuestions = Annotated[int, limits.Ge(0), limits.Le(80)]

# The options of ``run`` that are fields of the recipe.
_CHOICES = [
    "seed",
    "method",
    "rank",
    "alpha",
    "layers",
    "learning_rate",
    "schedule",
    "batch",
    "accumulation",
    "steps",
    "epochs",
    "max_tokens",
    "precision",
    "checkpointing",
    "evaluate_every_steps",
    "patience",
    "samples",
    "anchors",
    "rewordings",
]


@dataclass(frozen=True)
class PresetRow:
    """A preset and what it chooses."""

    name: str
    recipe: dict[str, Any]


@operation("finetuning.run", title="Teach a model from rows", produces="training-run")
def run(
    *,
    model: str,
    data: str,
    preset: str = "steady",
    name: str | None = None,
    adapter: str | None = None,
    eval_data: str | None = None,
    known: str | None = None,
    policy: Path | None = None,
    license: str = "not stated",
    consent: str = "not stated",
    seed: int = 0,
    method: Method | None = None,
    rank: int | None = None, alpha: float | None = None, layers: int | None = None,
    learning_rate: float | None = None, schedule: Schedule | None = None,
    batch: int | None = None, accumulation: int | None = None,
    steps: int | None = None, epochs: float | None = None, max_tokens: int | None = None,
    precision: Precision | None = None, checkpointing: bool | None = None,
    evaluate_every_steps: int | None = None,
    patience: int | None = None, samples: int | None = None, anchors: int | None = None,
    rewordings: float | None = None,
    epsilon: Annotated[float, limits.Gt(0)] | None = None,
    delta: Annotated[float, limits.Gt(0), limits.Lt(1)] = 1e-5,
    noise_seed: Annotated[int, limits.Ge(0)] | None = None,
    user_column: str | None = None,
    rows_per_user: Annotated[int, limits.Ge(1)] | None = None,
    general_questions: GeneralQuestions = 20,
    processes: Processes = 1, strategy: Strategy = "ddp", tensor: Processes = 1,
    communication: str = "none",
    restarts: Annotated[int, limits.Ge(0)] = 2, least: Processes | None = None,
    hang_s: Annotated[float, limits.Ge(3)] = 60.0,
    launcher: Launcher = "local", ray_address: str | None = None, priority: int = 0,
    save_every: Annotated[int, limits.Ge(1)] | None = None, again: bool = False,
) -> TrainingRun:  # fmt: skip
    """Teach a model the answers of rows, and register what it learnt as an adapter.

    A row is `{"messages": [...]}` or `{"prompt", "response"}`. A file is checked first, as
    `check-data` does it: rows that may not be learnt are left out with their reasons, and the rest
    is kept as a snapshot. The same command goes on with a run that was killed, and does one that is
    finished only with `--again`. Then ask it: `workbench chat "..." --model MODEL:NAME@VERSION`.

    Args:
        model: The base, a name of the catalogue.
        data: A file, .jsonl, .csv or .parquet, or a snapshot's name or sha256.
        preset: `steady`, which keeps what the model knew; `fast-cpu`, which forgets most of it;
            `facts`, as that, for a few dozen rows that will be asked for in other words; or
            `quality`. What follows differs from it.
        name: The adapter's, and that of a file's snapshot; by default as the data is called.
        adapter: Go on from this one, NAME or NAME@VERSION, in place of beginning at the base; what
            comes is a version of its own, with that one as its parent.
        eval_data: Rows to evaluate on, which may not be among those that are learnt; else those
            that the snapshot holds out, or a tenth of 200 or more; of fewer all are learnt, and
            evaluated on, unless `patience` needs some of which the answer comes twice.
        known: A file or snapshot that is trusted: what contradicts it is left out.
        policy: A JSON file of severities and limits of the checks.
        license: Under which a file's rows may be used.
        consent: On what ground a file's rows are used.
        seed: Decides the adapter's first numbers and the order of the rows.
        method: LoRA or rsLoRA.
        rank: Of the adapter's matrices.
        alpha: What their product is scaled with, over the rank.
        layers: Only the last so many layers get an adapter.
        learning_rate: The highest.
        schedule: How it falls.
        batch: Rows that are computed together.
        accumulation: Batches a step.
        steps: At most so many.
        epochs: At most so many passes over the rows.
        max_tokens: The longest row.
        precision: Of the frozen base; `auto` is bf16 where the processor has it.
        checkpointing: Compute twice what does not fit in the memory.
        evaluate_every_steps: Evaluate also on the way.
        patience: End after so many evaluations without a better one.
        samples: Answer so many of the rows that it is evaluated on at each evaluation, for the eye.
        anchors: Everyday dialogues beside each batch on which the model is held to its base; 0 for
            none.
        rewordings: From two fifths of the steps on this share of the rows stands in other words,
            those that the embedder holds to be near; for a few dozen rows with several phrasings of
            each answer, in English.
        epsilon: Teach privately (DP-LoRA): no more than this may be learnt of any one row from the
            adapter. It is spent from the budgets of the data's snapshot and of the file that it was
            made of (`workbench privacy budget`) before the first step. The unit is a row, or with
            `user_column` a user with all their rows, of those that stay after the checks. Losses
            and samples that are shown on the way are not private.
        delta: The probability with which more may be learnt; well under 1 in the rows, or users.
        noise_seed: Of a private run that can be repeated, for experiments: whoever knows it can
            take the noise off. By default the noise is a cryptographic generator's.
        user_column: Of a private run: the rows' field that says whose each is. Then a user is
            protected: they come into a step by coins, with all their rows or none, and the mean
            gradient of those is clipped.
        rows_per_user: So many rows of a user are learnt from at most, drawn from theirs; 10 if not
            given.
        general_questions: Ask so many of the gate's 80 general questions of the base and of what
            came, to see what was forgotten; 0 for none.
        processes: Share the work among so many on this machine; the steps, the losses and the
            adapter are those of one, and a run that was stopped goes on with any number.
        strategy: What each has: a share of the rows (`ddp`), and of the weights (`fsdp`), of
            every large matrix (`tp`), or of the layers (`pp`).
        tensor: With `ddp` or `fsdp`: so many processes share every matrix, and such groups the
            rows.
        communication: What goes between the processes of `ddp`: whole gradients (`none`), in half
            the bits (`fp16`), of low rank (`powersgd:4`), their largest entries (`topk:0.01`), or
            only weights after so many steps (`local:64`, `diloco:64`). What leaves something out
            learns otherwise than one process.
        restarts: When a process is lost, start all again from the last checkpoint, so many times in
            a row; each new checkpoint begins the count anew.
        least: Where a process is gone for good, go on with fewer, down to so many; all are tried
            again from time to time. By default all are needed.
        hang_s: A process that says nothing for so long hangs, and is lost; each says every second
            that it is there.
        launcher: Where the processes are: on this machine, or on the nodes of a Ray cluster, which
            all see the folder of Workbench's home.
        ray_address: The cluster's HOST:PORT, of which this machine is a node; by default that of
            `RAY_ADDRESS`, else one is made on this machine and ended with the run.
        priority: On a cluster: one of a lower priority makes a checkpoint, gives way, and goes on
            when there is room again.
        save_every: Steps from one checkpoint to the next, which is the most that is ever lost; by
            default one every half minute.
        again: Do it again although it was done, as a run and a version of its own.
    """
    given = locals()
    from workbench.finetuning.training.run import run_training

    plan = _plan_of(given)
    privacy, chosen = privacy_of(given), _name_data(given)
    start, recipe = _choose(preset, adapter, model, given, name=chosen)
    taken = _take(recipe, given, name=chosen)
    return run_training(
        taken.examples, recipe, model=model, name=chosen, start=start, privacy=privacy, again=again,
        held_out=_held_out(taken, eval_data), general_questions=general_questions,
        origin=_origin_of(taken, given), plan=plan,
    )  # fmt: skip


def _plan_of(given: Mapping[str, Any]) -> Plan:
    """On how many processes and where they are; what cannot be is said before anything is read."""
    from workbench.finetuning.distributed.cluster.connecting import check_launcher
    from workbench.finetuning.distributed.plan import Plan

    named = {each.name for each in fields(Plan)} & given.keys()
    plan = Plan(**{name: given[name] for name in named}, silent_s=given["hang_s"])
    check_launcher(plan)
    return plan


@operation(
    "finetuning.prefer", title="Teach a model which answers are wanted", produces="training-run"
)
def prefer(
    *,
    model: str,
    data: Path,
    name: str | None = None,
    adapter: str | None = None,
    eval_data: Path | None = None,
    beta: float = 0.1,
    answer_weight: float = 1.0,
    seed: int = 0,
    rank: int | None = None,
    learning_rate: float | None = None,
    batch: int | None = None,
    steps: int | None = None,
    epochs: float | None = None,
    max_tokens: int | None = None,
    precision: Precision | None = None,
    anchors: int | None = None,
    general_questions: GeneralQuestions = 20,
    most_unread_share: Annotated[float, limits.Ge(0), limits.Le(1)] = 0.5,
    again: bool = False,
) -> TrainingRun:
    """Teach a model which of two answers is wanted, and register what it learnt as an adapter.

    A row is `{"prompt", "chosen", "rejected"}`; rows that cannot be read are set aside with their
    reasons. By direct preference optimisation (arXiv:2305.18290) against the model as it begins:
    the base, or the taught `adapter`. Preferences choose among what a model might say, so one that
    never says anything like the wanted answer is taught first. The result's `measures` are of pairs
    that were not learnt: how often the wanted answer is the likelier one before and after, how far
    the model has moved to it, and how often what it writes is nearer to it.

    Args:
        model: The base, a name of the catalogue.
        data: A file, .jsonl, .csv or .parquet.
        name: The adapter's; by default as the file is called.
        adapter: Go on from this one, NAME or NAME@VERSION; it is the reference, and the parent.
        eval_data: Pairs to evaluate on; else a fifth is held out, of ten pairs or more.
        beta: How dearly leaving the reference is paid for.
        answer_weight: What the loss of the wanted answers counts beside the preference, so that
            they stay likely, and their end with them (arXiv:2404.19733); 0 is DPO alone.
        seed: Decides the adapter's first numbers, the order and what is held out.
        rank: Of the adapter's matrices.
        learning_rate: The highest.
        batch: Pairs a step.
        steps: At most so many.
        epochs: At most so many passes over the pairs.
        max_tokens: The longest question with its answer.
        precision: Of the frozen base; `auto` is bf16 where the processor has it.
        anchors: Everyday dialogues beside each batch on which the model is held to its base.
        general_questions: Ask so many of the gate's 80 general questions of the base and of what
            came, to see what was forgotten; 0 for none.
        most_unread_share: Refuse a file of which a larger share cannot be read; with 1 whatever can
            be is learnt.
        again: Do it again although it was done, as a run and a version of its own.
    """
    import dataclasses

    from workbench.finetuning.snapshots.reading import read_preferences
    from workbench.finetuning.training.preferring import run_preferences
    from workbench.finetuning.training.recipe import PREFERENCES
    from workbench.finetuning.training.registering import Origin
    from workbench.store.files import hash_file

    given = locals()
    changes = {
        choice: given[choice]
        for choice in _CHOICES
        if choice in given and given[choice] is not None
    }
    recipe = dataclasses.replace(PREFERENCES, **changes)
    start, recipe = _begin_at(adapter, model, recipe, given)
    pairs, aside = read_preferences(data, most_unread_share=most_unread_share)
    return run_preferences(
        pairs,
        recipe,
        model=model,
        name=name or _name_of(data),
        beta=beta, answer_weight=answer_weight,
        held_out=None if eval_data is None else read_preferences(eval_data)[0],
        origin=Origin(hash_file(data), aside.rows, aside.reasons),
        start=start, again=again,
        general_questions=general_questions,
    )  # fmt: skip


@operation("finetuning.presets", title="Show the presets of training", produces="presets")
def presets() -> list[PresetRow]:
    """Show what each preset chooses; every value may be given to `run`."""
    from workbench.finetuning.training.recipe import PRESETS

    return [PresetRow(name, asdict(recipe)) for name, recipe in PRESETS.items()]


def _choose(
    preset: str, adapter: str | None, model: str, given: dict[str, Any], *, name: str
) -> tuple[Adapter | None, Recipe]:
    """The preset with what was given, and where it begins; checked before anything is loaded."""
    from workbench.finetuning.training.recipe import find_preset
    from workbench.finetuning.training.run import check_run

    recipe = find_preset(preset, **{choice: given[choice] for choice in _CHOICES})
    start, recipe = _begin_at(adapter, model, recipe, given)
    check_run(recipe, name)
    return start, recipe


def _begin_at(
    adapter: str | None, model: str, recipe: Recipe, given: dict[str, Any]
) -> tuple[Adapter | None, Recipe]:
    """The adapter that a run goes on from, if any, and the recipe with its shape."""
    if adapter is None:
        return None, recipe
    from workbench.finetuning.training.starting_point import find_start, take_shape

    start = find_start(adapter, model=model)
    return start, take_shape(recipe, start, given=given)


def _take(recipe: Recipe, given: dict[str, Any], *, name: str) -> Taken:
    """The rows that may be learnt, their lengths counted as the model reads them."""
    from workbench.finetuning.snapshots.findings import read_policy
    from workbench.finetuning.snapshots.taking import take_data
    from workbench.finetuning.training.adapting import load_encoder
    from workbench.finetuning.training.few_rows import warn_of_few

    policy = read_policy(given["policy"])
    encoder, context_tokens = load_encoder(given["model"], recipe)
    said = {each: given[each] for each in ("license", "consent", "known", "user_column")}
    taken = take_data(
        given["data"],
        name=name,
        policy=policy,
        heldout=given["eval_data"],
        context_tokens=min(recipe.max_tokens, context_tokens),
        count_tokens=lambda example: len(encoder.encode(example).ids),
        **said,
    )
    warn_of_few(recipe, len(taken.examples))
    return taken


def _origin_of(taken: Taken, given: Mapping[str, Any]) -> Origin:
    from workbench.finetuning.training.registering import Origin
    from workbench.finetuning.training.resuming import keep_call

    return Origin(taken.snapshot.id, taken.rows_left_out, taken.left_out, keep_call(given))


def _held_out(taken: Taken, eval_data: str | None) -> tuple[Example, ...] | None:
    """Rows to evaluate on, if any are kept for that."""
    from workbench.finetuning.snapshots.taking import read_source

    return read_source(eval_data) if eval_data else taken.held_out or None


def _name_data(given: Mapping[str, Any]) -> str:
    """The adapter's name, by default its data's. What there is not, or cannot be read, is said now:
    before the seconds in which a model is made ready."""
    from workbench.finetuning.snapshots.reading import records
    from workbench.finetuning.snapshots.taking import find_source

    source, *others = (
        find_source(given[each]) for each in ("data", "known", "eval_data") if given[each]
    )
    for each in (source, *others):
        if isinstance(each, Path):
            records(each)
    return given["name"] or _name_of(source)


def _name_of(source: Path | Snapshot) -> str:
    """A name for an adapter from that of its data: letters, digits, '.', '-' and '_'."""
    import re

    said = source.stem if isinstance(source, Path) else source.reference.partition("@")[0]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", said).strip("-._") or "adapter"
