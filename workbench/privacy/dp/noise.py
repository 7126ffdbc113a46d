"""Where the coins and the noise of a private run come from, and what that is worth.

``SeededNoise`` is torch's Mersenne Twister: a run can be done again, and whoever knows the seed can
take the noise off. ``SystemNoise`` is the operating system's cryptographic generator; nobody can
repeat it. Its Gaussians are sums of four halved (Holohan and Braghin (2021), arXiv:2107.10138), so
that the pattern of floating point numbers does not give the value under the noise away.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from workbench.core.seeds import derive_seed

if TYPE_CHECKING:
    import numpy as np
    import torch

_SUMMED = 4


class Noise(Protocol):
    """Coins and Gaussians; ``told`` says in words what they are worth."""

    @property
    def told(self) -> str:
        """What the generator is, and against whom it helps."""
        ...

    def coins(self, count: int, rate: float) -> torch.Tensor:
        """Which of ``count`` come up, each by itself with probability ``rate``: ``[count]``."""
        ...

    def normal(self, shape: Sequence[int], std: float) -> torch.Tensor:
        """Gaussian noise of mean 0 in float32."""
        ...


def describe_seeded(seed: int) -> str:
    """What noise of a seed is worth; of a seed that a part derived, tell the one that was given."""
    return (
        f"Mersenne Twister from seed {seed}: the run can be repeated, and whoever knows the seed "
        "can take the noise off"
    )


class SeededNoise:
    """Numbers that a seed decides: for experiments."""

    def __init__(self, seed: int) -> None:
        import torch

        # Two streams: a loader that draws ahead must not change the noise.
        self.seed = seed
        self.coin_generator = torch.Generator().manual_seed(derive_seed(seed, "coins"))
        self.noise_generator = torch.Generator().manual_seed(derive_seed(seed, "noise"))

    @property
    def told(self) -> str:
        """See ``Noise``."""
        return describe_seeded(self.seed)

    def coins(self, count: int, rate: float) -> torch.Tensor:
        """See ``Noise``."""
        import torch

        return torch.rand(count, generator=self.coin_generator, dtype=torch.float64) < rate

    def normal(self, shape: Sequence[int], std: float) -> torch.Tensor:
        """See ``Noise``."""
        import torch

        return torch.randn(tuple(shape), generator=self.noise_generator) * std


class SystemNoise:
    """Numbers of a cryptographic generator: AES-256 in counter mode, each time under a key of its
    own from the operating system. For what is released."""

    @property
    def told(self) -> str:
        """See ``Noise``."""
        return (
            "a cryptographic generator (AES-256 under keys of the operating system): the run "
            "cannot be repeated"
        )

    def coins(self, count: int, rate: float) -> torch.Tensor:
        """See ``Noise``."""
        import torch

        return torch.from_numpy(_uniform(count) < rate)

    def normal(self, shape: Sequence[int], std: float) -> torch.Tensor:
        """See ``Noise``."""
        import math

        import torch

        count = math.prod(shape)
        pairs = -(-count // 2)
        total = torch.zeros(2 * pairs, dtype=torch.float64)
        for _ in range(_SUMMED):  # Box and Muller (1958)
            drawn = torch.from_numpy(_uniform(2 * pairs))
            radius = drawn[:pairs].neg().log1p().mul_(-2).sqrt_()
            angle = drawn[pairs:].mul(2 * math.pi)
            total[:pairs].addcmul_(radius, angle.cos())
            total[pairs:].addcmul_(radius, angle.sin())
        scaled = total[:count].mul_(std / math.sqrt(_SUMMED))
        return scaled.float().reshape(tuple(shape))


def _uniform(count: int) -> np.ndarray:
    """Uniform in [0, 1) with 53 bits, ``[count]``."""
    import numpy as np
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    stream = Cipher(algorithms.AES(os.urandom(32)), modes.CTR(os.urandom(16))).encryptor()
    drawn = np.frombuffer(stream.update(bytes(8 * count)), dtype=np.uint64)
    return np.asarray((drawn >> np.uint64(11)) * 2.0**-53)
