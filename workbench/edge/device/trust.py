"""Whether a bundle may be taken: who signed it, for what machine, in what time, after what."""

from __future__ import annotations

import platform
import sys
import time
from dataclasses import dataclass

from .archive import Head
from .faults import Fault
from .manifest import ANY, FORMAT, Manifest
from .signatures import check_signature
from .state import State

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_NEVER_BEFORE_S = 1_704_067_200  # 2024: no bundle is older, so no clock is right that says so


@dataclass(frozen=True)
class Here:
    """The machine that this is. ``runtimes`` has the version of each runtime that is installed."""

    system: str
    machine: str
    runtimes: dict[str, str]
    now_s: float


def look_around(runtime: str) -> Here:
    """What this machine is, and whether it has a runtime."""
    from importlib import metadata

    try:
        runtimes = {runtime: metadata.version(runtime)}
    except (metadata.PackageNotFoundError, ValueError):
        runtimes = {}
    machine = platform.machine().lower()
    return Here(sys.platform, _MACHINES.get(machine, machine), runtimes, time.time())


def check_machine(manifest: Manifest, here: Here) -> None:
    """Raise Fault ``platform`` unless the bundle is for this machine and its runtime is there."""
    for what, wanted, found in (
        ("processor", manifest.machine, here.machine),
        ("system", manifest.system, here.system),
    ):
        if wanted not in (ANY, found):
            raise Fault(
                "platform",
                f"{manifest.name} {manifest.version} is for the {what} {wanted}; this is {found}",
                hint=f"get the bundle for {found}",
            )
    version = here.runtimes.get(manifest.runtime)
    if version is None:
        raise Fault(
            "platform",
            f"{manifest.name} needs the runtime {manifest.runtime}, which is not installed",
            hint=f"pip install {manifest.runtime}",
        )
    if _numbers(version) < _numbers(manifest.runtime_least):
        raise Fault(
            "platform",
            f"{manifest.name} needs {manifest.runtime} {manifest.runtime_least} or newer; "
            f"{version} is installed",
            hint=f"pip install -U {manifest.runtime}",
        )


def clock_fault(manifest: Manifest, now_s: float, latest_s: int = 0) -> Fault | None:
    """What is wrong with the clock, or with the bundle's time by it; None if nothing is.

    A clock that is behind what is known to have passed is wrong. One that is ahead cannot be told
    from a bundle whose time is over: both are said.
    """
    known_s = max(manifest.made_s, latest_s, _NEVER_BEFORE_S)
    if now_s + manifest.clock_tolerance_s < known_s:
        return Fault(
            "clock",
            f"the clock here says {_date(now_s)}, and {_date(known_s)} has passed: it is "
            f"{_length(known_s - now_s)} behind",
            hint="set the clock",
        )
    if manifest.expires_s is not None and now_s > manifest.expires_s:
        return Fault(
            "expired",
            f"{manifest.name} {manifest.version} was good until {_date(manifest.expires_s)}; the "
            f"clock here says {_date(now_s)}, {_length(now_s - manifest.expires_s)} after",
            hint="update it; if that cannot be, see whether the clock is right",
        )
    return None


def check_new(
    head: Head, state: State, here: Here, *, allow_older: bool = False, back: bool = False
) -> None:
    """See whether a bundle may take the place of what a device has.

    Args:
        head: Its manifest and signature.
        state: What the device remembers.
        here: The machine.
        allow_older: Take one that is older than what was in use, or that did not start before.
        back: Take one that is older: a statement that may be believed asks for it.

    Raises:
        Fault: It may not; ``code`` says which of the reasons it is.
    """
    manifest = head.manifest
    check_signature(FORMAT, head.manifest_bytes, head.signature, state.keys)
    if manifest.line != state.line:
        raise Fault(
            "two-masters",
            f"{manifest.name} {manifest.version} is of the line {manifest.line[:12]}; this device "
            f"follows {state.line[:12]}",
            hint="install it in another folder, if it is meant to be another thing",
        )
    check_machine(manifest, here)
    wrong = clock_fault(manifest, here.now_s, state.latest_s)
    if wrong is not None:
        raise wrong
    _check_history(manifest, state)
    if head.digest in state.refused and not allow_older:
        raise Fault(
            "refused-before",
            f"version {manifest.version} was tried here: {state.refused[head.digest]}",
            hint="wait for the next version; or try it again: update BUNDLE --allow-older",
        )
    if manifest.version < state.highest and not allow_older and not back:
        raise Fault(
            "older",
            f"this is version {manifest.version}; version {state.highest} was in use here",
            hint="if it is meant to go back: update BUNDLE --allow-older",
        )


def _check_history(manifest: Manifest, state: State) -> None:
    """See that a version comes from all that were taken, or is one that they came from."""
    theirs = [*manifest.history, manifest.digest]
    for number, (known, said) in enumerate(zip(state.history, theirs, strict=False), 1):
        if known != said:
            which = "is" if number == manifest.version else "comes from"
            raise Fault(
                "two-masters",
                f"there are two versions {number}: {known[:12]} is known here, and this bundle, "
                f"version {manifest.version}, {which} {said[:12]}",
                hint="find out who else makes versions of this line; nothing was replaced",
            )


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with."""
    found = []
    for part in version.split("."):
        if not part.isdigit():
            break
        found.append(int(part))
    return tuple(found)


def _date(time_s: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(time_s))
    except (OverflowError, ValueError, OSError):
        return f"second {time_s:g}"


def _length(length_s: float) -> str:
    for unit, seconds in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if length_s >= 2 * seconds:
            return f"{length_s / seconds:.0f} {unit}"
    return f"{length_s:.0f} s"
