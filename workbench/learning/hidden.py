"""What hidden checks have: inputs that nobody could know before, and the real model."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from .catalogue import LabSpec

if TYPE_CHECKING:
    from workbench.models import Model


class Hidden:
    """For one grading. ``random`` is seeded anew for each; close it to unload the model.

    Args:
        spec: The lab.
        seed: Draws the inputs.
    """

    def __init__(self, spec: LabSpec, *, seed: int) -> None:
        self.random = random.Random(seed)
        self._spec = spec
        self._model: Model | None = None

    @property
    def model(self) -> Model:
        """The lab's first model, loaded here: what it says is what is right."""
        if self._model is None:
            from workbench.models import load

            self._model = load(self._spec.models[0], engine="llamacpp")
        return self._model

    def close(self) -> None:
        """Unload the model."""
        if self._model is not None:
            self._model.close()
            self._model = None
