"""Which version a device runs: the state file, falling back, and starting it.

This file is also copied beside the versions, as ``edge.py``, and is what starts one there. It
imports nothing of the package, so that a version whose runner is broken cannot keep the one before
it from starting. What it starts is looked at first: each file of the runner by its digest.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FORMAT = "workbench-device/1"
STATE, BUNDLES, LAUNCHER = "state.json", "bundles", "edge.py"
STARTS = 3  # that a new version has to be found well once
STARTING = ("ask", "chat", "serve")

Write = Callable[[Path, bytes], None]


def load_state(root: Path) -> dict[str, Any]:
    """The state of a device's folder. Raises ValueError if it is damaged, OSError if not there."""
    state = json.loads((root / STATE).read_text(encoding="utf-8"))
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ValueError(f"it is not of the form {FORMAT}")
    return state


def save_state(root: Path, state: dict[str, Any], write: Write) -> None:
    """Write the state, whole or not at all. This is the one deed by which versions change."""
    write(root / STATE, json.dumps(state, sort_keys=True, indent=1).encode())


@contextmanager
def changing(root: Path) -> Iterator[None]:
    """Hold the state alone for a moment: to read it, change it and write it."""
    handle = os.open(root / ".state-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_file(path: Path, data: bytes) -> None:
    """Write beside, bring to the disk, rename, and bring the name to the disk."""
    part = path.with_name(f".{path.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    handle = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def fall_back(state: dict[str, Any], reason: str) -> bool:
    """Go back to the version before and remember why; whether there is one."""
    bad = state["current"]
    state["refused"] = {**state["refused"], bad: reason}
    if not state["previous"]:
        return False
    state.update(current=state["previous"], previous="", trial=None, fell_back=[bad, reason])
    return True


def runner_fault(folder: Path) -> str:
    """What is wrong with the files that a version starts by; empty if nothing is.

    The folder's name is the digest of its manifest, and that names each file's.
    """
    try:
        manifest = (folder / "manifest.json").read_bytes()
        if hashlib.sha256(manifest).hexdigest() != folder.name:
            return "its manifest is damaged"
        for part in json.loads(manifest)["parts"]:
            if part["kind"] == "runner":
                found = hashlib.sha256((folder / part["name"]).read_bytes()).hexdigest()
                if found != part["sha256"]:
                    return f"{part['name']} is damaged"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"it cannot be read: {error}"
    return ""


def choose(root: Path, *, starting: bool, write: Write = write_file) -> tuple[Path, str]:
    """The folder of the version that is to run, and what is to be said of it.

    A version that is on trial and was started as often as it may, without ever being found well,
    makes way for the one before; so does one whose runner is damaged.

    Args:
        root: The device's folder.
        starting: Whether it is to answer, which counts as a start.
        write: What writes the state.

    Raises:
        OSError, ValueError: The state is not there or damaged; or no version can be started.
    """
    with changing(root):
        return _choose(root, starting, write)


def _choose(root: Path, starting: bool, write: Write) -> tuple[Path, str]:
    state, said = load_state(root), ""
    while True:
        folder = root / BUNDLES / str(state["current"])
        reason = runner_fault(folder)
        if not reason and state["trial"] is not None and starting and state["trial"] <= 0:
            reason = f"it was started {STARTS} times and never answered"
        if not reason:
            break
        if not fall_back(state, reason):
            raise ValueError(f"the version {folder.name[:12]} cannot be started: {reason}")
        said = f"fell back from {folder.name[:12]}: {reason}"
        save_state(root, state, write)
    if state["trial"] is not None and starting:
        state["trial"] -= 1
        save_state(root, state, write)
    return folder, said


def main() -> None:
    """Start the version that is to run, in place of this process."""
    root, arguments = Path(__file__).resolve().parent, sys.argv[1:]
    try:
        starting = any(word in STARTING for word in arguments[:1])
        folder, said = choose(root, starting=starting)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"error: {error}\nhint: python BUNDLE install --root {root}\n")
        raise SystemExit(2) from None
    if said:
        sys.stderr.write(f"note: {said}\n")
    # Isolated, and without writing compiled files: only what was looked at is imported.
    own = ["--root", str(root)] if arguments else ["--help"]
    command = [sys.executable, "-I", "-B", str(folder), *arguments[:1], *own, *arguments[1:]]
    os.execv(sys.executable, command)


if __name__ == "__main__":
    main()
