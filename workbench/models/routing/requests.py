"""What a router knows of a request and of the models that may answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from workbench.models.routing.tasks import Task

Preference = Literal["quality", "speed", "cost"]
PREFERENCES: tuple[Preference, ...] = ("quality", "speed", "cost")


@dataclass(frozen=True)
class RouteRequest:
    """A request without a model's name.

    ``text`` is the last thing that the user said, ``prompt_tokens`` a reckoning of all of the
    prompt, ``needs`` what the model must be able to do (capabilities, ``tools``). ``task`` is None
    while nobody has looked for it. ``strict`` asks for an error where ``auto`` would guess.
    """

    text: str
    prompt_tokens: int = 0
    answer_tokens: int = 256
    needs: frozenset[str] = frozenset({"chat"})
    prefer: Preference | None = None
    strict: bool = False
    task: Task | None = None


@dataclass(frozen=True)
class Candidate:
    """A model that may be chosen, as far as a router needs to know it.

    ``parameters`` and ``tokens_per_s`` are None where unknown; ``price_usd`` is that of a million
    answer tokens; ``capabilities`` None means that it is trusted to do anything (an upstream).
    """

    name: str
    context_tokens: int | None = None
    parameters: int | None = None
    tokens_per_s: float | None = None
    price_usd: float = 0.0
    capabilities: frozenset[str] | None = None


@dataclass(frozen=True)
class Decision:
    """Which model, by which rule, and why in words.

    ``task`` is what the request was taken to ask for, if that was looked for; ``passed_over`` says
    of each model that could not be taken why.
    """

    model: str
    rule: str
    reason: str
    task: str | None = None
    confidence: float | None = None
    passed_over: Mapping[str, str] = field(default_factory=dict)
