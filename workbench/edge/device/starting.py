"""Starting a version: its time, its memory, its files, its model, in this order."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from . import state
from .assembling import check_folder
from .faults import Fault
from .limits import Hints, choose_threads, keep_memory, read_hints
from .manifest import Manifest
from .policy import NAME as POLICY
from .policy import Policy, read_policy
from .trust import Here, check_machine, clock_fault, look_around

if TYPE_CHECKING:
    from .engine import Engine


@dataclass(frozen=True)
class Started:
    """A version that is ready to answer. ``notes`` are to be told to whoever uses it."""

    folder: Path
    manifest: Manifest
    policy: Policy
    engine: Engine
    hints: Hints
    start_s: float
    notes: list[str] = field(default_factory=list)


def start(folder: Path, root: Path, *, begun_s: float | None = None) -> Started:
    """Start a version.

    Args:
        folder: Its folder, named by its digest.
        root: The device's folder.
        begun_s: When this process began, by ``time.monotonic``.

    Raises:
        Fault: ``clock``, ``expired`` (where the bundle says that it then refuses), ``platform``,
            ``integrity``, ``memory``, ``architecture`` or ``engine``.
    """
    begun_s = time.monotonic() if begun_s is None else begun_s
    manifest = state.manifest_of(root, folder.name)
    try:
        known_s = state.load(root).latest_s
    except Fault:  # it is being installed
        known_s = 0
    notes = may_start(manifest, look_around(manifest.runtime), known_s)
    hints = read_hints()
    if hints.advice:
        notes.append(f"{hints.advice}: answering with one thread")
    mapped = [part for kind in ("model", "adapter") for part in manifest.of_kind(kind)]
    keep_memory(manifest.memory_bytes, sum(part.size_bytes for part in mapped))
    check_folder(folder, manifest)
    policy = read_policy(folder / POLICY)
    from .engine import Engine

    engine = Engine(folder, manifest, policy, threads=choose_threads(policy.threads, hints))
    return Started(folder, manifest, policy, engine, hints, time.monotonic() - begun_s, notes)


def may_start(manifest: Manifest, here: Here, latest_s: int) -> list[str]:
    """See whether a version may start on a machine; what is to be told of its clock.

    Raises:
        Fault: ``platform``; ``clock`` or ``expired`` where the bundle says that it then refuses.
    """
    check_machine(manifest, here)
    wrong = clock_fault(manifest, here.now_s, latest_s)
    if wrong is not None and manifest.clock_when_wrong == "refuse":
        raise wrong
    return [wrong.message] if wrong is not None else []
