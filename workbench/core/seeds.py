"""One seed for a run, and independent seeds derived from it by name."""

from __future__ import annotations

import hashlib
import random
import sys


def derive_seed(seed: int, *names: object) -> int:
    """A seed of its own for each named part, the same on every machine and run.

    Returns:
        A whole number in [0, 2**32), which every library here accepts.
    """
    text = "\x1f".join([str(int(seed)), *(str(name) for name in names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def seed_everything(seed: int) -> list[str]:
    """Seed each random generator of this process whose library is loaded.

    A library that is not loaded yet is left alone: importing torch to seed it costs seconds.

    Returns:
        The libraries that were seeded.
    """
    random.seed(seed)
    seeded = ["random"]
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed % 2**32)
        seeded.append("numpy")
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
        seeded.append("torch")
    if "mlx.core" in sys.modules:
        sys.modules["mlx.core"].random.seed(seed)
        seeded.append("mlx")
    return seeded
