"""What a user can ask of updates: offer a version, take it on a device, see how a device is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import annotated_types as limits

from workbench.core.operations import operation
from workbench.core.progress import progress
from workbench.core.viewers import Viewable
from workbench.edge.bundles.faults import as_errors

from .publishing import Offer


@dataclass(frozen=True)
class EdgeUpdate(Viewable):
    """What an update did: ``updated``, ``same`` or ``waiting`` (it is not this device's turn).

    ``fetched_bytes`` is all that was read from the source; ``reused_bytes`` came from chunks that
    the device had, ``linked_bytes`` are files that it had whole.
    """

    outcome: str
    name: str
    version: int
    before: int
    total_bytes: int
    fetched_bytes: int
    reused_bytes: int
    linked_bytes: int
    note: str = ""


@dataclass(frozen=True)
class DeviceStatus(Viewable):
    """How a device's folder is: what is in use, what is behind it, what waits."""

    device: str
    name: str
    version: int
    digest: str
    healthy: bool
    highest: int
    fell_back: tuple[str, ...]
    records_waiting: int
    records_refused: int
    clock: str
    temperature_c: float | None
    battery_percent: int | None
    untold: str = ""


@operation("edge.offer", title="Offer a version to devices", produces="offer")
def offer(
    folder: Path,
    bundle: Path,
    *,
    share: Annotated[float, limits.Ge(0), limits.Le(1)] = 1.0,
    valid_days: Annotated[int, limits.Ge(1)] | None = None,
    back: bool = False,
) -> Offer:
    """Put a bundle into the folder that devices update from, as the one that counts.

    The statement is signed, numbered, and may run out. With a share under 1 it is a staged
    roll-out: so many of the devices take it, drawn by their own names.

    Args:
        folder: What devices update from; a file server may show it.
        bundle: The bundle.
        share: Of the devices, from 0 to 1.
        valid_days: After so many the statement runs out.
        back: Offer a version that is older than what is offered; devices go back to it.

    Raises:
        ConflictError: It is of another line, or does not follow what is offered.
        IntegrityError: The bundle is damaged.
    """
    from . import publishing

    return publishing.offer(folder, bundle, share=share, valid_days=valid_days, back=back)


@operation("edge.update", title="Bring a device to a version", produces="update")
def update(root: Path, place: str, *, allow_older: bool = False) -> EdgeUpdate:
    """Bring a device's folder to the version that a place has: changed chunks alone are fetched.

    It goes on where it was cut off. The new version is checked, put beside the old one, started
    once, and then swapped in by one write; if it does not start, nothing is replaced.

    Args:
        root: The device's folder.
        place: A bundle or a folder with an offer: a path or an address (a folder's ends with /).
        allow_older: Also take a version that is older, or did not start here before.

    Raises:
        ConflictError: Older, of two masters, past its time, or the clock is far off.
        CapabilityError: It is for another machine, or the runtime does not know its model.
        EngineError: It did not start. What was in use is in use.
        FetchError: The source broke off; what came is kept.
    """
    from workbench.edge.device import updating
    from workbench.edge.device.reporting import try_to_note_status

    with as_errors(), progress("Updating", unit="bytes") as task:
        try:
            done = updating.update(
                root.absolute(),
                place,
                allow_older=allow_older,
                looked=lambda done, total: task.update(done, total=total),
            )
        finally:  # that it was refused is told to the other side, too
            try_to_note_status(root.absolute())
    return EdgeUpdate(
        outcome=done.outcome,
        name=done.name,
        version=done.version,
        before=done.before,
        total_bytes=done.total_bytes,
        fetched_bytes=done.fetched_bytes,
        reused_bytes=done.reused_bytes,
        linked_bytes=done.linked_bytes,
        note=done.note,
    )


@operation("edge.status", title="See how a device is", produces="status")
def status(root: Path) -> DeviceStatus:
    """Tell which version a device's folder uses, whether it was found well, and what waits there.

    Args:
        root: The device's folder.

    Raises:
        NotFoundError: Nothing is installed there.
    """
    from workbench.edge.device.reporting import status_of

    with as_errors():
        told = status_of(root.absolute())
    return DeviceStatus(
        device=told["device"],
        name=told["name"],
        version=told["version"],
        digest=told["digest"],
        healthy=told["healthy"],
        highest=told["highest"],
        fell_back=tuple(told["fell_back"]),
        records_waiting=told["records_waiting"],
        records_refused=told["records_refused"],
        clock=told["clock"],
        temperature_c=told["temperature_c"],
        battery_percent=told["battery_percent"],
        untold=told["untold"],
    )
