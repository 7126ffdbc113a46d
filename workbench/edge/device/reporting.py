"""How a device is, in a few words that it also sends to the other side."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from . import state
from .faults import Fault
from .limits import read_hints
from .outbox import Outbox
from .trust import clock_fault, look_around


def status_of(root: Path) -> dict[str, Any]:
    """What is in use, whether it was found well, and how the machine is.

    Raises:
        Fault: ``not-found`` or ``integrity``: see ``state.load``.
    """
    known = state.load(root)
    manifest = state.manifest_of(root, known.current)
    here, hints = look_around(manifest.runtime), read_hints()
    wrong = clock_fault(manifest, here.now_s, known.latest_s)
    with Outbox(root) as outbox:
        waiting, refused = outbox.count()
    return {
        "device": known.device,
        "name": manifest.name,
        "line": known.line,
        "version": manifest.version,
        "digest": known.current,
        "healthy": known.trial is None,
        "highest": known.highest,
        "fell_back": known.fell_back,
        "refused": known.refused,
        "previous": known.previous,
        "time_s": round(here.now_s, 3),
        "clock": wrong.message if wrong is not None else "",
        "temperature_c": hints.temperature_c,
        "battery_percent": hints.battery_percent,
        "untold": hints.untold,
        "records_waiting": waiting,
        "records_refused": refused,
    }


def try_to_note_status(root: Path) -> None:
    """``note_status`` behind a deed that stands by itself: a full disk does not undo its word."""
    with contextlib.suppress(Fault):
        note_status(root)


def note_status(root: Path) -> None:
    """Write down how this device is, to go with its other records."""
    said = json.dumps(status_of(root), sort_keys=True).encode()
    with Outbox(root) as outbox:
        outbox.put("status", said)
