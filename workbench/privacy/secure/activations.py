"""What networks are made of, on shared numbers: ReLU, sigmoid, softmax and argmax.

ReLU and argmax are exact. Sigmoid is within 2^-12, softmax within 2^-11 of what double precision
says: pieces of parabolas (``splines``), and truncations that are less than 2^-16 off each.
"""

from __future__ import annotations

import numpy as np

from .fixed_point import FRACTION_BITS
from .scheme import Scheme
from .shared import Shared, concatenate
from .splines import evaluate, exp_spline, reciprocal_spline, sigmoid_spline

SIGMOID_ERROR = 2.0**-12
SOFTMAX_ERROR = 2.0**-11


def relu(scheme: Scheme, x: Shared) -> Shared:
    """max(x, 0)."""
    return scheme.compare(x)[1]


def sigmoid(scheme: Scheme, x: Shared) -> Shared:
    """1 / (1 + e^-x)."""
    return evaluate(scheme, x, sigmoid_spline())


def softmax(scheme: Scheme, x: Shared) -> Shared:
    """Over the columns of ``[n, k]``; what the largest is stays hidden."""
    largest, _ = tournament(scheme, x)
    powers = evaluate(scheme, x - largest.broadcast_to(x.shape), exp_spline())
    # Their sum lies between 1 and k, but for the errors of the spline.
    total = evaluate(scheme, powers.sum(axis=1), reciprocal_spline(float(max(2, x.shape[1]))))
    product = scheme.multiply(powers, total.broadcast_to(powers.shape))
    return scheme.truncate(product, FRACTION_BITS)


def argmax(scheme: Scheme, x: Shared) -> Shared:
    """The place of the largest of the columns of ``[n, k]``, an integer; of equals the first."""
    return tournament(scheme, x)[1].reshape(x.shape[0])


def tournament(scheme: Scheme, x: Shared) -> tuple[Shared, Shared]:
    """The largest of each row and its place, both ``[n, 1]``: by pairs, in log2(k) turns."""
    rows, columns = x.shape
    nothing = x.times(np.uint64(0))
    places = scheme.add_public(nothing, np.arange(columns, dtype=np.uint64)[None, :])
    while columns > 1:
        paired = columns // 2 * 2
        left, right = x[:, 0:paired:2], x[:, 1:paired:2]
        # Of equals the left one stays: it is not below.
        below, over = scheme.compare(left - right)
        left_place, right_place = places[:, 0:paired:2], places[:, 1:paired:2]
        moved = scheme.multiply(below, right_place - left_place)
        x = concatenate([right + over, x[:, paired:]], axis=1)
        places = concatenate([left_place + moved, places[:, paired:]], axis=1)
        columns = x.shape[1]
    return x.reshape(rows, 1), places.reshape(rows, 1)
