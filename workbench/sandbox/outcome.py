"""How an isolated program ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.core.viewers import Viewable

# exited: by itself. signal: a signal ended it. cpu, memory, wall: a limit did. stopped: we were
# told to. vanished: it killed its own supervisor, so that nothing more is known.
Ended = Literal["exited", "signal", "cpu", "memory", "wall", "stopped", "vanished"]
Kind = Literal["bubblewrap", "limits"]


@dataclass(frozen=True)
class Outcome(Viewable):
    """How an isolated program ended.

    ``status`` is its exit status, or minus the number of the signal that ended it. ``enforced``
    names each restriction that held; what is not named was not enforced. ``value`` is what a
    ``Call`` returned.
    """

    status: int
    ended: Ended
    stdout: str
    stderr: str
    kind: Kind
    enforced: tuple[str, ...]
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    value: Any = None
    duration_s: float = 0.0
    note: str = ""

    @property
    def ok(self) -> bool:
        """Whether it ended by itself, with status 0."""
        return self.ended == "exited" and self.status == 0
