"""What a gate found: two models on the same questions, the checks, and the word of it all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from workbench.core.errors import InputError
from workbench.core.viewers import Viewable
from workbench.evaluation.checks import Check

Verdict = Literal["promote", "refuse", "underpowered"]


@dataclass(frozen=True)
class GateRules:
    """What is asked of a candidate.

    ``forgetting_budget`` is the share of general questions that may be lost; ``worthwhile_gain``
    the gain on the target that the gate must be able to see (a smaller one may be missed). Each
    bound holds with ``confidence``, on its own side.
    """

    forgetting_budget: float = 0.1
    worthwhile_gain: float = 0.1
    confidence: float = 0.95
    draws: int = 2000
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("forgetting_budget", "worthwhile_gain"):
            if not 0 < getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name):g}; it must lie between 0 and 1")
        if not 0.5 < self.confidence < 1:
            raise InputError(f"the confidence is {self.confidence:g}; it must lie in (0.5, 1)")


@dataclass(frozen=True)
class PairedShare(Viewable):
    """The share of right answers of two models on the same questions.

    ``change`` is the candidate's less the other's; above ``low``, and below ``high``, it lies with
    the rules' confidence each. ``method`` is ``bca`` or ``percentile`` (bootstrap over questions),
    or ``exact`` where all questions speak alike and resamples know no spread. ``p_value`` is the
    two-sided one of the exact test of signs, which is right for few questions, too; ``detectable``
    the change that as many questions of this kind would show four times out of five.
    """

    what: str
    against: str
    items: int
    candidate: float
    other: float
    change: float
    low: float
    high: float
    method: str
    p_value: float
    detectable: float


@dataclass(frozen=True)
class GateReport(Viewable):
    """The gate's word on a candidate.

    ``verdict`` is ``promote`` where the gain on the target is above zero, forgetting is within the
    budget and every check holds; ``underpowered`` where nothing speaks against it but the questions
    are too few to say; else ``refuse``. ``reasons`` say why, in words; ``items_needed`` how many
    questions would do, where that is the matter. ``sets`` are the sha256 of the questions;
    ``artifact`` that of this report as it was kept.
    """

    candidate: str
    champion: str
    verdict: Verdict
    reasons: tuple[str, ...]
    gain: PairedShare
    forgetting: tuple[PairedShare, ...]
    checks: tuple[Check, ...]
    tasks: tuple[PairedShare, ...] = ()
    items_needed: int | None = None
    rules: GateRules = field(default_factory=GateRules)
    sets: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    made_s: float = 0.0
    artifact: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the candidate may be promoted."""
        return self.verdict == "promote"
