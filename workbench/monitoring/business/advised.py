"""What advice is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.core.viewers import Viewable

from .moves import Considered
from .shares import Estimate

Kind = Literal["cache", "cheaper model", "shorter prompts", "failures", "unused keys"]


@dataclass(frozen=True)
class Advice(Viewable):
    """One thing that could be done; ``saving_usd`` is a month's."""

    kind: Kind
    subject: str
    saving_usd: Estimate
    evidence: str
    risk: str
    action: str


@dataclass(frozen=True)
class Advised(Viewable):
    """All that the log advises; ``notes`` say why it advises no more, and what was not looked for.

    ``considered`` is the best move of the dearest model's traffic, advised or not.
    """

    advice: tuple[Advice, ...]
    considered: Considered | None
    notes: tuple[str, ...]
