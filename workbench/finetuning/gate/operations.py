"""What a user can ask of the gate: to try a candidate, and to promote one that has passed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import annotated_types as bounds

from workbench.core.operations import operation
from workbench.finetuning.gate.report import GateReport
from workbench.finetuning.versions.names import NameMove

_Share = Annotated[float, bounds.Gt(0), bounds.Lt(1)]


@operation("finetuning.gate", title="Hold a version against the champion", produces="gate-report")
def gate(
    name: str,
    *,
    target: Path,
    general: Path | None = None,
    check: list[str] | None = None,
    forgetting_budget: _Share = 0.1,
    worthwhile_gain: _Share = 0.1,
    seed: int | None = None,
) -> GateReport:
    """Say whether a version is better than the champion on its target, and what it has forgotten.

    It passes if the gain is above zero, forgetting is within the budget against the champion and
    the base, and every registered check holds. The report is kept, and speaks for a promotion.

    Args:
        name: The version, e.g. `base:adapter@3`.
        target: A JSONL file of questions on what it was to learn, none of them trained on.
        general: Such a file of what it must not forget; frozen general questions if none is given.
        check: Only these of the registered checks; may be given several times.
        forgetting_budget: The share of general questions that may be lost.
        worthwhile_gain: The gain that must not be missed: with too few questions to see it the
            verdict is `underpowered`.
        seed: Of the bootstrap; the setting `seed` if none is given.
    """
    from workbench.core import settings
    from workbench.finetuning.gate.questions import read_questions
    from workbench.finetuning.gate.report import GateRules
    from workbench.finetuning.gate.running import run_gate

    rules = GateRules(
        forgetting_budget,
        worthwhile_gain,
        seed=settings.get("seed") if seed is None else seed,
    )
    kept = None if general is None else read_questions(general)
    return run_gate(name, target, general=kept, checks=check, rules=rules)


@operation("finetuning.promote", title="Make a version the champion", produces="name-move")
def promote(name: str, *, reason: str = "", force: bool = False) -> NameMove:
    """Move the name `champion` to a version that passed the gate; a gateway follows at once.

    Args:
        name: The version, e.g. `base:adapter@3`.
        reason: Why, for the ledger; the gate's own words if none is given.
        force: Without the gate's word, or against it. Needs a reason.
    """
    from workbench.finetuning.gate.promoting import promote_passed

    return promote_passed(name, reason=reason, force=force)
