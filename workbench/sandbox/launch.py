"""Started as root alone: opens the way to what a program may read, gives root up, becomes bwrap.

An unprivileged user cannot pass through /root or another closed home to the Python that lies
there. So what is to be readable is bound into a folder of a mount namespace that belongs to this
process and its children, before root is given up; nothing of it is seen outside.

Runs by itself (``python -I -S launch.py``): the standard library alone, no package.
"""

# pathlib would be half of this process's start.
# ruff: noqa: PTH102, PTH112, PTH118, PTH123

from __future__ import annotations

import ctypes
import json
import os
import sys
from typing import Any

_CLONE_NEWNS = 0x00020000
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_MS_NOSUID, _MS_NODEV = 2, 4


def become_bwrap(spec: dict[str, Any]) -> None:
    """Bind, drop every right of root, and exec.

    Args:
        spec: ``folder`` to bind into, ``sources`` by name there, ``shown`` (the folder as which all
            of it is then reached), ``user`` to become, ``command``.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.unshare(_CLONE_NEWNS), "make a mount namespace")
    _check(libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None), "keep mounts to itself")
    folder = spec["folder"]
    flags, options = _MS_NOSUID | _MS_NODEV, b"mode=0755,size=1m"
    _check(libc.mount(b"tmpfs", folder.encode(), b"tmpfs", flags, options), "mount a folder")
    for name, source in spec["sources"].items():
        place = os.path.join(folder, name)
        if os.path.isdir(source):
            os.mkdir(place, 0o755)
        else:
            os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o444))
        bound = libc.mount(source.encode(), place.encode(), None, _MS_BIND | _MS_REC, None)
        _check(bound, f"make {source} readable")
    # The temporary folder may itself lie in a closed home; where this goes everybody may pass.
    shown = libc.mount(folder.encode(), spec["shown"].encode(), None, _MS_BIND | _MS_REC, None)
    _check(shown, f"show it as {spec['shown']}")
    user = spec["user"]
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    os.chdir("/")
    os.execv(spec["command"][0], spec["command"])


def _check(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"cannot {what}: {os.strerror(error)}")


if __name__ == "__main__":
    try:
        with open(int(sys.argv[1]), encoding="utf-8") as file:
            given = json.load(file)
        become_bwrap(given)
    except OSError as fault:
        sys.exit(f"workbench sandbox: {fault}")
