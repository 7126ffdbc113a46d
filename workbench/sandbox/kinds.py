"""Which isolation this machine gives. Where a sandbox is asked for there is one, or an error."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.core.errors import CapabilityError, DependencyError
from workbench.core.viewers import Viewable

from .outcome import Kind

Need = Literal["sandbox", "limits"]
_APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")

# What each kind promises. A test per name shows that it holds, and that without us it does not.
LIMITED = ("cpu", "wall", "memory", "file-size", "open-files", "output", "environment")
SANDBOXED = ("files", "other-processes", "namespaces", "keyrings", "processes", "disk")


@dataclass(frozen=True)
class Isolation(Viewable):
    """What can be had here. ``ok`` is whether there is a sandbox; ``missing`` says why not."""

    ok: bool
    kind: str
    enforced: tuple[str, ...]
    missing: str = ""
    hint: str = ""


def check_sandbox() -> str:
    """The path of bwrap.

    Raises:
        CapabilityError: No sandbox is to be had here. Nothing weaker takes its place.
    """
    if sys.platform == "darwin":
        raise CapabilityError(
            "there is no sandbox for macOS yet (sandbox-exec is to come), and without one this "
            "code is not run",
            hint="run it on Linux with bubblewrap, or in a Linux container",
        )
    found = shutil.which("bwrap")
    if sys.platform != "linux" or found is None:
        raise CapabilityError(
            "there is no sandbox: bubblewrap (bwrap) is not installed, and without one this code "
            "is not run",
            hint="apt install bubblewrap",
        )
    from .filters import filter_bytes

    try:
        filter_bytes()
    except DependencyError as error:
        raise CapabilityError(
            f"there is no sandbox: {error.message}, and without one this code is not run",
            hint=error.hint,
        ) from None
    return found


def enforced(kind: Kind, *, network: bool) -> tuple[str, ...]:
    """The restrictions that hold for a program that is run so."""
    if kind == "bubblewrap":
        return (*LIMITED, *SANDBOXED, *(() if network else ("network",)))
    # The kernel counts no processes of root's.
    return (*LIMITED, *(() if os.geteuid() == 0 else ("processes",)))


def refused(said: str) -> CapabilityError:
    """The error for a sandbox that the system did not let us make; ``said`` are its own words."""
    hint = "allow unprivileged user namespaces: sysctl user.max_user_namespaces"
    if _APPARMOR.is_file() and _APPARMOR.read_text().strip() == "1":
        hint = "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
    if "disable-userns" in said:
        hint = "install bubblewrap 0.8 or newer"
    return CapabilityError(
        f"the sandbox could not be made, so nothing was run: {said.strip() or 'no reason given'}",
        hint=hint,
    )


def describe() -> Isolation:
    """Look which isolation there is, by making a sandbox and running nothing of note in it."""
    from .programs import Code
    from .running import run_isolated

    try:
        outcome = run_isolated(Code("pass"), need="sandbox")
    except CapabilityError as error:
        left = enforced("limits", network=False)
        return Isolation(False, "limits", left, error.message, error.hint or "")
    return Isolation(True, outcome.kind, outcome.enforced)
