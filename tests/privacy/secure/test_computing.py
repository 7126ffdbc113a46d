"""The arithmetic of both schemes against plain numpy, against MPyC, and what a party sees of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import CapacityError, InputError
from workbench.privacy.secure import (
    carry_tree,
    computing,
    masked_comparison,
    probabilistic_truncation,
    two_servers,
)
from workbench.privacy.secure.activations import SIGMOID_ERROR, SOFTMAX_ERROR
from workbench.privacy.secure.fixed_point import FRACTION_BITS, MOST, STEP, decode, encode
from workbench.privacy.secure.programs import DATA_OWNER, PROGRAMS, Program, check_shapes
from workbench.privacy.secure.shared import Shared
from workbench.privacy.secure.streams import Stream

from .conftest import SCHEMES, view_faults
from .in_threads import outcomes_of, result_of

both = pytest.mark.parametrize("scheme", SCHEMES)
# Numbers that lie on fixed point's grid: then only the computation can be off.
RNG = np.random.default_rng(20261126)
LARGE = np.trunc(
    np.concatenate(
        [SIZES := 2.0 ** RNG.uniform(0, 62, size=300), -SIZES, [2.0**62 - 1024, -(2.0**62)]]
    )
).astype(np.int64)
GRID = RNG.integers(-(2**20), 2**20, size=400) * STEP


def softmax(x: np.ndarray) -> np.ndarray:
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


@both
def test_products_are_less_than_a_step_off(scheme: str) -> None:
    """The bound of the truncation: rounded down or up, for both signs."""
    x, y = GRID[:200], GRID[200:]
    off = (result_of("product", scheme, x=x, y=y) - x * y) / STEP
    assert np.abs(off).max() < 1
    assert off.min() < -0.2 and off.max() > 0.2  # both ways
    a, b = x.reshape(10, 20), y.reshape(20, 10)
    assert (np.abs(result_of("matmul", scheme, x=a, y=b) - a @ b) < STEP).all()


@both
def test_truncation_keeps_its_bound_to_the_ends_of_its_range(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words of all sizes up to 2^62 of both signs, cut by hand."""
    found = cut(scheme, LARGE, monkeypatch)
    assert np.isin(found - (LARGE >> 20), (0, 1)).all()


