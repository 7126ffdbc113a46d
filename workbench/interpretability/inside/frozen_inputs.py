"""What the methods of this part are tried on, written down before any of them was run.

Each set is named by its sha256: one that was edited afterwards is refused. What is expected of a
method, and which paper says so, stands beside the inputs in the file.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

from workbench.core.errors import IntegrityError, NotFoundError

_SHA256 = {
    # Sixteen pairs of prompts that differ in one token, the subject; where it should be found.
    "facts": "22d1c51edd865fb1947f6959f2e2c2c7fc5e6897af91f64d178ad8446986bcc0",
    # Forty animals and forty things in four sentences each, for probes.
    "nouns": "45af5256ae0a2b867d785fbbc5217fe5a63740596884036640c8d54d47be60d3",
    # Twenty pleased and twenty displeased sentences, and twelve prompts that are neither.
    "sentiment": "e122b4a66349391c7b717fb09c5ae9608f3f346ea218105c3078dd5a70fbdf4d",
}


@dataclass(frozen=True)
class FrozenInputs:
    """The content of one set, and the sha256 of the file that it stands in."""

    name: str
    content: dict[str, Any]
    sha256: str

    @property
    def expected(self) -> dict[str, Any]:
        """The bounds that were written down with it."""
        found: dict[str, Any] = self.content["expected"]
        return found


def read_inputs(name: str) -> FrozenInputs:
    """One set by name: ``facts``, ``nouns`` or ``sentiment``.

    Raises:
        NotFoundError: There is no such set.
        IntegrityError: Its file was changed after it was frozen.
    """
    if name not in _SHA256:
        raise NotFoundError.among("frozen set", name, _SHA256)
    file = resources.files("workbench.interpretability.inside").joinpath(f"frozen/{name}.json")
    text = file.read_bytes()
    found = hashlib.sha256(text).hexdigest()
    if found != _SHA256[name]:
        raise IntegrityError(
            f"frozen set {name!r} has sha256 {found}; it was frozen as {_SHA256[name]}",
            hint=f"git checkout workbench/interpretability/inside/frozen/{name}.json",
        )
    return FrozenInputs(name, json.loads(text), found)
