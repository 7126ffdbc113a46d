"""The ring, the primes and the scale: what 128 bits of security leave, and what a circuit takes.

The bits are those of the Homomorphic Encryption Security Standard (Albrecht and others, 2018,
table 1, ternary secret), which SEAL holds to as well.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_BITS = {4096: 109, 8192: 218, 16384: 438}
LEAST_SCALE_BITS, MOST_PRIME_BITS = 20, 60
GUARD_BITS = 7
"""How much larger the special prime is than the first. SEAL's digits are not centred, so switching
keys adds up to sqrt(3 N) / pi times more noise in the first slots than in others; by so much it is
taken back."""


@dataclass(frozen=True)
class Parameters:
    """CKKS parameters: a first prime of ``scale_bits + head_bits``, one of ``scale_bits`` for each
    level, and a special prime that is larger than the first by ``GUARD_BITS``."""

    degree: int
    levels: int
    scale_bits: int
    head_bits: int

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
        first = self.scale_bits + self.head_bits
        return (first, *[self.scale_bits] * self.levels, first + GUARD_BITS)

    @property
    def total_bits(self) -> int:
        """How much of the ring's bits is used."""
        return sum(self.prime_bits)


def largest_scale(degree: int, levels: int, head_bits: int) -> int:
    """The most bits that a scale can have with so many levels; below 20 it is of no use."""
    room = (MOST_BITS[degree] - 2 * head_bits - GUARD_BITS) // (levels + 2)
    return min(room, MOST_PRIME_BITS - head_bits - GUARD_BITS)
