"""Which keys two parties both have, and nothing more: Diffie-Hellman private set intersection.

Huberman, Franklin and Hogg, *Enhancing Privacy and Trust in Electronic Communities*, EC 1999 (after
Meadows, IEEE S&P 1986), over Curve25519. Each side hashes its keys to points and raises them to a
secret of this run; the other raises them once more. Both orders give the same point, so what is
raised twice can be compared, and what is raised once looks random (the decisional Diffie-Hellman
assumption). Both learn how many keys the other has and which of their own it has too.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from workbench.core.errors import IntegrityError

from .elligator2 import encode_to_curve

POINT_BYTES = 32
_TAG = b"WORKBENCH-PSI-V01-with-curve25519_XMD:SHA-512_ELL2_NU_"


class Blinding:
    """One side's secret for one run."""

    def __init__(self) -> None:
        self._secret = X25519PrivateKey.generate()

    def blind(self, keys: Sequence[str]) -> tuple[list[int], bytes]:
        """This side's keys raised once, in an order that says nothing: by the points themselves.

        Returns:
            The places of the keys in that order, and the points.
        """
        points = [self._raise(encode_to_curve(key.encode(), _TAG)) for key in keys]
        order = sorted(range(len(points)), key=points.__getitem__)
        return order, b"".join(points[place] for place in order)

    def raise_again(self, points: bytes) -> bytes:
        """The other side's points raised once more, in their order.

        Raises:
            IntegrityError: One of them is of small order, which no hashed key is.
        """
        return b"".join(self._raise(point) for point in split(points))

    def _raise(self, point: bytes) -> bytes:
        try:
            return self._secret.exchange(X25519PublicKey.from_public_bytes(point))
        except ValueError:
            raise IntegrityError(
                "a point of the other side is of small order: no key hashes to it",
                hint="the other side does not keep to the protocol",
            ) from None


def split(points: bytes) -> list[bytes]:
    """Points that were sent as one piece."""
    return [points[at : at + POINT_BYTES] for at in range(0, len(points), POINT_BYTES)]


def intersect(order: Sequence[int], mine: bytes, theirs: bytes) -> list[int]:
    """The places of this side's keys that the other side has too.

    Both sides get them in the same order of keys, that of the points.

    Args:
        order: As ``blind`` gave it.
        mine: This side's points, raised by both.
        theirs: The other side's, raised by both.
    """
    also = set(split(theirs))
    met = [(point, place) for place, point in zip(order, split(mine), strict=True) if point in also]
    return [place for _, place in sorted(met)]
