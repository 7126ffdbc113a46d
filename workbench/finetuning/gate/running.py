"""Putting a candidate through the gate: asked, compared, checked, kept."""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path

from workbench.core.errors import ConflictError
from workbench.evaluation.model_checks import require_checks, run_model_checks
from workbench.finetuning.gate.answering import answer_all, digest_model
from workbench.finetuning.gate.decision import by_task, compare_answers, decide
from workbench.finetuning.gate.evidence import keep_report
from workbench.finetuning.gate.questions import QuestionSet, read_general, read_questions
from workbench.finetuning.gate.report import GateReport, GateRules
from workbench.finetuning.versions.finding import AdapterVersion, find_version
from workbench.finetuning.versions.names import find_champion


def run_gate(
    name: str,
    target: Path | QuestionSet,
    *,
    general: QuestionSet | None = None,
    checks: Collection[str] | None = None,
    rules: GateRules | None = None,
) -> GateReport:
    """Hold a candidate against the champion, or against the base where there is none.

    Args:
        name: The candidate, as for ``find_version``.
        target: Questions on what it was to learn, none of them trained on.
        general: Questions that it must not unlearn; the frozen ones if None.
        checks: Which checks of ``workbench.checks``; all that are offered if None.
        rules: What is asked of it.

    Returns:
        The report, kept as an artifact.

    Raises:
        NotFoundError: There is no such version, file or check.
        ConflictError: It is the champion itself.
        InputError: A question has no form.
        WorkbenchError: A model could not be loaded or asked.
    """
    rules = rules or GateRules()
    found = find_version(name)
    base, champion = found.name.partition(":")[0], _find_other(found)
    require_checks(checks)  # before the minutes in which models are asked
    learnt = target if isinstance(target, QuestionSet) else read_questions(target)
    kept = general or read_general()
    asked = {
        model: answer_all(model, (learnt, kept)) for model in (base, champion, found.full_name)
    }
    mine, theirs = asked[found.full_name], asked[champion]
    gain = compare_answers(
        f"target ({learnt.name})", mine[0], theirs[0], against=champion, rules=rules
    )
    # Against the base, too: champions that each forget a little would in the end forget all.
    forgetting = [
        compare_answers(
            f"general ({kept.name})", mine[1], asked[other][1], against=other, rules=rules
        )
        for other in dict.fromkeys((champion, base))
    ]
    tasks = [question.task for question in learnt.questions]
    return keep_report(
        decide(
            found.full_name,
            champion,
            gain=gain,
            forgetting=forgetting,
            checks=run_model_checks(found.full_name, against=champion, names=checks),
            rules=rules,
            tasks=by_task(tasks, mine[0], theirs[0], against=champion, rules=rules),
            sets={"target": learnt.sha256, "general": kept.sha256},
            digests={
                "candidate": digest_model(found.full_name),
                "champion": digest_model(champion),
            },
            made_s=time.time(),
        )
    )


def _find_other(candidate: AdapterVersion) -> str:
    """The model that a version is held against; ConflictError where that is the version itself."""
    stands = find_champion(candidate.name)
    if stands is None:
        return candidate.name.partition(":")[0]
    if stands.number == candidate.number:
        raise ConflictError(
            f"{stands.full_name} is the champion: there is nothing else to hold it against",
            hint=f"name another version (workbench finetuning versions {candidate.name}); a "
            "champion is held against what comes after it",
        )
    return stands.full_name
