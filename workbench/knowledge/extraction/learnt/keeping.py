"""Trained networks in the home: a file each, named by what it was trained from and by its sha256.

A file has its name only when all of it is on the disk.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from workbench.core import settings
from workbench.core.errors import IntegrityError
from workbench.store.files import drafting

from .inputs import key_of, training_inputs

FOLDER = "relations"
_HINT = "workbench knowledge teach"


def network_folder() -> Path:
    """Where this home's networks lie; it need not be there."""
    return settings.home() / FOLDER


def find_network() -> Path | None:
    """The file of the network that this workbench would train, if it is in this home."""
    if not network_folder().is_dir():
        return None
    return next(iter(sorted(network_folder().glob(f"{_stem(key_of(training_inputs()))}-*"))), None)


def keep_network(content: bytes, key: str) -> Path:
    """Write a network's file, whole or not at all; returns where it is."""
    sha256 = hashlib.sha256(content).hexdigest()
    with drafting(network_folder(), _stem(key)) as draft:
        draft.file.write(content)
        path = network_folder() / f"{_stem(key)}-{sha256}.safetensors"
        draft.publish(path)
    return path


def read_network(path: Path) -> bytes:
    """The content of a network's file.

    Raises:
        IntegrityError: It is not what was written.
    """
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256_in(path):
        raise IntegrityError(
            f"the trained network {path} has sha256 {found}; {sha256_in(path)} was written",
            hint=f"{_HINT} trains it again",
        )
    return content


def sha256_in(path: Path) -> str:
    """The sha256 that a network's file was written with."""
    return path.stem.rpartition("-")[2]


def _stem(key: str) -> str:
    return f"network-{key[:16]}"
