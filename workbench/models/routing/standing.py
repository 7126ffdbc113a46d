"""What a name such as ``base:adapter@champion`` stands for at this moment: one version of it.

A gateway asks for every request, and follows a label that moves at once: what was read is kept only
as long as the store counts no move of a label, no new version and no change of a trial.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from workbench.core.errors import InputError
from workbench.models.adapters import KIND, parse_model_name
from workbench.models.routing.trials import NAMESPACE, Asker, Trial, find_trial
from workbench.store.database import Database, open_database
from workbench.store.versions import LATEST, Versions

_MOST_KEPT = 1000  # names are chosen by who asks
_STAMP = (
    "SELECT (SELECT max(id) FROM label_moves), (SELECT max(id) FROM versions), "
    f"(SELECT sum(revision) FROM records WHERE namespace = '{NAMESPACE}')"
)


@dataclass(frozen=True)
class Placed:
    """The version that answers. ``route`` and ``reason`` are set where lots were drawn."""

    model: str
    route: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class _Known:
    name: str
    number: int | None
    trial: Trial | None


class Standing:
    """Resolves the names of one store.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
    """

    def __init__(self, database: Database | None = None) -> None:
        self._versions = Versions(database or open_database())
        self._home = self._versions.database.path.parent
        self._known: dict[str, _Known] = {}
        self._stamp: tuple[object, ...] = ()

    def find(self, name: str, asker: Asker, *, now_s: float | None = None) -> Placed | None:
        """The version that answers for a name; None for what names no adapter that moves.

        Args:
            name: As in a request: with a label, or without a version for the latest.
            asker: Who asks, where lots are drawn.
            now_s: Unix time; now if None.
        """
        if not may_move(name):
            return None
        self._refresh()
        known = self._known.get(name)
        if known is None or not self._is_there(known):
            known = self._read(name)
        if known.number is None:
            return None
        trial = known.trial
        is_tried = trial is not None and trial.champion == known.number
        if trial is not None and is_tried and self._has_files(known.name, trial.candidate):
            drawn = trial.draw(asker, time.time() if now_s is None else now_s)
            return Placed(f"{known.name}@{drawn.version}", drawn.route, drawn.reason)
        return Placed(f"{known.name}@{known.number}")

    def _refresh(self) -> None:
        row = self._versions.database.read_one(_STAMP)
        stamp = tuple(row) if row is not None else ()
        if stamp != self._stamp or len(self._known) > _MOST_KEPT:
            self._known, self._stamp = {}, stamp

    def _read(self, name: str) -> _Known:
        said = parse_model_name(name)
        full = f"{said.base}:{said.adapter}"
        if said.version in (None, LATEST):
            numbers = [each.number for each in self._versions.list(KIND, full)]
            there = [number for number in numbers if self._has_files(full, number)]
            known = _Known(full, there[-1] if there else None, None)
        else:
            number = self._versions.labels(KIND, full).get(str(said.version))
            there_too = number is not None and self._has_files(full, number)
            trial = find_trial(full, str(said.version), self._versions.database)
            known = _Known(full, number if there_too else None, trial)
        self._known[name] = known
        return known

    def _is_there(self, known: _Known) -> bool:
        return known.number is not None and self._has_files(known.name, known.number)

    def _has_files(self, name: str, number: int) -> bool:
        base, _, adapter = name.partition(":")
        return os.path.isdir(f"{self._home}/adapters/{base}/{adapter}/{number}")  # noqa: PTH112


def may_move(name: str) -> bool:
    """Whether what a model's name stands for may change: it names an adapter, and no number."""
    if ":" not in name or "/" in name:
        return False
    try:
        said = parse_model_name(name)
    except InputError:
        return False
    return said.adapter is not None and not (said.version or "").isdecimal()
