"""What a user can ask: what a run would cost, and with what noise it stays within an epsilon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import annotated_types as limits

from workbench.core import settings
from workbench.core.errors import InputError
from workbench.core.operations import operation
from workbench.core.viewers import Viewable
from workbench.privacy.ledger.recording import record

from .budget import BudgetState, Spend
from .mechanisms import Sampling, Unit
from .statistics import Figure, PrivateFigure
from .synthesising import Synthesis
from .training import PrivateRun
from .users import check_rows_per_user

Delta = Annotated[float, limits.Gt(0), limits.Lt(1)]


@dataclass(frozen=True)
class RunCost(Viewable):
    """What steps of DP-SGD cost, by PLD and by the looser Rényi account."""

    noise_multiplier: float
    sampling_rate: float
    steps: int
    delta: float
    epsilon_pld: float
    epsilon_rdp: float | None


@operation("privacy.account", title="Say what private training costs", produces="run-cost")
def account(
    *,
    sampling_rate: Annotated[float, limits.Gt(0), limits.Le(1)],
    steps: Annotated[int, limits.Ge(1)],
    delta: Delta = 1e-5,
    noise_multiplier: Annotated[float, limits.Ge(0)] | None = None,
    epsilon: Annotated[float, limits.Gt(0)] | None = None,
    sampling: Sampling = "poisson",
) -> RunCost:
    """Say what steps of private training cost, or which noise keeps them within an epsilon.

    Args:
        sampling_rate: The probability with which each example is in a step.
        steps: How many steps there are.
        delta: The probability with which more may be lost; well under 1 in the examples.
        noise_multiplier: The noise's standard deviation over the clipping norm.
        epsilon: In place of the noise multiplier: the least noise that keeps it is found.
        sampling: How batches are drawn; epsilon is stated for Poisson samples alone.
    """
    from .accounting import account as tell
    from .calibration import find_noise_multiplier
    from .deltas import warn_of_delta
    from .mechanisms import GaussianSteps, check_sampling

    warn_of_delta(delta)
    if (noise_multiplier is None) == (epsilon is None):
        raise InputError(
            "one of noise_multiplier and epsilon is needed, and not both",
            hint="workbench privacy account --epsilon 2 --sampling-rate 0.1 --steps 300",
        )
    if sampling_rate < 1:
        check_sampling(sampling)
    if noise_multiplier is None:
        assert epsilon is not None
        noise_multiplier = find_noise_multiplier(
            epsilon=epsilon, delta=delta, sampling_rate=sampling_rate, steps=steps
        )
    lost = tell(
        GaussianSteps(noise_multiplier, sampling_rate, steps), delta=delta, sampling=sampling
    )
    return RunCost(
        noise_multiplier, sampling_rate, steps, delta, lost.epsilon_pld, lost.epsilon_rdp
    )


@operation("privacy.train", title="Train privately", produces="private-run")
def train(
    *,
    dataset: str = "digits",
    epsilon: Annotated[float, limits.Gt(0)] = 2.0,
    delta: Delta = 1e-5,
    target: str | None = None,
    domain: Path | None = None,
    public_domain: bool = False,
    user_column: str | None = None,
    rows_per_user: Annotated[int, limits.Ge(1)] | None = None,
    seed: Annotated[int, limits.Ge(0)] | None = None,
    secure: bool = False,
    steps: Annotated[int, limits.Ge(1)] | None = None,
    sampling_rate: Annotated[float, limits.Gt(0), limits.Le(1)] = 0.5,
    clip_norm: Annotated[float, limits.Gt(0)] = 0.5,
    clipping: Literal["fixed", "quantile"] = "fixed",
    optimizer: Literal["sgd", "adam"] = "sgd",
    learning_rate: Annotated[float, limits.Gt(0)] | None = None,
    canaries: Annotated[int, limits.Ge(0)] | None = None,
    noise_scale: Annotated[float, limits.Gt(0)] = 1.0,
) -> PrivateRun:
    """Train a linear classifier within an epsilon, and audit the claim in the same run.

    The audit plants made examples whose gradients are known, and guesses from what the run told
    which of them were in it: `lower` is what that proves, `upper` what the run claims. What the
    run costs is written to the data set's budget before it begins (`workbench privacy budget`).
    An example is what is protected, or with `user_column` a user with all their examples. The
    command ends with 1 where the audit refutes the claim.

    Args:
        dataset: What is learnt: digits, or a table, as a name of the catalogue or a file.
        epsilon: What may be lost; the noise follows from it.
        delta: The probability with which more may be lost.
        target: Of a table: the column that is foretold.
        domain: Of a table: a JSON file with what each column may hold, `values` or `low`, `high`
            and `bins`, known without looking at the rows. Those columns are read.
        public_domain: Take values and bounds from the rows, which tells them: only where they are
            public anyhow.
        user_column: Whose each row of a table is: then a user is protected.
        rows_per_user: So many rows of a user are learnt from at most, drawn from theirs; 10 if not
            given. The mean of a user's gradients is clipped, so that more rows need no more noise.
        seed: Of coins and noise, so that the run can be repeated; the setting `seed` if none.
        secure: Coins and noise of the operating system's cryptographic generator, without a seed:
            for what will be released.
        steps: How many there are; by default more with a larger epsilon.
        sampling_rate: The probability with which each example, or user, is in a step.
        clip_norm: The most that one of them adds to a step; the first, if clipping is quantile.
        clipping: A norm that stays, or the median of the norms, found privately.
        optimizer: DP-SGD or DP-Adam.
        learning_rate: By default chosen by the epsilon.
        canaries: How many the audit plants, each with as many rows as a user; 0 is no audit. By
            default 1,000, or as many as there is room for in a small model.
        noise_scale: Other than 1 the run adds other noise than it claims: a made fault that the
            audit must catch. The budget is charged for the noise that is added.
    """
    from .budget import Budgets
    from .file_names import note_file
    from .table_task import load_task
    from .training import choose_canaries, train_classifier

    number = None if secure else (settings.get("seed") if seed is None else seed)
    task = load_task(
        dataset, target=target, domain=domain, public_domain=public_domain,
        user_column=user_column, rows_per_user=rows_per_user, seed=number,
    )  # fmt: skip
    run = train_classifier(
        task, epsilon=epsilon, delta=delta, seed=number, steps=steps,
        sampling_rate=sampling_rate, clip_norm=clip_norm, clipping=clipping, optimizer=optimizer,
        learning_rate=learning_rate, noise_scale=noise_scale, budgets=Budgets(),
        canaries=choose_canaries(task) if canaries is None else canaries,
    )  # fmt: skip
    told: dict[str, Any] = {
        "rows": run.rows, "steps": run.steps, "epsilon": run.epsilon_pld, "delta": run.delta,
        "noise_multiplier": run.noise_multiplier, "noise_scale": run.noise_scale, "unit": run.unit,
    }  # fmt: skip
    if run.unit == "user":
        told |= {"users": run.users, "rows_per_user": run.rows_per_user}
    record("training", run.dataset_sha256, data=told)
    note_file(dataset, run.dataset_sha256)
    return run


@operation(
    "privacy.budget_set", title="Set a data set's privacy budget", produces="budget", group="budget"
)
def set_budget(
    dataset: str,
    *,
    epsilon: Annotated[float, limits.Gt(0)],
    delta: Delta = 1e-5,
    unit: Unit = "example",
) -> BudgetState:
    """Say how much may be learnt from a data set in all; runs beyond it are refused.

    It may be less than was spent already: then nothing more may be learnt.

    Args:
        dataset: A name of the catalogue, a file, or the sha256 of its content.
        epsilon: In all, composed over every run.
        delta: The probability with which more may be lost.
        unit: Whether an example or a user is protected; a data set has one unit.
    """
    from .budget import Budgets
    from .deltas import warn_of_delta
    from .file_names import note_file
    from .naming import find_sha256, known_names

    warn_of_delta(delta)
    sha256 = find_sha256(dataset)
    state = Budgets().set(sha256, epsilon=epsilon, delta=delta, unit=unit)
    note_file(dataset, sha256)
    return _named(state, known_names())


@operation(
    "privacy.budget_show",
    title="Show what is left of privacy budgets",
    produces="budgets",
    group="budget",
)
def show_budgets(dataset: str | None = None) -> list[BudgetState]:
    """Show what was spent and what is left, composed over all runs.

    Args:
        dataset: A name of the catalogue, a file, or a sha256; by default all.
    """
    from .budget import Budgets
    from .file_names import note_file
    from .naming import find_sha256, known_names

    budgets = Budgets()
    if dataset is not None:
        sha256 = find_sha256(dataset)
        state = budgets.show(sha256)
        note_file(dataset, sha256)
        return [_named(state, known_names())]
    names = known_names()
    return [_named(each, names) for each in budgets.all()]


def _named(state: BudgetState, names: Mapping[str, str]) -> BudgetState:
    """A budget with the name of its data set, where one is known."""
    return replace(state, dataset=names.get(state.dataset_sha256, ""))


@operation(
    "privacy.budget_spends",
    title="Show what was done with a data set",
    produces="spends",
    group="budget",
)
def show_spends(dataset: str) -> list[Spend]:
    """Show each spend of a data set's budget, the oldest first.

    Args:
        dataset: A name of the catalogue, a file, or a sha256.
    """
    from .budget import Budgets
    from .naming import find_sha256

    return Budgets().spends(find_sha256(dataset))


@operation("privacy.statistic", title="Tell a figure of private rows", produces="private-figures")
def statistic(
    dataset: str,
    *,
    column: str,
    figure: Figure,
    epsilon: Annotated[float, limits.Gt(0)],
    low: float | None = None,
    high: float | None = None,
    share: Annotated[float, limits.Gt(0), limits.Lt(1)] = 0.5,
    bins: list[str] | None = None,
    user_column: str | None = None,
    rows_per_user: Annotated[int, limits.Ge(1)] | None = None,
) -> list[PrivateFigure]:
    """Tell a count, sum, mean, quantile or histogram of a column with exact discrete noise.

    The cost is written to the data set's budget before the rows are read for it; a row is what is
    protected, or with `user_column` a user with all their rows. Bounds and bins must be known
    without looking at the data.

    Args:
        dataset: A name of the catalogue, or a file.
        column: Whose values.
        figure: What is told of them.
        epsilon: What it may cost.
        low: Values below count as this.
        high: Values above count as this.
        share: Of a quantile: 0.5 is the median.
        bins: Of a histogram: the values that are counted, by commas; values that have commas in
            them take one option each.
        user_column: Whose each row is: then a user is protected.
        rows_per_user: So many rows of a user count at most, drawn from theirs; 1 if not given. The
            noise grows by as much.
    """
    from .budget import Budgets
    from .file_names import note_file
    from .mechanisms import PureSteps
    from .naming import check_numbers, find_sha256, read_column, read_user_column
    from .statistics import NUMERIC, bound_users, check_figure, split_commas, tell_figure

    counted = split_commas(bins or [])
    chosen: dict[str, Any] = {"low": low, "high": high, "share": share, "bins": counted}
    check_rows_per_user(user_column, rows_per_user)
    most = rows_per_user or 1
    each = epsilon / most  # for a row, so that it is epsilon for all of a user's
    check_figure(figure, epsilon=each, **chosen)
    unit: Unit = "example" if user_column is None else "user"
    if user_column is None:
        values = read_column(dataset, column)
    else:
        values, users = read_user_column(dataset, column, user_column=user_column)
        values = bound_users(values, users, most=most)
    if figure in NUMERIC:
        check_numbers(values, column, figure)
    budgets, sha256 = Budgets(), find_sha256(dataset)
    spend = budgets.spend(sha256, PureSteps(epsilon), purpose=f"{figure} of {column}", unit=unit)
    try:
        told = [
            replace(found, epsilon=epsilon)
            for found in tell_figure(values, figure, epsilon=each, **chosen)
        ]
        # Before they are given out: without the entry nobody is told.
        about = {"figure": figure, "column": column, "epsilon": epsilon, "unit": unit}
        record("release", spend.dataset_sha256, data=about)
    finally:
        budgets.end(spend)
    note_file(dataset, sha256)
    return told


@operation("privacy.synthesise", title="Make a table like a private one", produces="synthesis")
def synthesise(
    dataset: str,
    *,
    out: Path,
    epsilon: Annotated[float, limits.Gt(0)],
    delta: Delta = 1e-5,
    domain: Path | None = None,
    public_domain: bool = False,
    columns: list[str] | None = None,
    rows: Annotated[int, limits.Ge(1)] | None = None,
    user_column: str | None = None,
    rows_per_user: Annotated[int, limits.Ge(1)] | None = None,
    seed: Annotated[int, limits.Ge(0)] | None = None,
    overwrite: bool = False,
) -> Synthesis:
    """Make rows that have a private table's marginals, of columns and of a tree of pairs of them.

    The cost is written to the data set's budget before the rows are counted; a row is what is
    protected, or with `user_column` a user with all their rows. What hangs together only over three
    columns or more is lost.

    Args:
        dataset: A name of the catalogue, or a file.
        out: The made table, as CSV.
        epsilon: What it may cost.
        delta: The probability with which more may be lost.
        domain: A JSON file with what each column may hold, `values` or `low`, `high` and `bins`,
            known without looking at the rows. Its columns are those that are made.
        public_domain: Take values and bounds from the rows, which tells them: only where they are
            public anyhow.
        columns: Those that are made, of a public domain, by commas or one option each; by default
            all.
        rows: How many are made; by default as many as count, told with noise.
        user_column: Whose each row is: then a user is protected. The column itself is not made.
        rows_per_user: So many rows of a user count at most, drawn from theirs; 1 if not given. The
            noise grows by as much.
        seed: The noise can be repeated, for experiments; without it, it is that of the operating
            system's cryptographic generator: for what is released.
        overwrite: Take the place of a file that is there; else nothing is spent and it is refused.
    """
    if out.exists() and not overwrite:
        raise InputError(f"{out} is there and is not overwritten", hint="--overwrite")
    from .deltas import warn_of_delta
    from .file_names import note_file
    from .naming import find_sha256, read_table
    from .statistics import split_commas
    from .synthesising import synthesise_table

    warn_of_delta(delta)
    check_rows_per_user(user_column, rows_per_user)
    found, said = read_table(
        dataset, domain=domain, public_domain=public_domain, columns=split_commas(columns or []),
        user_column=user_column,
    )  # fmt: skip
    sha256 = find_sha256(dataset)
    made = synthesise_table(
        found, said, dataset_sha256=sha256, out=out, epsilon=epsilon, delta=delta,
        count=rows, user_column=user_column, rows_per_user=rows_per_user or 1, seed=seed,
    )  # fmt: skip
    note_file(dataset, sha256)
    return made
