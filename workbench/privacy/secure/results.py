"""What secure computations give: the result, what it cost, what was opened and what is assumed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from workbench.core.viewers import Viewable

if TYPE_CHECKING:
    import numpy as np

SchemeName = Literal["two-servers", "replicated"]
SEMI_HONEST = (
    "semi-honest: holds while every party keeps to the protocol and no two put together what they "
    "saw; all processes ran on this machine, whose user could see everything"
)


@dataclass(frozen=True)
class PartyCost:
    """What one party sent and how long it took. Bytes are those that left its sockets, TLS and all;
    opening the lines, once for all runs of the same parties, is not among them.

    *Offline* is what needs no data (the dealer's material), *online* the rest.
    """

    name: str
    rounds: int
    online_bytes: int
    offline_bytes: int
    online_s: float
    offline_s: float


@dataclass(frozen=True)
class Cost:
    """What a computation cost: messages one after the other, bytes of all parties, seconds."""

    rounds: int
    online_bytes: int
    offline_bytes: int
    online_s: float
    offline_s: float
    parties: tuple[PartyCost, ...]

    @classmethod
    def of(cls, parties: tuple[PartyCost, ...]) -> Cost:
        """Of all parties together; they work side by side, so the slowest one's time counts."""
        return cls(
            rounds=max(each.rounds for each in parties),
            online_bytes=sum(each.online_bytes for each in parties),
            offline_bytes=sum(each.offline_bytes for each in parties),
            online_s=max(each.online_s for each in parties),
            offline_s=max(each.offline_s for each in parties),
            parties=parties,
        )


@dataclass(frozen=True)
class SecureResult(Viewable):
    """The result of a function on values that no server saw. ``values`` has its shape."""

    function: str
    scheme: SchemeName
    values: np.ndarray
    opened: str
    security: str
    cost: Cost


@dataclass(frozen=True)
class SecureInference(Viewable):
    """What a model said of rows that its owner did not see.

    ``agreement`` is the share of rows on which the plain model says the same; ``accuracy`` that of
    the right ones, None without labels. ``columns`` are those of a file that were read, and
    ``left_out`` those that hold no numbers.
    """

    model: str
    scheme: SchemeName
    rows: int
    labels: tuple[int | str, ...]
    agreement: float
    accuracy: float | None
    opened: str
    security: str
    cost: Cost
    columns: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class PrivateJoin(Viewable):
    """Two tables joined on keys that neither side showed.

    ``left_rows`` and ``right_rows`` are the rows that had a key, ``left_without_key`` and
    ``right_without_key`` those left out for want of one. ``learnt`` says what each side came to
    know.
    """

    out: Path = field(repr=False)  # a notebook's text is not to name this machine's folders
    on: tuple[str, ...]
    gives: Literal["ids", "tables"]
    matched: int
    left_rows: int
    right_rows: int
    left_without_key: int
    right_without_key: int
    columns: tuple[str, ...]
    learnt: str
    security: str
    cost: Cost
