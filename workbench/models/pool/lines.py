"""What the scheduler keeps of each model: what it needs, who waits for it, and its loaded self."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from workbench.core.errors import WorkbenchError
from workbench.models.pool.eviction import Frequency, value_of
from workbench.models.pool.fair_queue import FairQueue

# A loaded model takes its full memory only in use: torch reads weights when they are first needed.
# Until it was lent so often, it is reckoned with its estimate if that is more than was measured.
TRUSTED_LOANS = 8


class Key(NamedTuple):
    """A model in an engine: what is loaded and unloaded as one."""

    name: str
    engine: str

    def __str__(self) -> str:
        return f"{self.name} ({self.engine})"


@dataclass(frozen=True)
class Needs:
    """What a model is reckoned to take. ``measured`` says that it was seen in use here."""

    bytes: int
    load_s: float
    parallel: int = 1
    measured: bool = False


@dataclass(eq=False)
class Request:
    """One request for a loan.

    ``most_tokens`` is what was asked for, ``tokens`` what is expected of it, by what the tenant
    used before. ``ticket`` is what the asker holds.
    """

    key: Key
    tenant: str
    most_tokens: int
    arrived_s: float
    tokens: int = 0
    priority: int = 0
    deadline_at_s: float | None = None
    keep_alive_s: float | None = None
    may_swap: bool = True
    capability: str | None = None
    grows_bytes: int = 0  # what the model takes more once it is asked this
    known: Any = None  # what was asked for, as it is loaded
    ticket: Any = None
    granted_at_s: float | None = None


@dataclass(eq=False)
class Resident:
    """A loaded model, or one that is being loaded or unloaded."""

    key: Key
    needs: Needs
    line: Line
    status: str = "loading"  # loading, ready, draining, unloading
    measured_bytes: int = 0
    most_bytes: int = 0  # that were measured
    in_flight: list[Request] = field(default_factory=list)
    loaded_at_s: float = 0.0
    last_used_s: float = 0.0
    keep_alive_s: float | None = None
    grants: int = 0
    is_barred: bool = False  # gets no new work, because another model's turn has come
    is_unwanted: bool = False  # is to be unloaded as soon as it is loaded
    force_at_s: float | None = None  # when a drain ends the work in flight
    threads: int = 1
    adapters: tuple[str, ...] | None = None  # that requests may name; None before it is loaded

    @property
    def held_bytes(self) -> int:
        """What it takes, or is known to grow to."""
        return max(self.measured_bytes, self.needs.bytes)

    def leave(self, now_s: float) -> None:
        """Begin to be unloaded."""
        self.status = "unloading"
        self.line.turn_ended_s = now_s

    @property
    def is_idle(self) -> bool:
        """Whether nobody loses anything when it goes."""
        waits = len(self.line.queue) > 0 and not self.is_barred
        return self.status == "ready" and not self.in_flight and not waits

    def value(self, now_s: float) -> float:
        """What it is worth to keep it; see ``eviction``."""
        return value_of(
            load_s=self.needs.load_s,
            frequency=self.line.frequency.value(now_s),
            size_bytes=self.held_bytes,
        )


@dataclass(eq=False)
class Line:
    """The requests for one model, and its loaded self if there is one."""

    key: Key
    needs: Needs
    queue: FairQueue[Request]
    frequency: Frequency = field(default_factory=Frequency)
    resident: Resident | None = None
    is_pinned: bool = False
    grown_bytes: int = 0  # what was added to its needs because of what it is asked
    turn_ended_s: float = 0.0  # when it was last unloaded
    room_wanted_s: float | None = None  # since when only work in flight has kept it from its turn
    failures: int = 0
    retry_at_s: float = 0.0
    error: WorkbenchError | None = None

    def is_wanted(self) -> bool:
        """Whether somebody waits and nothing is loaded or about to go."""
        return self.resident is None and len(self.queue) > 0

    def waiting_since_s(self) -> float:
        """Since when it has waited for its turn: for its oldest request, or since the last turn."""
        oldest = self.queue.oldest
        assert oldest is not None
        return max(oldest.arrived_s, self.turn_ended_s)


@dataclass(frozen=True)
class Grant:
    """Lend a loaded model to a request."""

    request: Request
    resident: Resident


@dataclass(frozen=True)
class Load:
    """Load a model with so many threads."""

    resident: Resident


@dataclass(frozen=True)
class Unload:
    """Close a model. ``reason``: evicted, idle, asked, crashed, over-budget."""

    resident: Resident
    reason: str


@dataclass(frozen=True)
class Refuse:
    """Tell an asker that he gets nothing."""

    request: Request
    error: WorkbenchError


Action = Grant | Load | Unload | Refuse
