"""The numbers that a pool is run by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """How a pool decides.

    ``patience_s`` bounds grouping: requests of a loaded model go before a swap until another
    model's oldest request has waited so long. A loaded model then still has ``turn_share`` times
    the other's load time since it was loaded itself, so that at most 1 / (1 + turn_share) of the
    time goes into loading. ``room_wait_s`` is how long a request waits for memory that work in
    flight holds. ``queue_size`` bounds the requests that wait for one model. ``loads`` are made at
    a time. ``keep_alive_s`` -1 keeps an idle model until its room is needed.
    """

    budget_bytes: int
    swap: bool = True
    keep_alive_s: float = 300.0
    patience_s: float = 5.0
    turn_share: float = 4.0
    room_wait_s: float = 60.0
    queue_size: int = 256
    loads: int = 2
    cores: int = 1
    short_tokens: int = 128
    quantum_tokens: int = 256

    def turn_s(self, load_s: float) -> float:
        """How long a model stays that was just loaded, though one of ``load_s`` waits too long."""
        return self.turn_share * load_s
