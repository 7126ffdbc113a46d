"""How much memory a process and all that it started hold together."""

from __future__ import annotations

import contextlib


def used_bytes(pid: int, *, above: int) -> int:
    """Resident bytes of a process and its descendants.

    Pages that several of them share count once, as far as that can be told; the kernel takes long
    to say, so it is asked only where the plain sum is more than ``above``.
    """
    import psutil

    family: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        top = psutil.Process(pid)
        family = [top, *top.children(recursive=True)]
    plain = [_resident(process) for process in family]
    if sum(plain) <= above:
        return sum(plain)
    return sum(
        _proportional(process, resident) for process, resident in zip(family, plain, strict=True)
    )


def _resident(process: object) -> int:
    import psutil

    try:
        return int(process.memory_info().rss)  # type: ignore[attr-defined]
    except psutil.Error:  # it ended in this moment
        return 0


def _proportional(process: object, resident: int) -> int:
    import psutil

    try:
        found = process.memory_full_info()  # type: ignore[attr-defined]
    except (psutil.Error, OSError):
        return resident
    return int(getattr(found, "pss", 0) or resident)
