"""Trials: a share of those who ask for a label of an adapter gets another version, on trial.

A trial is a document of the store, so that whoever routes reads the same. It says which version
has the label and which one is tried; should the label have moved since, the trial is void.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, Literal

from workbench.core.errors import InputError
from workbench.store.database import Database
from workbench.store.records import Records

NAMESPACE = "models.trials"
CHAMPION, CANDIDATE = "champion", "candidate"
ROUTE = "canary"
DAY_S = 86_400.0
Sticky = Literal["request", "user", "key"]
STICKY: tuple[Sticky, ...] = ("request", "user", "key")
_LOTS = 2**64


@dataclass(frozen=True)
class Asker:
    """Who asks: what lots may be drawn for."""

    request_id: str
    user: str = ""
    key_id: str = ""


@dataclass(frozen=True)
class Trial:
    """One trial. ``name`` is ``base:adapter``; the versions are numbers of it.

    Lots are drawn for each request, or for each user or key and drawn anew after ``period_s``
    (0: never): so long the same one keeps the same version. ``identity`` salts the lots.
    """

    identity: str
    name: str
    label: str
    champion: int
    candidate: int
    share: float
    sticky: Sticky
    period_s: float
    started_s: float

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise InputError(
                f"a share of {self.share:g} cannot be tried; it must lie between 0 and 1",
                hint="--share 0.1",
            )
        if self.sticky not in STICKY:
            raise InputError(f"sticky is {self.sticky!r}; it is one of {', '.join(STICKY)}")
        if self.champion == self.candidate:
            raise InputError(f"{self.name}@{self.champion} cannot be tried against itself")
        if not self.period_s >= 0:
            raise InputError(f"a period of {self.period_s:g} s is not possible", hint="86400")

    @property
    def key(self) -> str:
        """What it is kept under: one trial a label."""
        return f"{self.name}@{self.label}"

    def draw(self, asker: Asker, now_s: float) -> Drawn:
        """The version for who asks now."""
        period = int(now_s // self.period_s) if self.period_s and self.sticky != "request" else 0
        subject = {"request": asker.request_id, "user": asker.user, "key": asker.key_id}
        unit = f"{subject[self.sticky]}/{period}"
        is_candidate = lot_of(self.identity, unit) < round(self.share * _LOTS)
        arm = CANDIDATE if is_candidate else CHAMPION
        return Drawn(
            self.candidate if is_candidate else self.champion,
            f"{ROUTE}:{self.identity}:{arm}:{period}:{self.share!r}",
            f"{self.share:.3g} of all {self.sticky}s try version {self.candidate} "
            f"in the place of {self.champion}",
        )


@dataclass(frozen=True)
class Drawn:
    """What was drawn. ``route`` stands in the usage log, by which outcomes find their arm."""

    version: int
    route: str
    reason: str


@dataclass(frozen=True)
class Lot:
    """What a usage row's route tells of a draw: the trial, the arm, the period, the share then."""

    identity: str
    arm: str
    period: int
    share: float


def lot_of(salt: str, unit: str) -> int:
    """A whole number under 2**64 that looks drawn at random, and is always the same for a unit."""
    digest = hashlib.sha256(f"{salt}\0{unit}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


def read_route(route: str | None) -> Lot | None:
    """The draw that a route speaks of, if it does: it may stand beside a rule's name."""
    for part in (route or "").split(", "):
        word, *rest = part.split(":")
        if word == ROUTE and len(rest) == 4:
            return Lot(rest[0], rest[1], int(rest[2]), float(rest[3]))
    return None


def find_trial(name: str, label: str, database: Database | None = None) -> Trial | None:
    """The trial that runs on a label, if one does."""
    found = Records(database).find(NAMESPACE, f"{name}@{label}")
    return None if found is None else of_document(found.document)


def list_trials(database: Database | None = None) -> tuple[Trial, ...]:
    """Every trial that runs, by name and label."""
    return tuple(of_document(each.document) for each in Records(database).list(NAMESPACE))


def put_trial(trial: Trial, database: Database, *, new: bool = False) -> None:
    """Write a trial; part of the transaction it stands in. ``new``: there must be none.

    Raises:
        ConflictError: There is one already.
    """
    expected = 0 if new else None
    records = Records(database)
    records.put(NAMESPACE, trial.key, document=asdict(trial), expected_revision=expected)


def remove_trial(trial: Trial, database: Database) -> bool:
    """Take a trial away; whether it was there."""
    return Records(database).delete(NAMESPACE, trial.key)


def of_document(document: Any) -> Trial:
    """A trial as the store keeps it."""
    return Trial(**document)
