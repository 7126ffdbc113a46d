"""The ring, the primes and the scale: what 128 bits of security leave, and what a circuit takes.

The bits are those of the Homomorphic Encryption Security Standard (Albrecht and others, 2018) for
ternary secrets, which SEAL holds to as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MOST_BITS = {4096: 109, 8192: 218, 16384: 438}
LEAST_SCALE_BITS, LEAST_WEIGHT_BITS, MOST_PRIME_BITS = 20, 10, 60


@dataclass(frozen=True)
class Parameters:
    """CKKS parameters: a first prime, one of ``scale_bits`` for each level, and a special prime.

    With ``weight_bits`` the last layer is not rescaled: its weights are rounded to so many bits
    below the point, its scores have the scale ``scale_bits + weight_bits``, and a level, and with
    it a prime, is saved. 0 means that the last layer is rescaled like every other.
    """

    degree: int
    levels: int
    scale_bits: int
    weight_bits: int
    first_bits: int
    special_bits: int

    @property
    def slots(self) -> int:
        """How many numbers a ciphertext holds."""
        return self.degree // 2

    @property
    def scale(self) -> float:
        """What numbers are multiplied by before they are rounded."""
        return float(2**self.scale_bits)

    @property
    def prime_bits(self) -> tuple[int, ...]:
        """The primes as SEAL takes them: the last is the special one."""
        return (self.first_bits, *[self.scale_bits] * self.levels, self.special_bits)

    @property
    def total_bits(self) -> int:
        """How much of the ring's bits is used."""
        return sum(self.prime_bits)


def largest_scale(degree: int, levels: int, head_bits: int) -> int:
    """The most bits that a scale can have, the last layer rescaled or not; too few if under 20."""
    room, top = MOST_BITS[degree] - head_bits, MOST_PRIME_BITS - head_bits
    kept = min((room - LEAST_WEIGHT_BITS) // (levels + 1), top - LEAST_WEIGHT_BITS)
    return max(kept, min(room // (levels + 2), top))


def candidates(
    degree: int, levels: int, head_bits: int, *, rescaled: bool, scale_bits: int | None = None
) -> Iterator[Parameters]:
    """Parameters that fit into a ring.

    Args:
        degree: The ring's.
        levels: How many times a ciphertext is rescaled, the last layer's included.
        head_bits: What the first prime has above the scores' scale, for their size and sign.
        rescaled: Whether the last layer is.
        scale_bits: Only this scale.
    """
    levels = levels if rescaled else levels - 1
    scales = range(LEAST_SCALE_BITS, MOST_PRIME_BITS + 1) if scale_bits is None else (scale_bits,)
    for scale in scales:
        most = MOST_PRIME_BITS - scale - head_bits
        for weight in (0,) if rescaled else range(LEAST_WEIGHT_BITS, most + 1):
            first = scale + weight + head_bits
            special = min(MOST_PRIME_BITS, MOST_BITS[degree] - first - levels * scale)
            if first <= MOST_PRIME_BITS and special >= max(scale, LEAST_SCALE_BITS):
                yield Parameters(degree, levels, scale, weight, first, special)
