"""Canaries in gradient space: each moves one number of the model, and nothing else.

Each is in the run or not by a fair coin; if it is, each step takes it with the sampling rate, as
any other unit, and its gradient, ten times as long as may be, goes through the same clipping, sum
and noise. The auditor knows all other units, as the attacker of the definition does. Where users
are protected a canary is a user of several examples, all of which pull the same way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.core.errors import CapabilityError, InputError
from workbench.core.seeds import derive_seed

if TYPE_CHECKING:
    import numpy as np
    import torch

# Before clipping, in clipping norms: where nothing clips, it shows.
_LENGTH = 10.0
# From numbers that no canary moves, the auditor learns how much noise there is.
_FREE = 200
_MOST_NUMBERS = 2e8


class GradientCanaries:
    """``count`` canaries for a run whose steps take a unit with ``rate``.

    Args:
        count: How many; half of them are in the run.
        rate: The sampling rate of the run.
        rows_each: How many examples each has.
        seed: Of the coins and of the places; None takes the system's generator.
    """

    def __init__(
        self, count: int, *, rate: float, rows_each: int = 1, seed: int | None = None
    ) -> None:
        import numpy as np

        if count < 2:
            raise InputError(f"{count} canaries tell nothing", hint="some hundreds")
        if rows_each < 1:
            raise InputError(f"rows_each is {rows_each}, which must be 1 or more")
        entropy = None if seed is None else derive_seed(seed, "canaries")
        self._random = np.random.default_rng(entropy)
        self.count, self.rate, self.rows_each = count, rate, rows_each
        self.inside = self._random.random(count) < 0.5
        self._places: np.ndarray | None = None
        self._free: np.ndarray | None = None
        self._told: list[np.ndarray] = []
        self._silent: list[np.ndarray] = []

    def samples(self, shapes: Sequence[torch.Size], *, norm: float) -> list[torch.Tensor]:
        """See ``private_optimizer.Canaries``."""
        import numpy as np
        import torch

        sizes = [math.prod(shape) for shape in shapes]
        if self._places is None:
            self._choose_places(sum(sizes))
        assert self._places is not None
        drawn = np.flatnonzero(self.inside & (self._random.random(self.count) < self.rate))
        drawn = np.repeat(drawn, self.rows_each)
        flat = torch.zeros(len(drawn), sum(sizes))
        flat[torch.arange(len(drawn)), torch.from_numpy(self._places[drawn])] = _LENGTH * norm
        parts = flat.split(sizes, dim=1)
        # Not -1 for how many: a step that takes none of few canaries has none.
        return [part.reshape(len(drawn), *shape) for part, shape in zip(parts, shapes, strict=True)]

    def observe(self, told: torch.Tensor, *, norm: float) -> None:
        """See ``private_optimizer.Canaries``."""
        assert self._places is not None and self._free is not None
        values = told.double().numpy() / norm
        self._told.append(values[self._places])
        self._silent.append(values[self._free])

    def scores(self) -> np.ndarray:
        """How much likelier each canary is inside than outside, in nats, ``[count]``.

        The sum over steps of the log-likelihood ratio of a Poisson-sampled Gaussian, with the
        noise that is seen and not the one that is claimed. The coins are not looked at.
        """
        import numpy as np

        if not self._told:
            raise InputError("the run took no step with the canaries in it")
        told = np.asarray(self._told)
        noise = max(float(np.asarray(self._silent).std()), 1e-9)
        gains = (told - 0.5) / noise**2
        absent = math.log1p(-self.rate) if self.rate < 1 else -math.inf
        return np.asarray(np.logaddexp(absent, math.log(self.rate) + gains).sum(axis=0))

    def count_right(self, guesses: int) -> int:
        """How many are right of ``guesses``, which are about the scores farthest from 0: 'inside'
        where they are above."""
        import numpy as np

        scores = self.scores()
        surest = np.argsort(-np.abs(scores), kind="stable")[:guesses]
        return int(((scores > 0) == self.inside)[surest].sum())

    def _choose_places(self, numbers: int) -> None:
        check_room(self.count, numbers)
        if numbers * self.count * self.rows_each * self.rate / 2 > _MOST_NUMBERS:
            raise CapabilityError(
                f"{self.count:,} canaries in a model of {numbers:,} numbers do not fit in memory",
                hint="fewer canaries, or a smaller model",
            )
        chosen = self._random.permutation(numbers)
        self._places = chosen[: self.count]
        self._free = chosen[self.count : self.count + 5 * _FREE]


def most_canaries(numbers: int) -> int:
    """How many have room in a model of so many numbers."""
    return max(0, numbers - _FREE)


def check_room(count: int, numbers: int) -> None:
    """Raise CapabilityError where a model of so many numbers has no room for so many canaries."""
    most = most_canaries(numbers)
    if count > most:
        raise CapabilityError(
            f"a model of {numbers:,} numbers has no room for {count:,} canaries, which take one "
            f"each and leave {_FREE} free",
            hint=f"at most {most:,} canaries",
        )
