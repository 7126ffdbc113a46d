"""Inputs that were written down before the code that is measured on them.

A room names its sets by their sha256, so that a figure can say what it was measured on, and a set
that was edited afterwards is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from .errors import IntegrityError, NotFoundError


def read_frozen_file(package: str, name: str, digests: Mapping[str, str]) -> Any:
    """The content of ``frozen/NAME.json`` in a package.

    Args:
        package: Whose folder ``frozen`` it stands in.
        name: Of the set.
        digests: The sha256 of each set's file, as it was frozen.

    Raises:
        NotFoundError: There is no such set.
        IntegrityError: Its file was changed after it was frozen.
    """
    return json.loads(_read(package, name, ".json", digests))


def read_frozen_lines(package: str, name: str, digests: Mapping[str, str]) -> list[Any]:
    """The rows of ``frozen/NAME.jsonl`` in a package; as ``read_frozen_file`` otherwise."""
    return [json.loads(line) for line in _read(package, name, ".jsonl", digests).splitlines()]


def _read(package: str, name: str, suffix: str, digests: Mapping[str, str]) -> bytes:
    if name not in digests:
        raise NotFoundError.among("frozen set", name, digests)
    path = f"frozen/{name}{suffix}"
    content = resources.files(package).joinpath(path).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != digests[name]:
        raise IntegrityError(
            f"frozen set {name!r} has sha256 {found}; it was frozen as {digests[name]}",
            hint=f"git checkout {package.replace('.', '/')}/{path}",
        )
    return content
