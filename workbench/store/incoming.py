"""An archive that a package manager brings into a staging folder: there whole, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from workbench.core.errors import FetchError, StorageError

from .child import ChildResult


def bring(
    uri: str,
    target: Path,
    *,
    tool: str,
    run: Callable[[Path], ChildResult],
    explain: Callable[[str, ChildResult], Exception],
) -> None:
    """Have a program fetch one archive, and give it its name; one that is there stays.

    The caller holds the lock of the folder, so what other runs left half done may be removed.

    Args:
        uri: What is fetched, for messages.
        target: The archive's name in the staging folder; the program's file has its ending.
        tool: The program's name, for messages.
        run: Runs it, given the folder into which it writes.
        explain: The error for a program that failed.

    Raises:
        FetchError: It brought something else; or as ``explain`` says.
        CancelledError: The run was cancelled; what was brought is removed.
    """
    if target.exists():
        return
    for leftover in target.parent.glob("incoming-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    incoming = target.parent / f"incoming-{os.getpid()}"
    incoming.mkdir(parents=True)
    try:
        result = run(incoming)
        if result.status != 0:
            raise explain(uri, result)
        brought = list(incoming.glob(f"*{target.suffix}"))
        if len(brought) != 1:
            raise FetchError(f"{uri}: {tool} brought {len(brought)} archives where 1 was expected")
        brought[0].replace(target)
    finally:
        shutil.rmtree(incoming, ignore_errors=True)


def no_space(uri: str) -> StorageError:
    """The disk is full."""
    return StorageError(
        f"no space left on the disk while fetching {uri}",
        hint="free some space, or set WORKBENCH_HOME to another disk",
    )


def unreachable(uri: str, tool: str) -> FetchError:
    """No registry answers."""
    return FetchError(
        f"{uri}: the package registry could not be reached",
        hint=f"check the network and {tool}'s settings ({tool} config list), then try again",
    )


def not_there(uri: str, tool: str, *, what: str) -> FetchError:
    """The registry has no such thing."""
    return FetchError(
        f"{uri}: the package registry has no such {what}",
        hint=f"check the name and version; {tool} config list shows which registry is asked",
    )
