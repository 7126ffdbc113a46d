"""Whether somebody looks at a page: only then is it worth asking anybody how things are.

The page's own script says so every ten seconds while it can be seen. A page that is hidden says
that at once; one that was closed, or that was rendered ahead of its reader, says nothing.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.core.optional import require

SILENT_S = 30.0  # three times as long as the script waits


class Presence:
    """Hears the script (``widget``), and lets the page wait until somebody looks.

    Args:
        clock: Seconds that only go forwards.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard_s: float | None = None
        self._waiting: asyncio.Event | None = None
        self.widget = _kind()()
        self.widget.observe(lambda change: self.hear(change["new"]), names="seen")

    @property
    def is_there(self) -> bool:
        """Whether the script said so a short while ago."""
        return self._heard_s is not None and self._clock() - self._heard_s <= SILENT_S

    def hear(self, seen: int) -> None:
        """What the script says: a moment, or 0 if the page is hidden now."""
        self._heard_s = self._clock() if seen else None
        if seen and self._waiting is not None:
            self._waiting.set()

    async def wait(self) -> None:
        """Return once somebody looks; at once if somebody does."""
        while not self.is_there:
            self._waiting = asyncio.Event()
            await self._waiting.wait()


@functools.cache
def _kind() -> Any:
    """The class, made at first use: ipywidgets takes a second to import."""
    base: Any = require("anywidget", extra="studio").AnyWidget
    traitlets = require("traitlets", extra="studio")

    class PresenceWidget(base):
        """``seen`` is when the page was last seen, in the browser's milliseconds; 0 if hidden."""

        _esm = traitlets.Unicode().tag(sync=True)
        seen = traitlets.Int(0).tag(sync=True)

        def __init__(self) -> None:
            script = Path(__file__).with_name("presence.js").read_text(encoding="utf-8")
            super().__init__(_esm=script)

    return PresenceWidget
