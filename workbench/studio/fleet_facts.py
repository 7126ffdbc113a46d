"""What the fleet page knows: the devices, the roll-outs, and the records that came and wait.

``look`` reads the store and is called in a thread; drawing asks nobody. In a home where nothing was
ever done nothing is made to learn that.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.core.errors import WorkbenchError
from workbench.studio.notebook_results import database_files, database_stamp

if TYPE_CHECKING:
    from workbench.edge.fleet.devices import FleetDevice
    from workbench.edge.fleet.rollout_records import Rollout
    from workbench.edge.syncing.counting import KindCount


@dataclass
class FleetState:
    """What was found; ``trouble`` is why it could not be read."""

    devices: tuple[FleetDevice, ...] = ()
    rollouts: tuple[Rollout, ...] = ()
    kinds: tuple[KindCount, ...] = ()
    missing: frozenset[str] = field(default_factory=frozenset)
    trouble: WorkbenchError | None = None

    @property
    def waiting(self) -> int:
        """Records that were on devices as these said their last word."""
        return sum(each.waiting for each in self.devices if not each.revoked)


class FleetFacts:
    """What was found at the last look (``now``). ``turn`` counts the looks that found more."""

    def __init__(self) -> None:
        self.turn, self.now = 0, FleetState()
        self._seen: Hashable = object()
        self._lock = threading.Lock()

    def look(self) -> None:
        """Read again, if the store changed since."""
        with self._lock:
            seen = database_stamp()
            if seen == self._seen:
                return
            self.now, self._seen = _read(), seen
            self.turn += 1

    def stamp(self) -> Hashable:
        """Changes when something else was found."""
        return self.turn


def _read() -> FleetState:
    from workbench.edge.fleet.devices import list_fleet
    from workbench.edge.fleet.rollout_records import list_rollouts
    from workbench.edge.syncing.counting import count_kinds

    if not database_files()[0].exists():
        return FleetState()
    try:
        rollouts = list_rollouts()
        gone = frozenset(each.line for each in rollouts if not each.folder.is_dir())
        return FleetState(list_fleet(), rollouts, count_kinds(), gone)
    except WorkbenchError as error:  # the page stands and says so
        return FleetState(trouble=error)
