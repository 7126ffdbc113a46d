"""What a user can ask: who could tell which rows a model has learnt from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import annotated_types as limits

from workbench.core import settings
from workbench.core.operations import operation
from workbench.privacy.ledger.recording import record

from .accuracy_curve import AccuracyCurve
from .attribute_inference import AttributeInference
from .exposure import Exposure
from .membership import MembershipAttack
from .min_k import TextMembership
from .planted import CanaryFiles


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

    It is an experiment on what an epsilon is worth: it does not spend the data set's budget, and
    the ledger says so.

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
    task = load_digits_task()
    found = attack_digits(task, epsilon=epsilon, delta=delta, models=models, rows=rows, seed=number)
    told = {
        "attack": "membership inference", "epsilon": epsilon, "models": models, "rows": rows,
        "budget": "none is spent: an experiment on public digits",
    }  # fmt: skip
    record("attack", task.sha256, data=told)
    return found


@operation("privacy.attribute", title="Try to tell a kept back column", produces="attribute")
def attribute(
    *,
    dataset: Literal["adult", "german"] = "adult",
    column: str = "occupation",
    label: str | None = None,
    epsilon: Annotated[float, limits.Gt(0)] | None = None,
    delta: Annotated[float, limits.Gt(0), limits.Lt(1)] = 1e-5,
    rows: Annotated[int, limits.Ge(100)] | None = None,
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> AttributeInference:
    """Guess a column of rows that a model learnt from, knowing all others and asking the model.

    Only what the model adds to what the population tells anyhow counts, and of that what it adds
    for its own rows beyond what it adds for others. It is an experiment on what an epsilon is
    worth: it does not spend the data set's budget, and the ledger says so.

    Args:
        dataset: A table whose values are public.
        column: What is kept back.
        label: What the model foretells; by default the data set's own.
        epsilon: Of a private model; without it a forest is fitted until it knows its rows by heart.
        delta: Of the epsilon.
        rows: That are learnt from; by default 2,000, of a small table a quarter.
        seed: Of everything; the setting `seed` if none.
    """
    from workbench.privacy.dp.naming import find_sha256, read_rows

    from .attribute_inference import LABELS, LEFT_OUT, attack_attribute

    number = settings.get("seed") if seed is None else seed
    table = read_rows(dataset)
    kept = {name: values for name, values in table.items() if name not in LEFT_OUT}
    wanted = label or LABELS[dataset]
    count = rows or min(2000, len(table[LABELS[dataset]]) // 4)
    found = attack_attribute(
        kept, column=column, label=wanted, epsilon=epsilon, delta=delta, count=count, seed=number
    )
    told = {
        "attack": "attribute inference", "column": column, "epsilon": epsilon, "rows": count,
        "budget": "none is spent: an experiment on a public table",
    }  # fmt: skip
    record("attack", find_sha256(dataset), data=told)
    return found


@operation("privacy.canaries", title="Make secrets to plant", produces="canary-files")
def canaries(
    *,
    out: Path,
    rows: Path,
    count: Annotated[int, limits.Ge(1), limits.Le(10_000)] = 10,
    digits: Annotated[int, limits.Ge(2), limits.Le(20)] = 5,
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> CanaryFiles:
    """Make secrets to plant in what a language model is taught, and as many that are not planted.

    Add `rows` to the rows that a model is taught (`workbench finetuning run`), each once; then ask
    it: `workbench privacy exposure --model NAME --canaries OUT`.

    Args:
        out: The file of all canaries, .jsonl; who has it knows the secrets.
        rows: The file of those to plant, as fine-tuning reads rows. Not your own rows: a file with
            other lines is refused.
        count: How many are planted.
        digits: Of each secret.
        seed: Of names and secrets; the setting `seed` if none.
    """
    from .planted import make_canaries, write_files

    number = settings.get("seed") if seed is None else seed
    return write_files(make_canaries(count, digits=digits, seed=number), out=out, rows=rows)


@operation("privacy.exposure", title="Measure what a model knows of secrets", produces="exposure")
def exposure(
    *,
    canaries: Path,
    model: str | None = None,
    engine: str | None = None,
    candidates: Annotated[int, limits.Ge(1), limits.Le(100_000)] = 200,
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> Exposure:
    """Measure how well a language model knows planted secrets (Carlini and others, 2019).

    Each secret is ranked among others of its form that were drawn by chance: its exposure is log2
    of their number less log2 of its rank. The likeliest of all has the most that can be shown.

    Args:
        canaries: A file as `workbench privacy canaries` writes it; each line a `prompt`, an
            `answer`, the `secret` in it, and whether it was `planted`.
        model: A name of the catalogue, or `base:adapter@version`; the setting `model` if none.
        engine: `transformers` if the model runs on it, because it scores many texts at once.
        candidates: Beside each secret.
        seed: Of the candidates; the setting `seed` if none.
    """
    from .answer_scoring import open_scoring
    from .exposure import measure_exposure
    from .planted import read_canaries

    number = settings.get("seed") if seed is None else seed
    planted = read_canaries(canaries)
    with open_scoring(model, engine=engine) as (name, scoring):
        found = measure_exposure(scoring, planted, model=name, candidates=candidates, seed=number)
    told = {"attack": "exposure of planted secrets", "secrets": len(planted)}
    record("attack", found.model, data=told | {"learnt": found.learnt})
    return found


@operation("privacy.membership", title="Try to tell which texts were learnt", produces="membership")
def membership(
    *,
    members: Path,
    others: Path,
    model: str | None = None,
    reference: str | None = None,
    engine: str | None = None,
    share: Annotated[float, limits.Gt(0), limits.Le(1)] = 0.2,
    most: Annotated[int, limits.Ge(10)] = 200,
) -> TextMembership:
    """Try to tell texts that a language model was taught from others, by loss and by Min-K%.

    A row is `{"prompt", "response"}` or `{"messages"}`, whose answer is scored, or `{"text"}`. The
    others must be of the same kind as the members, or the kinds are told apart.

    Args:
        members: A file with rows that the model was taught.
        others: A file with rows that it was not.
        model: A name of the catalogue, or `base:adapter@version`; the setting `model` if none.
        reference: A model that was taught neither, such as the base: what it finds likely anyhow
            is taken off.
        engine: Of both; `transformers` if they run on it.
        share: Of a text's tokens that Min-K% looks at.
        most: Rows of each file that are read.
    """
    from .answer_scoring import open_scoring, read_requests
    from .min_k import attack_texts, check_texts

    inside, outside = read_requests(members, most=most), read_requests(others, most=most)
    check_texts(inside, outside)
    before = None
    if reference is not None:
        with open_scoring(reference, engine=engine) as (reference, scoring):
            before = scoring([*inside, *outside])
    with open_scoring(model, engine=engine) as (name, scoring):
        found = attack_texts(
            scoring, inside, outside, model=name, share=share, reference=before,
            reference_name=reference,
        )  # fmt: skip
    told = {
        "attack": "membership of texts", "members": found.members, "others": found.others,
        "told": found.told,
    }  # fmt: skip
    record("attack", found.model, data=told)
    return found


@operation(
    "privacy.accuracy_by_epsilon",
    title="Measure what an epsilon costs in accuracy",
    produces="accuracy-curve",
)
def accuracy_by_epsilon(
    *,
    dataset: Literal["digits"] = "digits",
    epsilons: list[float] | None = None,
    delta: Annotated[float, limits.Gt(0), limits.Lt(1)] = 1e-5,
    seeds: Annotated[int, limits.Ge(2)] = 3,
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> AccuracyCurve:
    """Train at several epsilons, several times each, and keep what came of it in this home.

    It is an experiment on what an epsilon is worth, on digits that everybody has: it does not spend
    the data set's budget, and the ledger says so. The seven epsilons take half a minute or so.

    Args:
        dataset: What is learnt.
        epsilons: By default 0.3, 0.6, 1.2, 2, 2.9, 5 and 8.6.
        delta: Of all of them.
        seeds: How many trainings an epsilon.
        seed: The first; the setting `seed` if none.
    """
    from workbench.privacy.dp.digits import load_digits_task

    from .accuracy_curve import EPSILONS, keep_curve, measure_curve

    curve = measure_curve(
        load_digits_task(), epsilons=epsilons or EPSILONS, delta=delta, seeds=seeds,
        seed=settings.get("seed") if seed is None else seed,
    )  # fmt: skip
    told = {
        "experiment": "accuracy by epsilon, on public digits: no budget is spent",
        "epsilons": [each.epsilon for each in curve.points], "seeds": seeds, "delta": delta,
    }  # fmt: skip
    record("training", curve.dataset_sha256, data=told)
    keep_curve(curve)
    return curve
