"""Giving a version out step by step, and halting where devices do not come up with it.

What a roll-out is at stands in the store; what devices see is the signed statement in the folder.
Which devices are in a stage is drawn by their own names, so a stage holds the ones before it.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from workbench.core.errors import ConflictError, InputError
from workbench.edge.bundles.keys import Signer
from workbench.edge.device.channel import Channel
from workbench.edge.updates.publishing import (
    Offer,
    change_share,
    holding,
    offer,
    publishing,
    read_bundle,
    read_offer,
)
from workbench.evaluation.wilson import wilson_interval
from workbench.store.database import Database
from workbench.store.records import Records

from .devices import list_fleet
from .rollout_records import BACK, DONE, HALTED, RUNNING, Rollout, count, find, find_in, keep

_LOCK = ".rollout"


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
    line, records = read_bundle(bundle).manifest.line, Records(database)
    with holding(folder / _LOCK):
        prior = find(records, line)
        _check_free(prior, folder)
        before = read_offer(folder)
        made = offer(folder, bundle, share=stages[0], signer=signer)
        file, version, digest = _before(prior, before, made)
        rollout = Rollout(
            line=line,
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
            before_file=file,
            before_version=version,
            before_digest=digest,
        )
        return keep(records, count(rollout, list_fleet(database)))


def _before(prior: Rollout | None, before: Channel | None, made: Offer) -> tuple[str, int, str]:
    """What devices had before: what was offered; of one that is begun once more, as it was then."""
    if before is None:
        return "", 0, ""
    if prior is not None and before.digest == made.digest == prior.digest:
        return prior.before_file, prior.before_version, prior.before_digest
    if before.digest == made.digest:
        return "", 0, ""
    return before.file, before.version, before.digest


def _check_free(running: Rollout | None, folder: Path) -> None:
    """A line is given out in one folder at a time; one whose folder is gone is given up."""
    if running is None or running.state != RUNNING:
        return
    if running.folder == folder.resolve() or running.folder.is_dir():
        raise ConflictError(
            f"version {running.version} is being given out in {running.folder}",
            hint=f"workbench edge rollout look {running.folder}, or rollout halt",
        )


def look(
    folder: Path, *, signer: Signer | None = None, database: Database | None = None
) -> Rollout:
    """See how the devices of the present stage are, and go on, wait or halt.

    Raises:
        NotFoundError: None was begun there.
    """
    records = Records(database)
    find_in(records, folder)
    with holding(folder / _LOCK):
        with publishing(folder):  # what was cut off as it was written is ended
            pass
        rollout, fleet = find_in(records, folder), list_fleet(database)
        counted = count(rollout, fleet)
        if rollout.state != RUNNING:
            return keep(records, counted)
        if reason := _failing(counted):
            return _halt(records, counted, reason, signer)
        tried = counted.well + counted.failed
        known = any(each.line == rollout.line and not each.revoked for each in fleet)
        if not known or tried < rollout.least_well * (tried + counted.waiting):
            return keep(records, counted)
        if rollout.stage + 1 == len(rollout.stages):
            return keep(records, replace(counted, state=DONE))
        going_on = replace(counted, stage=rollout.stage + 1)
        # What devices see comes first: were the power to go in between, this is looked at again.
        change_share(folder, going_on.share, signer=signer)
        return keep(records, count(going_on, fleet))


def _failing(counted: Rollout) -> str:
    """Why it is to halt; empty if it is not."""
    tried = counted.well + counted.failed
    if not counted.failed:
        return ""
    low, _ = wilson_interval(counted.failed / tried, tried)
    if low <= counted.most_failing:
        return ""
    return f"{counted.failed} of {tried} devices that tried version {counted.version} failed"


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
        ConflictError: It goes back already.
    """
    records = Records(database)
    find_in(records, folder)
    with holding(folder / _LOCK):
        rollout = count(find_in(records, folder), list_fleet(database))
        if rollout.state == BACK:
            raise ConflictError(
                f"the devices of {folder} go back to version {rollout.before_version} already",
                hint=f"workbench edge rollout look {folder}",
            )
        return _halt(records, rollout, reason, signer)


def go_back(
    folder: Path,
    reason: str,
    *,
    bundle: Path | None = None,
    signer: Signer | None = None,
    database: Database | None = None,
) -> Rollout:
    """Have every device take the version before, those that are well with the new one, too.

    The signed statement says that it is meant: a device does not go back for an old one.

    Args:
        folder: What devices update from.
        reason: Why, for whoever looks later.
        bundle: What to go back to; by default what was offered before the roll-out.
        signer: As for ``start``.
        database: As for ``start``.

    Raises:
        NotFoundError: No roll-out was begun there, or the bundle before is not there any more.
        ConflictError: Nothing was offered before, or the bundle is none that the version came from.
    """
    records = Records(database)
    find_in(records, folder)
    with holding(folder / _LOCK):
        rollout = find_in(records, folder)
        if bundle is None and not rollout.before_file:
            raise ConflictError(
                f"nothing was offered in {folder} before version {rollout.version}",
                hint=f"name what to go back to: workbench edge rollout back {folder} --bundle FILE",
            )
        source = bundle or folder / rollout.before_file
        before = read_bundle(source)
        history = read_bundle(folder / rollout.file).manifest.history
        if before.digest not in history:
            raise ConflictError(
                f"{source.name} is no version that version {rollout.version} came from",
                hint="go back to one that devices had, or make a new version",
            )
        made = offer(folder, source, back=True, signer=signer)
        went = replace(
            rollout,
            state=BACK,
            reason=reason,
            before_file=made.file,
            before_version=made.version,
            before_digest=made.digest,
        )
        return keep(records, count(went, list_fleet(database)))


def _halt(records: Records, rollout: Rollout, reason: str, signer: Signer | None) -> Rollout:
    change_share(rollout.folder, 0.0, signer=signer)
    return keep(records, replace(rollout, state=HALTED, reason=reason))
