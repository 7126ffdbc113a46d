"""How private runs, budgets and private figures look in a terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.drawing import format_time, print_table
from workbench.privacy.dp.claims import describe_claim, describe_verdict
from workbench.privacy.dp.mechanisms import describe_mechanism

if TYPE_CHECKING:
    from workbench.privacy.auditing.accuracy_curve import AccuracyCurve
    from workbench.privacy.auditing.attribute_inference import AttributeInference
    from workbench.privacy.auditing.exposure import Exposure
    from workbench.privacy.auditing.membership import MembershipAttack
    from workbench.privacy.auditing.min_k import TextMembership
    from workbench.privacy.auditing.planted import CanaryFiles
    from workbench.privacy.dp.budget import BudgetState, Spend
    from workbench.privacy.dp.operations import RunCost
    from workbench.privacy.dp.statistics import PrivateFigure
    from workbench.privacy.dp.synthesising import Synthesis
    from workbench.privacy.dp.training import PrivateRun


def show_account(cost: RunCost) -> None:
    """What the steps cost, by both accounts."""
    rows = [["privacy loss distributions, which holds", number(cost.epsilon_pld)]]
    if cost.epsilon_rdp is not None:
        rows.append(["Rényi, looser", number(cost.epsilon_rdp)])
    print_table(["account", "epsilon"], [list(row) for row in rows])
    click.echo(
        f"{cost.steps} steps at rate {number(cost.sampling_rate)}, noise multiplier "
        f"{number(cost.noise_multiplier)}, delta {cost.delta:g}"
    )


def show_train(run: PrivateRun) -> None:
    """Accuracy, the claim, and what the canaries prove of it."""
    rows = [
        ["accuracy", f"{run.accuracy:.4f}", "on rows that were not learnt from"],
        ["claimed epsilon", number(run.epsilon_pld), f"at delta {run.delta:g}, of {_unit(run)}"],
        ["by Rényi", number(run.epsilon_rdp), "looser"],
    ]
    if run.audit is not None:
        said = f"{run.audit.right} of {run.audit.guesses} guesses about canaries were right"
        rows.append(["proven epsilon", number(run.audit.lower), said])
    else:
        rows.append(["proven epsilon", "not audited", ""])
    rows.append(["noise multiplier", number(run.noise_multiplier), f"{run.steps} steps"])
    print_table(["figure", "value", ""], [list(row) for row in rows])
    if run.audit is None and run.audit_note:
        click.echo(f"not audited: {run.audit_note}")
    if run.audit is not None and run.audit.flagged:
        click.echo("THE CLAIM IS REFUTED: more is proven than is claimed")
    click.echo(f"noise: {run.noise}", err=True)


def show_accuracy_by_epsilon(curve: AccuracyCurve) -> None:
    """A line an epsilon: accuracy with its interval, the noise, and what could be gained."""
    rows = [
        [
            number(each.epsilon),
            f"{each.accuracy:.3f} ({each.low:.3f} to {each.high:.3f})",
            number(each.noise_multiplier),
            f"at most {each.most_advantage:.3f}",
        ]
        for each in curve.points
    ]
    rows.append(["without", f"{curve.plain_accuracy:.3f}", "none", "not bounded"])
    print_table(["epsilon", "accuracy", "noise multiplier", "attacker's advantage"], rows)
    seeds = len(curve.points[0].accuracies)
    click.echo(
        f"{curve.dataset}, delta {curve.delta:g}, {seeds} seeds each, {curve.asked_rows} rows asked"
    )


def show_attack(attack: MembershipAttack) -> None:
    """How well members are told, and from what."""
    what = "without privacy" if attack.epsilon is None else f"epsilon {number(attack.epsilon)}"
    spread = f"{attack.low:.3f} to {attack.high:.3f}; 0 guesses, 1 knows"
    rows = [
        ["advantage", f"{attack.advantage:.3f}", spread],
        ["found", f"{attack.hits_at_1_percent:.3f}", "where 1 false alarm in 100 is let through"],
        ["accuracy", f"{attack.accuracy:.3f}", "of the models, on rows that none learnt from"],
    ]
    print_table([what, "value", ""], [list(row) for row in rows])


def show_attribute(found: AttributeInference) -> None:
    """How often a kept back value is guessed right, and what of that the model tells."""
    what = "without privacy" if found.epsilon is None else f"epsilon {number(found.epsilon)}"
    rows = [
        ["the commonest value", f"{found.majority:.3f}"],
        ["by other rows of the population", f"{found.population:.3f}"],
        ["with the model too", f"{found.with_model:.3f}"],
        ["the model adds for its own rows", f"{found.added:+.3f}"],
        ["for others", f"{found.added_others:+.3f}"],
    ]
    print_table([f"{found.column} guessed, {what}", "share"], [list(row) for row in rows])
    told = "ITS ROWS ARE TOLD" if found.low > 0 else "no more is told of its rows than of others"
    click.echo(f"{told}: {found.leak:+.3f} ({found.low:+.3f} to {found.high:+.3f})")


def show_canaries(made: CanaryFiles) -> None:
    """Where they are."""
    click.echo(f"{made.planted} to plant, {made.control} not: {made.canaries}")
    click.echo(f"rows to teach: {made.rows}")


def show_exposure(exposure: Exposure) -> None:
    """What is known of planted secrets, and what chance would give."""
    planted = sum(each.planted for each in exposure.canaries)
    control = len(exposure.canaries) - planted
    rows: list[list[Any]] = [
        ["planted", planted, f"{exposure.planted_bits:.2f}", exposure.first],
        ["not planted", control, number(exposure.control_bits), ""],
        ["chance", "", f"{exposure.chance_bits:.2f}", ""],
        ["most that can be shown", "", f"{exposure.most_bits:.2f}", ""],
    ]
    print_table(["secrets", "count", "exposure (bits)", "likeliest of all"], rows)
    said = "SECRETS WERE LEARNT" if exposure.learnt else "as by chance"
    click.echo(f"{exposure.model}: {said}, p {exposure.p_value:.2g}")


def show_membership(found: TextMembership) -> None:
    """A line a way."""
    rows = [
        [
            each.method, f"{each.auc:.3f}", f"{each.low:.3f} to {each.high:.3f}",
            f"{each.advantage:.3f}", number(each.hits_at_1_percent),
        ]
        for each in found.attacks
    ]  # fmt: skip
    print_table(["by", "AUC", "interval", "advantage", "found at 1% false alarms"], rows)
    said = "MEMBERS ARE TOLD" if found.told else "no better than guessing"
    click.echo(f"{found.model}, {found.members} members, {found.others} others: {said}")


def show_budget_set(state: BudgetState) -> None:
    """The budget as it is now, and whether anything may still be spent."""
    show_budget_show([state])
    if state.epsilon is not None and state.spent >= state.epsilon:
        said = f"{number(state.spent)} was spent before: nothing more may be learnt from these data"
        click.echo(said, err=True)


def show_budget_show(states: list[BudgetState]) -> None:
    """A line a data set."""
    if not states:
        click.echo("no budget was set and nothing spent; try: workbench privacy budget set")
        return
    rows = [
        [
            f"{each.dataset} {each.dataset_sha256[:12]}".strip(), each.unit, number(each.epsilon),
            number(each.spent), number(each.left), f"{each.delta:g}", each.spends, each.open_spends,
        ]
        for each in states
    ]  # fmt: skip
    names = ["data set", "unit", "epsilon", "spent", "left", "delta", "runs", "without an end"]
    print_table(names, rows)


def show_budget_spends(spends: list[Spend]) -> None:
    """A line a run, the oldest first."""
    if not spends:
        click.echo("nothing was spent of this data set")
        return
    rows = [
        [
            format_time(each.recorded_s),
            each.purpose, describe_mechanism(each.mechanism), each.unit,
            "no end" if each.ended_s is None else "ended",
        ]
        for each in spends
    ]  # fmt: skip
    print_table(["when", "purpose", "what", "unit", ""], rows)
    for at, each in enumerate(spends, start=1):
        told = [describe_claim(each.claim), describe_verdict(each.verdict)]
        if any(told):
            click.echo(f"run {at}: {'; '.join(filter(None, told))}")


def show_statistic(figures: list[PrivateFigure]) -> None:
    """A line a figure, with the interval that the noise leaves."""
    rows = [
        [each.name, number(each.value), number(each.low), number(each.high), number(each.epsilon)]
        for each in figures
    ]
    print_table(["figure", "value", "low", "high", "epsilon"], [list(row) for row in rows])
    if any(each.low is not None for each in figures):
        click.echo("low to high holds the figure without noise in 19 of 20 draws of the noise")
    else:
        click.echo("how far the noise moved it depends on the rows, so that no interval is told")


def show_synthesise(made: Synthesis) -> None:
    """What was made and what it cost."""
    click.echo(f"{made.rows:,} made rows of {len(made.columns)} columns: {made.path}")
    click.echo(f"epsilon {number(made.epsilon)} at delta {made.delta:g}, of {_unit(made)}")
    print_table(["pair whose marginal was measured", ""], [list(pair) for pair in made.pairs])
    click.echo(f"noise: {made.noise}", err=True)


def _unit(found: PrivateRun | Synthesis) -> str:
    """What an epsilon protects."""
    if found.unit == "example":
        return "a row"
    return f"a user (at most {found.rows_per_user} rows of each)"


def number(value: float | None) -> str:
    """A figure with four digits, a large one with all before the point; a dash for none."""
    if value is None:
        return "-"
    if math.isinf(value):
        return "without bound"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
