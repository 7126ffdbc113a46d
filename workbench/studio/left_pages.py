"""Pages of Voila whose reader has gone without a word: their kernels are ended after a while.

A page tells the server that it is left, and its kernel ends. One that is left while it still loads
has not come so far: nothing would ever end its kernel. Jupyter can cull kernels that are idle and
that nobody is connected to, but it would cull the reader's own notebooks with them, and their data.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from jupyter_server.utils import ensure_async

log = logging.getLogger(__name__)

SWEEP_S = 30.0
# A page connects once it has loaded, which on a busy machine takes a minute. While the machine
# sleeps the clock stands still, so a page that sleeps with it is not taken for one that was left.
UNCONNECTED_S = 180.0


class LeftPages:
    """Ends kernels of pages that nobody has been connected to for ``UNCONNECTED_S``.

    Args:
        server: The Jupyter server.
        clock: Seconds that only go forwards.
    """

    def __init__(self, server: Any, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._server = server
        self._clock = clock
        self._connected_s: dict[str, float] = {}

    def watch(self, kernel_id: str) -> None:
        """Look after the kernel of a page that is given away now."""
        self._connected_s[kernel_id] = self._clock()

    async def sweep(self) -> None:
        """End what was left, and forget what has ended."""
        manager = self._server.kernel_manager
        for kernel_id, last_s in list(self._connected_s.items()):
            if kernel_id not in manager:
                del self._connected_s[kernel_id]
            elif manager.kernel_model(kernel_id)["connections"]:
                self._connected_s[kernel_id] = self._clock()
            elif self._clock() - last_s >= UNCONNECTED_S:
                del self._connected_s[kernel_id]
                log.info("the page of kernel %s was left: the kernel ends", kernel_id)
                await ensure_async(manager.shutdown_kernel(kernel_id))
