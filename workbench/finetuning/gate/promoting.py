"""Promotion with evidence: only what the gate let through becomes champion."""

from __future__ import annotations

from workbench.core.errors import ConflictError, InputError
from workbench.finetuning.gate.evidence import find_report
from workbench.finetuning.gate.report import GateReport
from workbench.finetuning.versions.finding import find_version
from workbench.finetuning.versions.names import NameMove, find_champion, promote_version
from workbench.identity import LOCAL


def promote_passed(
    name: str, *, actor: str = LOCAL, reason: str = "", force: bool = False
) -> NameMove:
    """Make a version the champion if the gate let it through against the one that is it now.

    Args:
        name: The version, as for ``find_version``.
        actor: Who promotes it.
        reason: Why; the gate's words if empty.
        force: Promote without the gate's word, or against it.

    Raises:
        ConflictError: The gate was not asked about it, or did not let it through.
        InputError: ``force`` without a reason.
        NotFoundError: There is no such version, or its files were removed.
    """
    if force and not reason.strip():
        raise InputError("a promotion by force needs a reason", hint="--reason 'why'")
    found = find_version(name)
    stands = find_champion(found.name)
    number = 0 if stands is None else stands.number
    report = find_report(found.full_name, champion_name(found.name))
    if number != found.number and not force:
        require_passed(found.full_name, report, champion_name(found.name))
    return promote_version(
        found.full_name,
        actor=actor,
        reason=reason or (report.reasons[0] if report else "it is champion already"),
        evidence=report.artifact if report is not None else None,
        expected_champion=number,
    )


def champion_name(name: str) -> str:
    """The model that a candidate is held against: the champion of ``base:adapter``, or the base."""
    stands = find_champion(name)
    return name.partition(":")[0] if stands is None else stands.full_name


def require_passed(candidate: str, report: GateReport | None, champion: str) -> GateReport:
    """Raise ConflictError unless a report let the candidate through."""
    if report is None:
        raise ConflictError(
            f"the gate has not held {candidate} against {champion}",
            hint=f"workbench finetuning gate {candidate} --target FILE.jsonl; or promote it with "
            "--force --reason 'why'",
        )
    if not report.ok:
        raise ConflictError(
            f"the gate did not let {candidate} through ({report.verdict}): {report.reasons[0]}",
            hint="train another version; or promote it with --force --reason 'why'",
            artifact=report.artifact,
        )
    return report
