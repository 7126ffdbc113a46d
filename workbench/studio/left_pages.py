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
from tornado.ioloop import PeriodicCallback

log = logging.getLogger(__name__)

SWEEP_S = 30.0
# A page connects once it has loaded, which on a busy machine takes a minute. While the machine
# sleeps the clock stands still, so a page that sleeps with it is not taken for one that was left.
UNCONNECTED_S = 180.0
PREHEAT_VARIABLE = "VOILA_PREHEAT"  # Voila tells a kernel whether it is started ahead of a reader


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

    def watch_all(self) -> None:
        """Look after every page that Voila gives away from now on, and sweep every ``SWEEP_S``.

        A kernel of its pool that still waits for a reader is nobody's page, and is let be.
        """
        manager = self._server.kernel_manager
        give, start = manager.get_rendered_notebook, manager.start_kernel

        async def give_watched(*args: Any, **kwargs: Any) -> Any:
            given = await give(*args, **kwargs)
            self.watch(given[2])
            return given

        async def start_watched(*args: Any, **kwargs: Any) -> Any:
            kernel_id = await ensure_async(start(*args, **kwargs))
            if (kwargs.get("env") or {}).get(PREHEAT_VARIABLE) == "False":
                self.watch(kernel_id)
            return kernel_id

        manager.get_rendered_notebook, manager.start_kernel = give_watched, start_watched
        PeriodicCallback(self.sweep, SWEEP_S * 1000).start()

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
