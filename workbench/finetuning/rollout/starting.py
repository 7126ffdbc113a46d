"""Starting and stopping a rollout: each one transaction, with its entry in the ledger."""

from __future__ import annotations

import dataclasses
import secrets
import time

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.finetuning.gate.evidence import find_report
from workbench.finetuning.rollout.rules import CanaryRules, put_rules
from workbench.finetuning.versions.finding import (
    CHALLENGER,
    CHAMPION,
    AdapterVersion,
    find_version,
)
from workbench.finetuning.versions.names import find_champion, tag_version
from workbench.identity import LOCAL
from workbench.models.adapters import KIND, expand_name
from workbench.models.routing.trials import (
    DAY_S,
    Sticky,
    Trial,
    find_trial,
    put_trial,
    remove_trial,
)
from workbench.store.ledger import Ledger
from workbench.store.versions import Versions

_ENDS = {
    "canary.won": "was won",
    "canary.rolled_back": "ended with the version sent back",
    "canary.given_up": "was given up",
    "canary.stopped": "was stopped",
}


def start_canary(
    name: str,
    *,
    share: float = 0.1,
    sticky: Sticky = "request",
    period_s: float = DAY_S,
    rules: CanaryRules | None = None,
    actor: str = LOCAL,
    reason: str = "",
    force: bool = False,
) -> Trial:
    """Let a share of the champion's requests try a version; it becomes the challenger.

    Args:
        name: The version, as for ``find_version``.
        share: In (0, 1).
        sticky: For what lots are drawn: each request, or each user or key.
        period_s: After which they are drawn anew for a user or key.
        rules: When it ends.
        actor: Who starts it.
        reason: Why.
        force: Also if the gate refused the version. Needs a reason.

    Raises:
        ConflictError: There is no champion, a trial runs already, or the gate refused the version.
        InputError: It is the champion, the share is not possible, or ``force`` without a reason.
        NotFoundError: There is no such version, or its files were removed.
    """
    if force and not reason.strip():
        raise InputError("a trial by force needs a reason", hint="--reason 'why'")
    if sticky != "request" and period_s <= 0:
        raise InputError("lots of users and keys are drawn anew: the period must be above 0")
    versions = Versions()
    database, found = versions.database, find_version(name, versions)
    with database.transaction():
        stands = _champion_for(found, versions)
        report = find_report(found.full_name, stands.full_name)
        was_refused = report is not None and report.verdict == "refuse"
        if report is not None and was_refused and not force:
            raise ConflictError(
                f"the gate refused {found.full_name}: {report.reasons[0]}",
                hint="try another version, or --force --reason 'why'",
            )
        trial = Trial(
            secrets.token_hex(6),
            found.name,
            CHAMPION,
            stands.number,
            found.number,
            share,
            sticky,
            period_s if sticky != "request" else 0.0,
            time.time(),
        )
        tag_version(found.full_name, CHALLENGER, actor=actor, reason=reason or "it is tried")
        put_trial(trial, database, new=True)
        put_rules(trial, rules or CanaryRules(), database)
        told = {"reason": reason, "gate": report.artifact if report else None}
        Ledger(database).append(
            "canary.started",
            found.name,
            actor=actor,
            data={**dataclasses.asdict(trial), **told, "against_the_gate": was_refused},
        )
    return trial


def _champion_for(found: AdapterVersion, versions: Versions) -> AdapterVersion:
    """The champion that a version may be tried against; a trial that has become void is removed."""
    stands = find_champion(found.name, versions)
    if stands is None:
        raise ConflictError(
            f"{found.name} has no champion to be tried against",
            hint=f"workbench finetuning promote {found.full_name}",
        )
    if stands.number == found.number:
        raise InputError(f"{found.full_name} is the champion", hint="try another version")
    running = find_trial(found.name, CHAMPION, versions.database)
    if running is not None:
        if running.champion == stands.number:
            raise ConflictError(
                f"{found.name}@{running.candidate} is being tried already",
                hint=f"workbench finetuning canary stop {found.name}",
            )
        remove_trial(running, versions.database)  # the champion was changed under it
    return stands


def change_share(name: str, share: float, *, actor: str = LOCAL, reason: str = "") -> Trial:
    """Give a trial that runs another share; who had the candidate keeps it where it grows.

    Raises:
        NotFoundError: No trial runs.
        InputError: The share is not possible.
    """
    database = Versions().database
    with database.transaction():
        trial = find_running(name)
        changed = dataclasses.replace(trial, share=share)
        put_trial(changed, database)
        Ledger(database).append(
            "canary.share_changed",
            trial.name,
            actor=actor,
            data={"identity": trial.identity, "from": trial.share, "to": share, "reason": reason},
        )
    return changed


def stop_canary(name: str, *, actor: str = LOCAL, reason: str) -> Trial:
    """End a trial by hand: everybody gets the champion from now on.

    Raises:
        NotFoundError: No trial runs.
    """
    return end_trial(find_running(name), action="canary.stopped", actor=actor, reason=reason)


def end_trial(
    trial: Trial, *, action: str, actor: str, reason: str, evidence: str | None = None
) -> Trial:
    """Take a trial away with the challenger's name, and say so in the ledger.

    Raises:
        ConflictError: Another one was begun meanwhile, or it was ended.
    """
    versions = Versions()
    with versions.database.transaction():
        require_same(trial, versions)
        remove_trial(trial, versions.database)
        if versions.labels(KIND, trial.name).get(CHALLENGER) == trial.candidate:
            versions.remove_label(KIND, trial.name, label=CHALLENGER, actor=actor, reason=action)
        Ledger(versions.database).append(
            action,
            trial.name,
            actor=actor,
            data={
                "identity": trial.identity,
                "champion": trial.champion,
                "candidate": trial.candidate,
                "reason": reason,
                "evidence": evidence,
            },
        )
    return trial


def find_running(name: str) -> Trial:
    """The trial that runs on an adapter's champion.

    Raises:
        NotFoundError: None does.
    """
    full = expand_name(name).partition("@")[0]
    trial = find_trial(full, CHAMPION, Versions().database)
    if trial is None:
        raise NotFoundError(
            f"no version of {full} is being tried{_tell_last(full)}",
            hint="workbench finetuning canary start NAME@VERSION",
        )
    return trial


def _tell_last(full: str) -> str:
    """How the last trial of an adapter ended, as the ledger has it; empty where there was none."""
    for entry in Ledger(Versions().database).entries(subject=full):
        if how := _ENDS.get(entry.action):
            said = entry.data.get("reason", "")
            return f"; the last trial {how} ({entry.time[:16]} UTC{f', {said}' if said else ''})"
    return ""


def require_same(trial: Trial, versions: Versions) -> None:
    """Raise ConflictError unless a trial is the one that runs."""
    running = find_trial(trial.name, trial.label, versions.database)
    if running is None or running.identity != trial.identity:
        raise ConflictError(
            f"the trial of {trial.name}@{trial.candidate} has ended already",
            hint=f"workbench store ledger --subject {trial.name}",
        )
