"""What a parity check found: how far engines are apart with one adapter in its three forms."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.viewers import Viewable
from workbench.evaluation.checks import Check


@dataclass(frozen=True)
class SideAnswer:
    """What one engine said to one prompt.

    ``apart_nats`` is the mean over the tokens of the reference's answer of how far its
    log-probability is from the reference's, ``most_nats`` the most that one token is.
    """

    engine: str
    text: str
    same: bool
    apart_nats: float
    most_nats: float


@dataclass(frozen=True)
class ParityRow:
    """One prompt: the reference's answer and what the others said."""

    prompt: str
    text: str
    tokens: int
    others: tuple[SideAnswer, ...]


@dataclass(frozen=True)
class Parity(Viewable):
    """An adapter in several engines, each compared with ``reference``.

    ``checks`` holds, for each engine, the largest of the prompts' distances and how many of the
    greedy answers are identical. ``ok`` says that all hold.
    """

    adapter: str
    base: str
    reference: str
    engines: tuple[str, ...]
    max_tokens: int
    rows: tuple[ParityRow, ...]
    checks: tuple[Check, ...]
    ok: bool
    notes: tuple[str, ...] = ()
