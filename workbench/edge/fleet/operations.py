"""What a user can ask of many devices: see them, give a version out, open a door for them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import annotated_types as limits

from workbench.core.operations import operation
from workbench.core.progress import progress

from .devices import FleetDevice
from .rollout_records import Rollout

log = logging.getLogger(__name__)

_TICK_S = 0.2
Share = Annotated[float, limits.Ge(0), limits.Le(1)]


@operation("edge.devices", title="List the devices", produces="devices")
def devices() -> tuple[FleetDevice, ...]:
    """The devices that are enrolled, each with its version and health as it last told them."""
    from .devices import list_fleet

    return list_fleet()


@operation("edge.rollout_start", title="Give a version out", produces="rollout", group="rollout")
def rollout_start(
    folder: Path,
    bundle: Path,
    *,
    stages: list[float] | None = None,
    least_well: Share = 0.8,
    most_failing: Share = 0.05,
) -> Rollout:
    """Offer a version to a first share of the devices.

    Args:
        folder: What devices update from.
        bundle: The version.
        stages: Shares of the devices, growing to 1; by default .05, .25 and 1.
        least_well: A stage is passed when so many of its devices have said that they are well.
        most_failing: It halts when more than this share fails, by the lower end of an interval.

    Raises:
        ConflictError: Another roll-out is under way there, or the version does not follow.
        InputError: The stages do not grow to 1.
    """
    from . import rollouts

    return rollouts.start(
        folder,
        bundle,
        stages=tuple(stages or (0.05, 0.25, 1.0)),
        least_well=least_well,
        most_failing=most_failing,
    )


@operation("edge.rollout_look", title="See to a roll-out", produces="rollout", group="rollout")
def rollout_look(folder: Path) -> Rollout:
    """See how the devices of the present stage are, and go on, wait or halt.

    Args:
        folder: What devices update from.

    Raises:
        NotFoundError: No roll-out was begun there.
    """
    from . import rollouts

    return rollouts.look(folder)


@operation("edge.rollout_halt", title="Halt a roll-out", produces="rollout", group="rollout")
def rollout_halt(folder: Path, *, reason: str = "halted by hand") -> Rollout:
    """Offer a version to nobody any more. Devices that have it and are well keep it.

    Args:
        folder: What devices update from.
        reason: Why, for whoever looks later.

    Raises:
        NotFoundError: No roll-out was begun there.
    """
    from . import rollouts

    return rollouts.halt(folder, reason)


@operation("edge.rollout_back", title="Go back", produces="rollout", group="rollout")
def rollout_back(
    folder: Path, *, bundle: Path | None = None, reason: str = "taken back by hand"
) -> Rollout:
    """Have every device take the version before, those that are well with the new one, too.

    The statement that says so is signed and numbered as any other: who merely shows devices an old
    one takes none of them back.

    Args:
        folder: What devices update from.
        bundle: What to go back to; by default what was offered before the roll-out.
        reason: Why, for whoever looks later.

    Raises:
        NotFoundError: No roll-out was begun there.
        ConflictError: Nothing was offered before; or the version did not come from that bundle.
    """
    from . import rollouts

    return rollouts.go_back(folder, reason, bundle=bundle)


@operation("edge.rollout_list", title="List roll-outs", produces="rollouts", group="rollout")
def rollout_list() -> tuple[Rollout, ...]:
    """The last roll-out of each line of versions, the newest first; looking changes nothing."""
    from .rollout_records import list_rollouts

    return list_rollouts()


@operation("edge.serve", title="Open a door for devices")
def serve(
    folder: Path,
    *,
    port: Annotated[int, limits.Ge(0), limits.Le(65535)] = 8470,
    watch: bool = False,
) -> None:
    """Show a folder's bundles to devices and take their records, on the loopback address, until
    it is stopped.

    Args:
        folder: What ``workbench edge offer`` fills.
        port: Where; 0 takes a free one.
        watch: See to the folder's roll-out as records come: it goes on, waits or halts by itself.

    Raises:
        NotFoundError: There is no such folder.
        ConflictError: Another program listens there.
    """
    import threading

    from workbench.core.cancellation import check_cancelled
    from workbench.core.errors import ConflictError, NotFoundError
    from workbench.edge.syncing.receiving import Desk
    from workbench.edge.updates.serving import FileDoor

    if not folder.is_dir():
        raise NotFoundError(f"there is no folder {folder}", hint="workbench edge offer FOLDER FILE")
    desk = Desk()
    came = threading.Event()

    def take(letter: bytes) -> bytes:
        receipt, told = desk.take(letter)
        if told.new:
            came.set()
        return receipt

    try:
        door = FileDoor(folder, port=port, take=take)
    except OSError as error:
        raise ConflictError(
            f"port {port} cannot be opened: {error.strerror}", hint="another --port, or 0"
        ) from None
    with door, progress(f"Open at {door.address}", unit="requests"):
        thread = threading.Thread(target=door.serve_forever, name="edge-door", daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                check_cancelled()
                thread.join(_TICK_S)
                if watch and came.is_set():
                    came.clear()
                    _see_to(folder)
        finally:
            door.shutdown()


def _see_to(folder: Path) -> None:
    """See to a folder's roll-out, if there is one; what is wrong with it closes no door."""
    from workbench.core.errors import NotFoundError, WorkbenchError

    from . import rollouts

    try:
        rollouts.look(folder)
    except NotFoundError:  # nothing is being given out there
        return
    except WorkbenchError as error:
        log.warning("the roll-out in %s could not be seen to: %s", folder, error.message)
