"""How versions of adapters, gates and trials look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_time, print_table

if TYPE_CHECKING:
    from workbench.finetuning.gate.report import GateReport
    from workbench.finetuning.rollout.state import CanaryState
    from workbench.finetuning.versions.diff import VersionDiff
    from workbench.finetuning.versions.lineage import Lineage
    from workbench.finetuning.versions.names import NameMove
    from workbench.finetuning.versions.operations import VersionRow
    from workbench.models.routing.trials import Trial


def show_versions(rows: list[VersionRow]) -> None:
    """A line a version."""
    cells = [
        [
            row.name,
            ", ".join(row.labels),
            row.verdict,
            format_time(row.created_s),
            row.rank,
            row.seed,
            row.digest[:12],
            ", ".join(row.parents),
            "" if row.is_here else "files removed",
        ]
        for row in rows
    ]
    if not cells:
        click.echo("there is no adapter yet; workbench finetuning run", err=True)
        return
    names = ["version", "names", "gate", "made", "rank", "seed", "digest", "made from", ""]
    print_table(names, cells)


def show_promote(move: NameMove) -> None:
    """What the name stands for now, and what it stood for before."""
    click.echo(f"{move.name}@{move.label} {_moved(move, 'now')}")
    click.echo(f"[{move.reason}]", err=True)
    _tell_passed_over(move)


show_tag = show_promote


def show_rollback(move: NameMove) -> None:
    """Which version answers again, and which does no more; it is kept."""
    click.echo(f"{move.name}@{move.label} {_moved(move, 'again')}")
    click.echo(f"[{move.reason}; @{move.before} is kept]", err=True)
    _tell_passed_over(move)


def _moved(move: NameMove, how: str) -> str:
    if not move.is_new:
        return f"is @{move.after}, as it was"
    before = "there was none before" if move.before is None else f"it was @{move.before}"
    return f"is {how} @{move.after} ({before})"


def _tell_passed_over(move: NameMove) -> None:
    for number in move.passed_over:
        click.echo(f"passed over: {move.name}@{number}, its files were removed", err=True)


def show_diff(diff: VersionDiff) -> None:
    """What differs, then the weights by layer."""
    click.echo(f"{diff.after} less {diff.before}")
    changed = [
        *(["recipe", each.what, each.before, each.after] for each in diff.recipe),
        *(["data", each.what, each.before, each.after] for each in diff.data),
        *(["figure", each.what, each.before, each.after] for each in diff.figures),
    ]
    if changed:
        print_table(["", "what", "before", "after"], changed)
    if diff.whole is not None:
        click.echo()
        cells = [
            [
                each.layer,
                f"{each.norm_before:.4g}",
                f"{each.norm_after:.4g}",
                f"{each.norm_change:.4g}",
                "" if each.cosine is None else f"{each.cosine:.3f}",
            ]
            for each in (*diff.layers, diff.whole)
        ]
        print_table(["layer", "norm before", "after", "of the change", "cosine"], cells)
    if diff.same_weights:
        click.echo("the weights are the same")
    if diff.note:
        click.echo(f"note: {diff.note}", err=True)


def show_lineage(lineage: Lineage) -> None:
    """Each version under its generation, with its parents."""
    parents: dict[str, list[str]] = {}
    for parent, child in lineage.links:
        parents.setdefault(child, []).append(parent)
    for each in lineage.versions:
        words = [*each.labels, *([] if each.is_here else ["files removed"])]
        of = f"  from {', '.join(parents[each.name])}" if each.name in parents else ""
        mark = "*" if each.name == lineage.of else " "
        told = f" ({', '.join(words)})" if words else ""
        click.echo(f"{mark} {'  ' * each.generation}{each.name}{told}{of}")
    for name in lineage.unknown:
        click.echo(f"not known here: {name}", err=True)


def show_gate(report: GateReport) -> None:
    """The verdict with its reasons, then each comparison and each check."""
    click.echo(f"{report.candidate} against {report.champion}: {report.verdict}")
    for reason in report.reasons:
        click.echo(f"  {reason}")
    click.echo()
    print_table(
        ["questions", "against", "n", "candidate", "other", "change", "interval"],
        [
            [
                each.what,
                each.against,
                each.items,
                f"{each.candidate:.3f}",
                f"{each.other:.3f}",
                f"{each.change:+.3f}",
                f"{each.low:+.3f} to {each.high:+.3f}",
            ]
            for each in (report.gain, *report.tasks, *report.forgetting)
        ],
    )
    click.echo()
    for check in report.checks:
        click.echo(str(check))
    click.echo(f"evidence: artifact {report.artifact}", err=True)


def show_canary_look(state: CanaryState) -> None:
    """How the trial stands."""
    click.echo(f"{state.candidate} against {state.champion}: {state.decision}")
    click.echo(f"  {state.reason}")
    click.echo()
    arms = ((state.champion, state.champion_arm), (state.candidate, state.candidate_arm))
    print_table(
        ["version", "requests", "judged", "mean score", "errors"],
        [
            [
                name,
                arm.requests,
                arm.judged,
                "" if arm.mean_score is None else f"{arm.mean_score:+.3f}",
                arm.errors,
            ]
            for name, arm in arms
        ],
    )


show_canary_watch = show_canary_look


def show_canary_start(trial: Trial) -> None:
    """What is tried on whom."""
    click.echo(
        f"{trial.name}@{trial.candidate} is tried on {trial.share:.3g} of all {trial.sticky}s that "
        f"ask for {trial.key}"
    )


def show_canary_stop(trial: Trial) -> None:
    """What was ended."""
    click.echo(f"{trial.name}@{trial.candidate} is tried no more; {trial.key} is @{trial.champion}")


show_canary_share = show_canary_start


def show_canary_list(trials: list[Trial]) -> None:
    """A line a trial."""
    if not trials:
        click.echo("no version is being tried", err=True)
    for trial in trials:
        show_canary_start(trial)
