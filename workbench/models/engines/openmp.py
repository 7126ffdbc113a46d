"""How OpenMP's threads wait for each other, which must be said before torch is loaded."""

from __future__ import annotations

import logging
import os
import sys

log = logging.getLogger(__name__)

# Threads that spin at a barrier take the core from whoever they wait for. On two busy cores two
# threads gave 3.9 tokens a CPU-second, and 13.2 with these; llama.cpp's process sets them too.
WAIT_POLICY = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}


def wait_quietly() -> bool:
    """Have OpenMP's threads sleep while they wait, unless the user has said otherwise.

    The libraries read the environment once, as they are loaded: afterwards nothing can be done.

    Returns:
        Whether it could still be said.
    """
    if "torch" in sys.modules:
        log.info(
            "torch was loaded before: its threads wait as %s", os.environ.get("OMP_WAIT_POLICY")
        )
        return False
    for name, value in WAIT_POLICY.items():
        os.environ.setdefault(name, value)
    return True
