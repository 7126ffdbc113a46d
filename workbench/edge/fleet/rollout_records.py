"""What a roll-out is at, as the store keeps it, and how its devices are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from workbench.core.errors import NotFoundError
from workbench.core.viewers import Viewable
from workbench.edge.device.channel import ALL_PPM, place_of
from workbench.edge.updates.publishing import read_offer
from workbench.store.database import Database
from workbench.store.records import Records

from .devices import FleetDevice, list_fleet

NAMESPACE = "edge-rollouts"
RUNNING, DONE, HALTED, BACK = "running", "done", "halted", "going back"


@dataclass(frozen=True)
class Rollout(Viewable):
    """A roll-out: its stages as shares of the devices, and how the present one goes.

    ``well`` devices of the stage have the version and were found well; ``failed`` ones went back or
    refused it; ``waiting`` ones have said nothing of it yet. Of one that goes back, ``well`` ones
    have the version before. ``before_*`` is what was offered there before it, if anything was.
    """

    line: str
    folder: Path
    file: str
    version: int
    digest: str
    stages: tuple[float, ...]
    stage: int
    state: str
    least_well: float
    most_failing: float
    started_s: float
    well: int = 0
    failed: int = 0
    waiting: int = 0
    reason: str = ""
    before_file: str = ""
    before_version: int = 0
    before_digest: str = ""

    @property
    def share(self) -> float:
        """Of the devices, to which it is offered now."""
        return 0.0 if self.state in (HALTED, BACK) else self.stages[self.stage]


def list_rollouts(database: Database | None = None) -> tuple[Rollout, ...]:
    """The last roll-out of each line as devices tell of it now, the newest first.

    Looking changes nothing: none goes on or halts.
    """
    found = [_rollout_of(each.document) for each in Records(database).list(NAMESPACE)]
    fleet = list_fleet(database) if found else ()
    found.sort(key=lambda each: each.started_s, reverse=True)
    return tuple(count(each, fleet) for each in found)


def count(rollout: Rollout, fleet: Sequence[FleetDevice]) -> Rollout:
    """How many devices of the stage are well, failed, or have not said yet."""
    well = failed = waiting = 0
    goes_back = rollout.state == BACK
    digest = rollout.before_digest if goes_back else rollout.digest
    share_ppm = round(rollout.stages[rollout.stage] * ALL_PPM)
    for device in fleet:
        if device.revoked or device.line != rollout.line:
            continue
        if digest in device.refused or digest in device.fell_back[:1]:
            failed += 1
        elif device.digest == digest:
            well += device.healthy
            waiting += not device.healthy
        elif goes_back or place_of(device.runner, digest) < share_ppm:
            waiting += 1
    return replace(rollout, well=well, failed=failed, waiting=waiting)


def find_in(records: Records, folder: Path) -> Rollout:
    """The roll-out that was begun in a folder. Raises NotFoundError if none was."""
    said = read_offer(folder)
    found = find(records, said.line) if said is not None else None
    wanted = found and (found.before_digest if found.state == BACK else found.digest)
    if found is None or said is None or wanted != said.digest:
        raise NotFoundError(
            f"no roll-out was begun in {folder}", hint=f"workbench edge rollout start {folder} FILE"
        )
    return found


def find(records: Records, line: str) -> Rollout | None:
    """The last roll-out of a line of versions."""
    found = records.find(NAMESPACE, line)
    if found is None:
        return None
    return _rollout_of(found.document)


def _rollout_of(document: Any) -> Rollout:
    known = {each.name for each in fields(Rollout)}
    told = {name: value for name, value in dict(document).items() if name in known}
    return Rollout(**{**told, "folder": Path(told["folder"]), "stages": tuple(told["stages"])})


def keep(records: Records, rollout: Rollout) -> Rollout:
    """Write it down, in place of the one before."""
    plain = {**vars(rollout), "folder": str(rollout.folder), "stages": list(rollout.stages)}
    records.put(NAMESPACE, rollout.line, document=plain)
    return rollout
