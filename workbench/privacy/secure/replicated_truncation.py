"""Cutting the last bits off among three parties: the third helps two, and sees nothing of them.

Dalskov, Escudero and Keller, *Secure Evaluation of Quantized Neural Networks*, PoPETs 2020(4), for
replicated shares. Party 2 makes the mask r of ``probabilistic_truncation``; parties 0 and 1 hold x
as the two words x0 + x1 and x2, open c = x + 2^62 + r to each other alone, and share the result
anew. Party 2 knows r and never c; 0 and 1 know c and half of r each. The error bound is the same:
less than one step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .probabilistic_truncation import cut, finish, offset
from .shared import Shared

if TYPE_CHECKING:
    from .replicated import Replicated


def truncate(scheme: Replicated, x: Shared, bits: int) -> Shared:
    """x / 2^bits, as ``Scheme.truncate`` says. Two rounds."""
    if scheme.me == 0:
        return _as_first(scheme, x, bits)
    return _as_second(scheme, x, bits) if scheme.me == 1 else _as_helper(scheme, x, bits)


def _as_helper(scheme: Replicated, x: Shared, bits: int) -> Shared:
    """Party 2: the mask's halves come from the streams with 0 and with 1, the rest is sent to 1."""
    r = scheme.following.words(x.shape) + scheme.preceding.words(x.shape)
    corrections = [words - scheme.following.words(x.shape) for words in cut(r, bits)]
    scheme.mesh.exchange({1: np.stack(corrections).tobytes()}, {})
    fresh_0, fresh_2 = scheme.following.words(x.shape), scheme.preceding.words(x.shape)
    scheme.mesh.exchange({}, {})
    return Shared((fresh_2, fresh_0))


def _as_first(scheme: Replicated, x: Shared, bits: int) -> Shared:
    masked = x.parts[0] + x.parts[1] + offset() + scheme.preceding.words(x.shape)
    high, top = scheme.preceding.words(x.shape), scheme.preceding.words(x.shape)
    opened = masked + scheme.receive_words(1, x.shape, {1: masked.tobytes()})
    fresh = scheme.preceding.words(x.shape)
    rest = finish(opened, high, top, bits, first=True) - fresh
    return Shared((fresh, rest + scheme.receive_words(1, x.shape, {1: rest.tobytes()})))


def _as_second(scheme: Replicated, x: Shared, bits: int) -> Shared:
    masked = x.parts[1] + scheme.following.words(x.shape)
    size = masked.nbytes
    got = scheme.mesh.exchange({0: masked.tobytes()}, {0: size, 2: 2 * size})
    opened = masked + np.frombuffer(got[0], dtype="<u8").reshape(x.shape)
    high, top = np.frombuffer(got[2], dtype="<u8").reshape(2, *x.shape)
    fresh = scheme.following.words(x.shape)
    rest = finish(opened, high, top, bits, first=False) - fresh
    return Shared((rest + scheme.receive_words(0, x.shape, {0: rest.tobytes()}), fresh))
