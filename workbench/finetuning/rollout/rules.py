"""The rules of a rollout, kept beside its trial: when it is won, lost, or given up."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from workbench.core.errors import InputError
from workbench.models.routing.trials import Trial
from workbench.store.database import Database
from workbench.store.records import Records

NAMESPACE = "finetuning.canaries"


@dataclass(frozen=True)
class CanaryRules:
    """When a rollout ends.

    ``level`` is the chance that a candidate that is no better is promoted, ``harm_level`` that one
    that is no worse is sent back: over all looks together. An answer may be judged for
    ``judged_within_s``, after which its outcome stands. Without waiting for that, a candidate goes
    back when at least ``least_errors`` and more than ``most_error_share`` of its last
    ``error_window`` requests ended in an error of the server, and twice as many as the champion's.
    After ``most_s`` without a winner the trial ends.
    """

    level: float = 0.05
    harm_level: float = 0.05
    judged_within_s: float = 3600.0
    most_s: float = 30 * 86_400.0
    error_window: int = 50
    least_errors: int = 5
    most_error_share: float = 0.2

    def __post_init__(self) -> None:
        for name in ("level", "harm_level", "most_error_share"):
            if not 0 < getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name):g}; it must lie between 0 and 1")
        if self.judged_within_s < 0 or self.most_s <= 0:
            raise InputError("judged_within_s must be at least 0, and most_s more")
        if not 1 <= self.least_errors <= self.error_window:
            raise InputError("least_errors must lie between 1 and error_window")


def put_rules(trial: Trial, rules: CanaryRules, database: Database) -> None:
    """Keep the rules of a trial; part of the transaction it stands in."""
    document = {"identity": trial.identity, **asdict(rules)}
    Records(database).put(NAMESPACE, trial.key, document=document)


def read_rules(trial: Trial, database: Database) -> CanaryRules:
    """The rules of a trial; the usual ones for a trial that was begun without."""
    found = Records(database).find(NAMESPACE, trial.key)
    if found is None or found.document["identity"] != trial.identity:
        return CanaryRules()
    return CanaryRules(**{k: v for k, v in found.document.items() if k != "identity"})
