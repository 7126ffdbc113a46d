"""What a LoRA or DoRA makes of each weight of its base (arXiv:2106.09685, arXiv:2402.09353)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import InputError
from workbench.models.formats.lora_peft import read_peft

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Change:
    """What becomes of one weight.

    ``down`` is ``[rank, in]``, ``up`` ``[out, rank]``, ``scale`` what their product is multiplied
    with; ``magnitude`` ``[out]`` is the length that DoRA gives each row, None for a plain LoRA.
    """

    down: np.ndarray
    up: np.ndarray
    scale: float
    magnitude: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Of the weight that it fits: ``[out, in]``."""
        return self.up.shape[0], self.down.shape[1]

    def apply(self, weight: np.ndarray) -> np.ndarray:
        """The weight with the adapter in it, float32.

        LoRA: ``W + scale B A`` (equation 3). DoRA: the rows of that, each brought to the length
        that was learnt for it (equation 5).
        """
        import numpy as np

        merged: np.ndarray = weight.astype(np.float32) + self.scale * (self.up @ self.down)
        if self.magnitude is not None:
            lengths = np.linalg.norm(merged, axis=1)
            merged *= (self.magnitude / lengths)[:, None]
        return merged.astype(np.float32, copy=False)


def read_changes(adapter: Path) -> Iterator[tuple[str, Change]]:
    """The name of each weight that an adapter changes, and what becomes of it.

    Args:
        adapter: A folder as PEFT saves it.

    Yields:
        A name such as ``model.layers.0.self_attn.q_proj.weight`` and its change.

    Raises:
        CapabilityError: It is neither LoRA nor DoRA on linear maps.
        InputError: A matrix is missing.
    """
    read = read_peft(adapter)
    for stem, pair in read.pairs.items():
        if read.is_dora and pair.magnitude is None:
            raise InputError(
                f"the adapter has no magnitudes for {stem}, which DoRA needs", hint="fetch it again"
            )
        yield f"{stem}.weight", Change(pair.down, pair.up, read.scale, pair.magnitude)
