"""The devices that are enrolled, each by the last word that it sent of itself."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.core.viewers import Viewable
from workbench.store.database import Database, open_database

STATUS = "status"  # the kind of record in which a device says how it is


@dataclass(frozen=True)
class FleetDevice(Viewable):
    """One device. What it said last stands in ``seen_s`` (its own clock) and after; empty before.

    ``contact_s`` is when anything of it was last taken in, by the clock here. ``runner`` is the
    name by which its turn in a roll-out is drawn. ``refused`` has the digests of versions that did
    not start there, with the reasons. ``waiting`` records were there as it said its last word, and
    ``set_aside`` ones that were not taken here.
    """

    name: str
    device: str
    revoked: bool
    records: int
    contact_s: float | None = None
    seen_s: float | None = None
    runner: str = ""
    line: str = ""
    bundle: str = ""
    version: int | None = None
    digest: str = ""
    healthy: bool = False
    refused: dict[str, str] = field(default_factory=dict)
    fell_back: tuple[str, ...] = ()
    clock: str = ""
    temperature_c: float | None = None
    battery_percent: int | None = None
    waiting: int = 0
    set_aside: int = 0

    @property
    def state(self) -> str:
        """In a word: ``well``, ``on trial``, ``fell back``, ``silent`` or ``revoked``."""
        if self.revoked:
            return "revoked"
        if self.seen_s is None:
            return "silent"
        if self.fell_back:
            return "fell back"
        return "well" if self.healthy else "on trial"


def list_fleet(database: Database | None = None) -> tuple[FleetDevice, ...]:
    """The enrolled devices by name."""
    rows = (database or open_database()).read(
        "SELECT name, d.device, revoked_s, "
        "(SELECT count(*) FROM edge_records r WHERE r.device = d.device) AS records, "
        "(SELECT max(taken_s) FROM edge_records r WHERE r.device = d.device) AS contact_s, "
        # A clock that was ahead must not keep its word the last one for ever.
        "(SELECT body FROM edge_records r WHERE r.device = d.device AND kind = ?1 "
        " ORDER BY min(put_s, taken_s) DESC, number DESC LIMIT 1) AS body "
        "FROM edge_devices d ORDER BY name",
        (STATUS,),
    )
    return tuple(_device(row) for row in rows)


def _device(row: Any) -> FleetDevice:
    known = FleetDevice(
        row["name"],
        row["device"],
        row["revoked_s"] is not None,
        int(row["records"]),
        row["contact_s"],
    )
    try:
        said = json.loads(row["body"])
        return replace(
            known,
            seen_s=_figure(said["time_s"]),
            runner=str(said["device"]),
            line=str(said["line"]),
            bundle=str(said["name"]),
            version=int(said["version"]),
            digest=str(said["digest"]),
            healthy=said["healthy"] is True,
            refused={str(digest): str(why) for digest, why in said["refused"].items()},
            fell_back=tuple(str(each) for each in said["fell_back"]),
            clock=str(said["clock"]),
            temperature_c=_figure(said["temperature_c"]),
            battery_percent=_whole(said["battery_percent"]),
            waiting=int(said["records_waiting"]),
            set_aside=int(said["records_refused"]),
        )
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError):
        return known  # it said nothing yet, or its runner is another


def _figure(value: Any) -> float | None:
    """A number that a device told; None where it told none. Raises ValueError for what is none."""
    if value is None:
        return None
    if not math.isfinite(figure := float(value)):
        raise ValueError(value)
    return figure


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
