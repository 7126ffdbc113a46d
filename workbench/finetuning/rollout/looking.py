"""Looking at a rollout, as often as one likes, and doing what follows."""

from __future__ import annotations

import dataclasses
import json
import time

from workbench.core.plain import to_plain
from workbench.evaluation.sequential import SequentialTest, follow_difference
from workbench.finetuning.gate.evidence import find_report
from workbench.finetuning.rollout.outcomes import (
    ArmCounts,
    UnitOutcome,
    count_arm,
    read_calls,
    recent_errors,
    units_of,
)
from workbench.finetuning.rollout.rules import CanaryRules, read_rules
from workbench.finetuning.rollout.starting import end_trial, find_running, require_same
from workbench.finetuning.rollout.state import CanaryState, Decision
from workbench.finetuning.versions.names import promote_version
from workbench.identity import LOCAL
from workbench.models.routing.trials import CANDIDATE, CHAMPION, Trial
from workbench.store.artifacts import Artifacts
from workbench.store.ledger import Ledger
from workbench.store.versions import Versions


def look_at_canary(
    name: str, *, act: bool = True, actor: str = LOCAL, now_s: float | None = None
) -> CanaryState:
    """See how a rollout stands; promote, send back or give up where that is due.

    Args:
        name: The adapter, as for ``expand_name``.
        act: Whether to do what follows, or only to say it.
        actor: Who looks, for the ledger.
        now_s: The Unix time of the look; now if None.

    Raises:
        NotFoundError: No trial runs.
        ConflictError: The trial was ended meanwhile, or the champion was moved.
    """
    trial = find_running(name)
    database = Versions().database
    rules = read_rules(trial, database)
    state = assess(trial, rules, now_s=time.time() if now_s is None else now_s)
    return carry_out(trial, state, actor=actor) if act and state.is_over else state


def assess(trial: Trial, rules: CanaryRules, *, now_s: float) -> CanaryState:
    """How a trial stands, and what is to be done; does nothing."""
    database = Versions().database
    calls = read_calls(trial, database)
    units = units_of(calls, trial, judged_within_s=rules.judged_within_s, now_s=now_s)
    difference = compare_units(units, rules)
    report = find_report(f"{trial.name}@{trial.candidate}", f"{trial.name}@{trial.champion}")
    passed = report is not None and report.ok
    mine, theirs = (recent_errors(calls, arm, rules.error_window) for arm in (CANDIDATE, CHAMPION))
    decision, reason = decide(
        difference,
        candidate_errors=mine,
        champion_errors=theirs,
        passed=passed,
        age_s=now_s - trial.started_s,
        rules=rules,
    )
    counts: list[ArmCounts] = [count_arm(calls, arm) for arm in (CHAMPION, CANDIDATE)]
    return CanaryState(
        trial.name,
        trial.identity,
        f"{trial.name}@{trial.champion}",
        f"{trial.name}@{trial.candidate}",
        trial.share,
        trial.sticky,
        trial.started_s,
        decision,
        reason,
        len(units),
        counts[0],
        counts[1],
        difference,
        report.artifact if report is not None else None,
    )


def compare_units(units: list[UnitOutcome], rules: CanaryRules) -> SequentialTest | None:
    """The test of the arms' difference; None without a unit."""
    if not units:
        return None
    return follow_difference(
        [each.outcome for each in units],
        [each.is_candidate for each in units],
        share=[each.share for each in units],
        low=-1.0,
        high=1.0,
        confidence=1 - rules.level,
    )


def decide(
    difference: SequentialTest | None,
    *,
    candidate_errors: tuple[int, int],
    champion_errors: tuple[int, int],
    passed: bool,
    age_s: float,
    rules: CanaryRules,
) -> tuple[Decision, str]:
    """What is to be done, and why. Harm comes before all else.

    Args:
        difference: The test so far.
        candidate_errors: Of its last requests, how many failed, and of how many.
        champion_errors: Likewise.
        passed: Whether the gate let the candidate through.
        age_s: How long the trial has run.
        rules: Its rules.
    """
    failed, of = candidate_errors
    usual = champion_errors[0] / champion_errors[1] if champion_errors[1] else 0.0
    if failed >= rules.least_errors and failed / of > max(rules.most_error_share, 2 * usual):
        return "rolled back", f"{failed} of its last {of} requests failed, {usual:.0%} elsewhere"
    if difference is not None and difference.is_below(rules.harm_level):
        return "rolled back", f"it is worse: {_said(difference, difference.p_below)}"
    if difference is not None and difference.is_above(rules.level):
        won = f"it is better: {_said(difference, difference.p_above)}"
        return ("promoted", won) if passed else ("waits for the gate", won)
    if age_s >= rules.most_s:
        return "given up", f"no difference was shown in {age_s / 86_400:.0f} days"
    if difference is None:
        return "go on", "nothing is known yet"
    return "go on", _said(difference, min(difference.p_above, difference.p_below))


def carry_out(trial: Trial, state: CanaryState, *, actor: str) -> CanaryState:
    """Do what a state says, with the state itself as evidence; whole or not at all.

    Raises:
        ConflictError: The trial was ended meanwhile, or the champion was moved.
    """
    content = json.dumps(to_plain(state), sort_keys=True, indent=1).encode()
    evidence = Artifacts().put_bytes(content).sha256
    versions = Versions()
    if state.decision == "promoted":
        with versions.database.transaction():
            require_same(trial, versions)
            promote_version(
                state.candidate,
                actor=actor,
                reason=state.reason,
                evidence=evidence,
                expected_champion=trial.champion,
            )
            Ledger(versions.database).append(
                "canary.won",
                trial.name,
                actor=actor,
                data={"identity": trial.identity, "evidence": evidence, "gate": state.gate},
            )
    else:
        action = "canary.rolled_back" if state.decision == "rolled back" else "canary.given_up"
        end_trial(trial, action=action, actor=actor, reason=state.reason, evidence=evidence)
    return dataclasses.replace(state, artifact=evidence)


def _said(found: SequentialTest, p: float) -> str:
    return (
        f"{found.estimate:+.3f} ({found.low:+.3f} to {found.high:+.3f}, {found.n} units, "
        f"always-valid p {p:.3g})"
    )
