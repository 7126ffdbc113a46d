"""What the methods of this part are tried on, written down before any of them was run.

Each set is named by its sha256: one that was edited afterwards is refused. What is expected of a
method, and which paper says so, stands beside the inputs in the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.core.frozen import read_frozen_file

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
    return FrozenInputs(
        name, read_frozen_file("workbench.interpretability.inside", name, _SHA256), _SHA256[name]
    )
