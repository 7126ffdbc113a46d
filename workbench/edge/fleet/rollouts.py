"""Giving a version out step by step, and halting where devices do not come up with it.

What a roll-out is at stands in the store; what devices see is the signed statement in the folder.
Which devices are in a stage is drawn by their own names, so a stage holds the ones before it.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.edge.bundles.keys import Signer
from workbench.edge.device.channel import ALL_PPM, place_of
from workbench.edge.updates.publishing import change_share, offer, read_offer
from workbench.evaluation.wilson import wilson_interval
from workbench.store.database import Database
from workbench.store.records import Records

from .devices import FleetDevice, list_fleet

NAMESPACE = "edge-rollouts"
RUNNING, DONE, HALTED = "running", "done", "halted"


@dataclass(frozen=True)
class Rollout(Viewable):
    """A roll-out: its stages as shares of the devices, and how the present one goes.

    ``well`` devices of the stage have the version and were found well; ``failed`` ones went back or
    refused it; ``waiting`` ones have said nothing of it yet.
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

    @property
    def share(self) -> float:
        """Of the devices, to which it is offered now."""
        return 0.0 if self.state == HALTED else self.stages[self.stage]


def start(
    folder: Path,
    bundle: Path,
    *,
    stages: Sequence[float] = (0.05, 0.25, 1.0),
    least_well: float = 0.8,
    most_failing: float = 0.05,
    signer: Signer | None = None,
    database: Database | None = None,
) -> Rollout:
    """Begin a roll-out: the bundle is offered to the devices of the first stage.

    Args:
        folder: What devices update from.
        bundle: The version.
        stages: Shares of the devices, growing, the last one 1.
        least_well: A stage is passed when so many of its devices have said that they are well.
        most_failing: It halts when more than this share fails, by the lower end of Wilson's
            interval: one of one, one of five, but not one of twenty.
        signer: What signs, by default the key of this home.
        database: The store, by default that of WORKBENCH_HOME.

    Raises:
        ConflictError: Another one is under way for this line; or see ``publishing.offer``.
        InputError: The stages do not grow to 1.
    """
    stages = tuple(stages)
    grows = all(0 < one < other for one, other in itertools.pairwise(stages))
    if not stages or not grows or stages[0] <= 0 or stages[-1] != 1:
        raise InputError(
            f"the stages are {', '.join(map(str, stages))}; they must grow to 1",
            hint="--stages 0.05 --stages 0.25 --stages 1",
        )
    records = Records(database)
    before = read_offer(folder)
    running = _find(records, before.line) if before else None
    if running is not None and running.state == RUNNING and running.folder == folder.resolve():
        raise ConflictError(
            f"version {running.version} is being given out there",
            hint=f"workbench edge rollout look {folder}, or rollout halt {folder}",
        )
    made = offer(folder, bundle, share=stages[0], signer=signer)
    said = read_offer(folder)
    assert said is not None
    rollout = Rollout(
        line=said.line,
        folder=folder.resolve(),
        file=made.file,
        version=made.version,
        digest=made.digest,
        stages=stages,
        stage=0,
        state=RUNNING,
        least_well=least_well,
        most_failing=most_failing,
        started_s=time.time(),
    )
    return _keep(records, rollout)


def look(
    folder: Path, *, signer: Signer | None = None, database: Database | None = None
) -> Rollout:
    """See how the devices of the present stage are, and go on, wait or halt.

    Raises:
        NotFoundError: None was begun there.
    """
    records = Records(database)
    rollout = _of_folder(records, folder)
    counted = _count(rollout, list_fleet(database))
    if rollout.state != RUNNING:
        return counted
    tried = counted.well + counted.failed
    if counted.failed:
        low, _ = wilson_interval(counted.failed / tried, tried)
        if low > rollout.most_failing:
            reason = (
                f"{counted.failed} of {tried} devices that tried version {rollout.version} failed"
            )
            return _halt(records, counted, reason, signer)
    if tried < rollout.least_well * (tried + counted.waiting):
        return _keep(records, counted)
    if rollout.stage + 1 == len(rollout.stages):
        return _keep(records, replace(counted, state=DONE))
    going_on = replace(counted, stage=rollout.stage + 1)
    # What devices see comes first: were the power to go in between, this is looked at again.
    change_share(folder, going_on.share, signer=signer)
    return _keep(records, _count(going_on, list_fleet(database)))


def halt(
    folder: Path,
    reason: str,
    *,
    signer: Signer | None = None,
    database: Database | None = None,
) -> Rollout:
    """Offer a version to nobody any more. Devices that have it and are well keep it.

    Raises:
        NotFoundError: None was begun there.
    """
    records = Records(database)
    rollout = _count(_of_folder(records, folder), list_fleet(database))
    return _halt(records, rollout, reason, signer)


def _halt(records: Records, rollout: Rollout, reason: str, signer: Signer | None) -> Rollout:
    change_share(rollout.folder, 0.0, signer=signer)
    return _keep(records, replace(rollout, state=HALTED, reason=reason))


def _count(rollout: Rollout, fleet: Sequence[FleetDevice]) -> Rollout:
    """How many devices of the stage are well, failed, or have not said yet."""
    well = failed = waiting = 0
    share_ppm = round(rollout.stages[rollout.stage] * ALL_PPM)
    for device in fleet:
        if device.revoked or device.line != rollout.line:
            continue
        if rollout.digest in device.refused or rollout.digest in device.fell_back[:1]:
            failed += 1
        elif device.digest == rollout.digest:
            well += device.healthy
            waiting += not device.healthy
        elif place_of(device.runner, rollout.digest) < share_ppm:
            waiting += 1
    return replace(rollout, well=well, failed=failed, waiting=waiting)


def _of_folder(records: Records, folder: Path) -> Rollout:
    said = read_offer(folder)
    found = _find(records, said.line) if said is not None else None
    if found is None or said is None or found.digest != said.digest:
        raise NotFoundError(
            f"no roll-out was begun in {folder}", hint=f"workbench edge rollout start {folder} FILE"
        )
    return found


def _find(records: Records, line: str) -> Rollout | None:
    found = records.find(NAMESPACE, line)
    if found is None:
        return None
    told: dict[str, Any] = dict(found.document)
    return Rollout(**{**told, "folder": Path(told["folder"]), "stages": tuple(told["stages"])})


def _keep(records: Records, rollout: Rollout) -> Rollout:
    plain = {**vars(rollout), "folder": str(rollout.folder), "stages": list(rollout.stages)}
    records.put(NAMESPACE, rollout.line, document=plain)
    return rollout