def cut(scheme: str, words: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Words without their last 20 bits, as the parties say."""

    def truncate(scheme_: Any, inputs: Any) -> Shared:
        return scheme_.truncate(scheme_.add_public(inputs["x"], words.view(np.uint64)), 20)

    monkeypatch.setitem(PROGRAMS, "cut", Program(truncate, {"x": DATA_OWNER}, bits=0))
    return result_of("cut", scheme, x=np.zeros(len(words)))


@both
def test_comparison_is_exact_for_every_place(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    powers = 1 << np.arange(63, dtype=np.int64)
    words = np.concatenate([powers, -powers, powers - 1, [np.iinfo(np.int64).min]])
    assert (signs(scheme, words, monkeypatch) == (words < 0)).all()


def signs(scheme: str, words: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Whether each word is below zero, as the parties say."""

    def compare(scheme_: Any, inputs: Any) -> Shared:
        return scheme_.compare(scheme_.add_public(inputs["x"], words.view(np.uint64)))[0]

    monkeypatch.setitem(PROGRAMS, "sign", Program(compare, {"x": DATA_OWNER}, bits=0))
    return result_of("sign", scheme, x=np.zeros(len(words)))


@both
def test_activations(scheme: str) -> None:
    x = np.concatenate([GRID, [0.0, STEP, -STEP, 1 - MOST, MOST - 1]])
    assert (result_of("relu", scheme, x=x) == np.maximum(x, 0)).all()
    wide = np.concatenate([np.linspace(-13, 13, 700), [-MOST + 1, MOST - 1]])
    found = result_of("sigmoid", scheme, x=wide)
    assert np.abs(found - 1 / (1 + np.exp(-np.clip(wide, -50, 50)))).max() < SIGMOID_ERROR
    for columns in (1, 2, 7, 10, 32):
        rows = RNG.normal(size=(20, columns)) * 6
        assert np.abs(result_of("softmax", scheme, x=rows) - softmax(rows)).max() < SOFTMAX_ERROR
        assert (result_of("argmax", scheme, x=rows) == rows.argmax(axis=1)).all()
    ties = np.array([[1, 3, 3, 0, 3.0], [2, 2, 2, 2, 2]])
    assert result_of("argmax", scheme, x=ties).tolist() == [1, 0]


_MPYC = """
import json, sys
from mpyc.runtime import mpc
given = json.load(sys.stdin)
Fxp = mpc.SecFxp(64, 16)
async def main():
    x = [mpc.input(Fxp(v), 0) for v in given["x"]]
    y = [mpc.input(Fxp(v), 0) for v in given["y"]]
    relus = [mpc.max(v, 0) for v in x]
    products = [a * b for a, b in zip(x, y)]
    place = mpc.argmax(x)[0]
    return [[float(v) for v in await mpc.output(relus)],
            [float(v) for v in await mpc.output(products)], int(await mpc.output(place))]
print(json.dumps(mpc.run(main())))
"""


def test_mpyc_says_the_same() -> None:
    x, y = GRID[:24], GRID[24:48]
    done = subprocess.run(
        [sys.executable, "-c", _MPYC], input=json.dumps({"x": x.tolist(), "y": y.tolist()}),
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    relus, products, place = json.loads(done.stdout.splitlines()[-1])
    for scheme in SCHEMES:
        assert np.abs(result_of("relu", scheme, x=x) - relus).max() <= 2**-12
        assert np.abs(result_of("product", scheme, x=x, y=y) - products).max() <= 2**-12
        assert result_of("argmax", scheme, x=x[None]).tolist() == [place]


def truncation_without_offset(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(probabilistic_truncation, "offset", lambda: np.uint64(0))


def each_server_cuts_its_own_share(patch: pytest.MonkeyPatch) -> None:
    """SecureML's way, with numbers that are too large for it."""

    def alone(self: two_servers.TwoServers, x: Shared, bits: int) -> Shared:
        part = x.parts[0] if self.me == 0 else np.uint64(0) - x.parts[0]
        part = part >> np.uint64(bits)
        return Shared((part if self.me == 0 else np.uint64(0) - part,))

    patch.setattr(two_servers.TwoServers, "truncate", alone)


@pytest.mark.parametrize("broken", [truncation_without_offset, each_server_cuts_its_own_share])
def test_a_broken_truncation_is_caught(
    broken: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are right nearly always while numbers are small, which is why large ones are tried."""
    broken(monkeypatch)
    found = cut("two-servers", LARGE, monkeypatch)
    assert not np.isin(found - (LARGE >> 20), (0, 1)).all()


@pytest.mark.parametrize("place", [0, 20, 62])
def test_one_dropped_bit_of_the_comparison_is_caught(
    place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = masked_comparison.leaves

    def leaves(opened: Any, masks: Any, *, first: bool) -> Any:
        less, equal = whole(opened, masks, first=first)
        less[place], equal[place] = 0, 255 if first else 0
        return less, equal

    monkeypatch.setattr(masked_comparison, "leaves", leaves)
    words = np.repeat(np.array([1 << place, -(1 << place)], dtype=np.int64), 20)
    assert (signs("two-servers", words, monkeypatch) != (words < 0)).any()


def products_and_relu(scheme: Any, inputs: Any) -> Shared:
    x = inputs["x"]
    return scheme.compare(scheme.multiply(x, scheme.multiply(x, x)))[1]


@both
@pytest.mark.parametrize("constant", [0.0, 1.0])
def test_a_party_sees_only_random_bytes(
    scheme: str, constant: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On data that are as far from random as can be; the keys are fixed, so it cannot come out
    otherwise another day."""
    monkeypatch.setitem(PROGRAMS, "mix", Program(products_and_relu, {"x": DATA_OWNER}))
    for seen in views("mix", scheme, np.full(1000, constant)):
        assert len(seen) > 5 and view_faults(seen) == []


def views(program: str, scheme: str, x: np.ndarray) -> list[list[bytes]]:
    outcomes = outcomes_of(program, scheme, x=x, keep_view=True)
    return [each.seen for each in outcomes if each.seen is not None]


def masks_used_again(patch: pytest.MonkeyPatch) -> None:
    """Every draw begins the stream anew: results stay right, and differences lie open."""
    patch.setattr(Stream, "draw", lambda self, count: self.kept[:count])
    whole = Stream.__init__

    def begin(self: Stream, key: bytes) -> None:
        whole(self, key)
        self.kept = self._cipher.update(bytes(1 << 20))  # type: ignore[attr-defined]

    patch.setattr(Stream, "__init__", begin)


def a_mask_that_is_short(patch: pytest.MonkeyPatch) -> None:
    """Masks of 48 bits, as of somebody who thinks that the numbers are small."""
    whole = Stream.words
    patch.setattr(Stream, "words", lambda self, shape: whole(self, shape) >> np.uint64(16))


@both
@pytest.mark.parametrize("broken", [masks_used_again, a_mask_that_is_short])
def test_broken_masks_are_caught(
    scheme: str, broken: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PROGRAMS, "mix", Program(products_and_relu, {"x": DATA_OWNER}))
    broken(monkeypatch)
    assert any(view_faults(seen) for seen in views("mix", scheme, np.full(1000, 1.0)))


def test_what_is_planned_is_what_comes_to_pass() -> None:
    """A plan knows the rounds and the bytes beforehand, and they depend on shapes alone."""
    for x in (GRID, np.zeros(400)):
        first, second, dealer = outcomes_of("sigmoid", "two-servers", x=x)
        planned = computing.plan(PROGRAMS["sigmoid"], {"x": x.shape})
        assert dealer.cost.offline_bytes == planned.correction_bytes
        assert (first.cost.rounds, second.cost.rounds) == (13, 13)
    relus = outcomes_of("relu", "two-servers", x=GRID)
    # What is opened: a word of the mask, 183 bits of the tree, a bit of the result (docs, ADR).
    assert relus[1].cost.online_bytes == 400 * 8 + 400 * (183 + 1) // 8
    assert sum(2 * pairs + pairs - 1 for pairs in carry_tree.LEVELS) == 183


def test_fixed_point_refuses_what_it_cannot_hold() -> None:
    assert (decode(encode(GRID)) == GRID).all()
    assert np.abs(decode(encode(RNG.normal(size=100))) - 0).max() < 10
    for bad, said in (
        ([1.0, float("nan")], r"x\[1\] is nan"),
        ([[0.0, -float("inf")]], r"x\[0, 1\] is -inf"),
        ([40_000.0], "40000; allowed"),
        ([], "empty"),
        ([[1.0], [2.0, 3.0]], "not an array"),
        (["a"], "not an array"),
    ):
        with pytest.raises(InputError, match=said):
            encode(bad, name="x")
    assert FRACTION_BITS == 16


@pytest.mark.parametrize(
    ("program", "shapes"),
    [
        ("softmax", {"x": (3,)}),
        ("product", {"x": (3,), "y": (4,)}),
        ("matmul", {"x": (3, 2), "y": (3, 2)}),
        ("mlp", {"x": (9, 4), "w1": (5, 2), "b1": (2,), "w2": (2, 3), "b2": (3,)}),
        ("mlp", {"x": (9, 5), "w1": (5, 2), "b1": (2,), "w2": (2, 3), "b2": (2,)}),
    ],
)
def test_shapes_that_do_not_fit_are_refused(program: str, shapes: Any) -> None:
    with pytest.raises(InputError, match="shape"):
        check_shapes(program, shapes)


def test_material_that_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computing, "_MOST_BYTES", 1000)
    with pytest.raises(CapacityError, match="dealer would have to send"):
        computing.plan(PROGRAMS["relu"], {"x": (100,)})
