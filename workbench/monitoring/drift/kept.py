"""The newest verdict of a comparison that is made again and again: for alerts, and a page."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.viewers import Viewable
from workbench.store.records import Records

if TYPE_CHECKING:
    from workbench.store.database import Database

    from .result import DriftReport

NAMESPACE = "drift-verdicts"
DRIFT_FRESH_S = 2 * 86_400.0


@dataclass(frozen=True)
class KeptDrift(Viewable):
    """How many of so many ``columns`` drifted, the largest index of one, and which these were.

    ``drifted`` counts the prediction, the truth and all columns together as well.
    """

    name: str
    time_s: float
    reference: str
    current: str
    columns: int
    drifted: int
    names: tuple[str, ...]
    psi: float | None


def keep_drift(name: str, report: DriftReport, *, database: Database | None = None) -> KeptDrift:
    """Keep a verdict under a name, in place of the one before.

    Raises:
        InputError: The name cannot stand in a rule.
    """
    if not (name.isidentifier() and name.isascii() and name == name.lower() and len(name) < 64):
        raise InputError(f"{name!r} is no name for a verdict", hint="small letters, digits and _")
    others: list[Any] = [report.prediction, report.together, report.concept]
    sizes = [column.psi for column in report.columns if column.psi is not None]
    kept = KeptDrift(
        name, time.time(), report.reference, report.current, len(report.columns),
        len(report.drifted) + sum(each is not None and each.drifted for each in others),
        report.drifted, max(sizes, default=None),
    )  # fmt: skip
    Records(database).put(NAMESPACE, name, document=asdict(kept))
    return kept


def kept_drift(name: str, *, database: Database | None = None) -> KeptDrift | None:
    """The verdict that is kept under a name."""
    found = Records(database).find(NAMESPACE, name)
    return None if found is None else _read(found.document)


def all_kept_drift(*, database: Database | None = None) -> tuple[KeptDrift, ...]:
    """All verdicts that are kept, by name."""
    return tuple(_read(each.document) for each in Records(database).list(NAMESPACE))


def _read(document: Any) -> KeptDrift:
    return KeptDrift(**{**document, "names": tuple(document["names"])})
