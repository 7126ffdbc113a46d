"""Matrices by diagonals: against the product itself, and with the fewest rotations."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.privacy.encryption.diagonals import (
    Product,
    diagonals,
    plan_products,
    power_of_two,
    repeated,
)

SHAPES = [(64, 32, 10), (64, 10), (512, 6), (5, 3), (3, 17, 2), (1, 4), (16, 16, 16), (7, 1)]


def multiply(product: Product, made: np.ndarray, x: np.ndarray) -> np.ndarray:
    """What a server does, with numpy's roll for a rotation."""

    def rotate(values: np.ndarray, places: int) -> np.ndarray:
        return np.roll(values, -places)

    total = np.zeros_like(x)
    turned = [x]
    for _ in range(product.baby - 1):
        turned.append(rotate(turned[-1], 1))
    for giant in reversed(range(product.giant)):
        total = rotate(total, product.baby)
        total = total + sum(made[giant, baby] * turned[baby] for baby in range(product.baby))
    for fold in product.folds:
        total = total + rotate(total, fold)
    return total


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_diagonals_give_the_product(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(len(shape))
    products = plan_products(shape)
    width = max(max(each.period_in, each.period_out) for each in products)
    x = rng.normal(size=shape[0])
    packed = repeated(x, products[0].period_in, width)
    for product in products:
        weight = rng.normal(size=(product.outputs, product.inputs))
        made = diagonals(product, weight, width)
        packed, x = multiply(product, made, packed), weight @ x
        assert np.allclose(packed, repeated(x, product.period_out, width))


def test_the_look_sees_a_wrong_rotation_and_a_missing_diagonal() -> None:
    (product,) = plan_products((64, 10))
    weight = np.random.default_rng(0).normal(size=(10, 64))
    x = np.random.default_rng(1).normal(size=64)
    wanted = repeated(weight @ x, 16, 64)
    made = diagonals(product, weight, 64)
    assert np.allclose(multiply(product, made, x), wanted)
    wrong = Product(*(10, 64, 64, 16), product.baby, product.giant, (16, 16))
    assert not np.allclose(multiply(wrong, made, x), wanted)
    made[1, 2] = 0
    assert not np.allclose(multiply(product, made, x), wanted)


def test_no_split_has_fewer_rotations_and_keys_are_shared() -> None:
    for shape in SHAPES:
        for each in plan_products(shape):
            count = min(each.period_in, each.period_out)
            splits = [
                (1 << b) + (count >> b) - 2 + len(each.folds) for b in range(count.bit_length())
            ]
            assert each.rotations == min(splits)
    first, second = plan_products((64, 32, 10))
    assert (first.rotations, second.rotations) == (11, 7)
    # 18 rotations by 4 keys: steps of 1 and 4, folds of 16 and 32.
    assert first.steps | second.steps == {1, 4, 16, 32}


def test_powers() -> None:
    assert [power_of_two(n) for n in (1, 2, 3, 10, 64, 65)] == [1, 2, 4, 16, 64, 128]
