"""Which of several backends of one model gets a call.

Of two drawn by weight, the one with the lower expected wait: its latency, averaged with more weight
on what was slow lately, times the calls it already has (M. Mitzenmacher, The Power of Two Choices
in Randomized Load Balancing, 2001; the average is Finagle's peak EWMA). A long prompt goes where
its beginning went before, whose cache knows it, unless that has too much to do (V. Mirrokni and
others, Consistent Hashing with Bounded Loads, 2016).
"""

from __future__ import annotations

import hashlib
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from workbench.serving.backends.breaker import Breaker
from workbench.serving.call import Backend, Call

_DECAY_S = 10.0
_UNKNOWN_S = 0.05  # a backend that was never asked is worth a try
_AFFINE_CHARS = 256  # from this length on a prompt is worth a cache
_AFFINE_TO = 1024  # and so much of its beginning decides where
_BOUND = 1.25


@dataclass
class Latency:
    """How long a backend takes until its first piece: a peak is believed at once, and fades.

    It also fades while nobody asks: who was slow once is tried again.
    """

    value_s: float | None = None
    told_at_s: float = 0.0

    def tell(self, seconds: float, now_s: float) -> None:
        """One more measurement."""
        if self.value_s is None or seconds > self.value_s:
            self.value_s = seconds
        else:
            # Of many calls at the same moment, too, each counts a little.
            keep = min(self._kept(now_s), 0.9)
            self.value_s = keep * self.value_s + (1 - keep) * seconds
        self.told_at_s = now_s

    def expect_s(self, now_s: float) -> float:
        """What it may take now."""
        return _UNKNOWN_S if self.value_s is None else self.value_s * self._kept(now_s)

    def _kept(self, now_s: float) -> float:
        return math.exp(-max(0.0, now_s - self.told_at_s) / _DECAY_S)


@dataclass
class Member:
    """One backend of a model, with what is known of it.

    ``model`` is the model's name there; ``in_flight`` the calls that it has from us.
    """

    backend: Backend
    model: str
    breaker: Breaker
    weight: float = 1.0
    in_flight: int = 0
    streams: Latency = field(default_factory=Latency)
    wholes: Latency = field(default_factory=Latency)

    @property
    def name(self) -> str:
        """How it is told to people."""
        return f"{self.backend.name}/{self.model}"

    def latency(self, call: Call) -> Latency:
        """Answers that come whole take as long as they are; streams until they begin."""
        return self.streams if call.stream else self.wholes

    def expected_s(self, call: Call, now_s: float) -> float:
        """How long a call would wait, as far as it can be told."""
        return self.latency(call).expect_s(now_s) * (self.in_flight + 1)


class Balance:
    """Puts the backends of one model in the order in which they are tried.

    Args:
        members: The backends.
        draw: Random numbers; tests give their own.
    """

    def __init__(self, members: Sequence[Member], *, draw: random.Random | None = None) -> None:
        self.members = tuple(members)
        self._random = draw or random.Random()

    def order(self, call: Call) -> list[Member]:
        """All members, the chosen one first, those that rest last."""
        if len(self.members) == 1:
            return list(self.members)
        ready = [each for each in self.members if each.breaker.would_allow and each.weight > 0]
        rest = [each for each in self.members if each not in ready]
        first = self._choose(ready, call) if ready else None
        if first is None:
            return rest
        others = sorted((each for each in ready if each is not first), key=_cost(call))
        return [first, *others, *rest]

    def _choose(self, ready: list[Member], call: Call) -> Member:
        if len(ready) == 1:
            return ready[0]
        beginning = prompt_beginning(call)
        if len(beginning) >= _AFFINE_CHARS:
            home = max(ready, key=lambda each: _rendezvous(beginning, each))
            share = home.weight / sum(each.weight for each in ready)
            total = sum(each.in_flight for each in ready) + 1
            if home.in_flight + 1 <= math.ceil(_BOUND * total * share):
                return home
        first = self._random.choices(ready, [each.weight for each in ready])[0]
        left = [each for each in ready if each is not first]
        second = self._random.choices(left, [each.weight for each in left])[0]
        return min(first, second, key=_cost(call))


def _cost(call: Call) -> Callable[[Member], float]:
    now_s = time.monotonic()
    return lambda member: member.expected_s(call, now_s)


def prompt_beginning(call: Call) -> str:
    """The first characters of a call's prompt, by which calls that share a cache are known."""
    parts: list[str] = []
    size = 0
    for text in (
        *(f"{each['role']}\n{each['content']}\n" for each in call.messages),
        *call.prompts[:1],
    ):
        parts.append(text)
        size += len(text)
        if size >= _AFFINE_TO:
            break
    return "".join(parts)[:_AFFINE_TO]


def _rendezvous(beginning: str, member: Member) -> float:
    """A member's score for a prompt; the highest is its home (highest random weight hashing).

    Only the prompts of a member that leaves move, and each gets its weight's share.
    """
    seed = f"{member.name}\n{beginning}".encode("utf-8", "surrogatepass")
    number = int.from_bytes(hashlib.blake2b(seed, digest_size=8).digest(), "big")
    uniform = (number + 1) / (2**64 + 1)
    return -member.weight / math.log(uniform)
