"""What is refused before anything runs, with its figures, and a model kept in a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import InputError, IntegrityError, NotFoundError
from workbench.privacy.encryption.compiling import (
    Compiled,
    compile_encrypted,
    load_compiled,
    save_compiled,
)
from workbench.privacy.encryption.parameters import MOST_BITS
from workbench.privacy.encryption.plan import Plan

from .made import made_network, made_rows

ROWS = made_rows(100, 8)


def test_a_circuit_that_is_too_deep_is_refused_with_its_figures() -> None:
    deep = made_network((8,) * 9, "relu")
    with pytest.raises(InputError) as caught:
        compile_encrypted(deep, ROWS, degree=4)
    assert "too deep: it takes 22 levels" in str(caught.value)
    assert "438 bits of a ring of 16384 leave 18 bits" in str(caught.value)
    assert "20 are needed" in str(caught.value) and caught.value.hint
    with pytest.raises(InputError, match=r"a ring of 4096 leave .* bits for the scale"):
        compile_encrypted(made_network((8, 8, 3), "relu"), ROWS, ring=4096, degree=4)


def test_a_wrong_scale_is_refused_with_its_figures() -> None:
    network = made_network((8, 4, 3), "relu")
    with pytest.raises(InputError, match=r"the scale is wrong: at 2\^20 .* about 2\^2\d is needed"):
        compile_encrypted(network, ROWS, scale_bits=20)
    with pytest.raises(InputError, match=r"leave 4\d bits for the scale; 52 were asked for"):
        compile_encrypted(network, ROWS, scale_bits=52, ring=8192)


def test_parameters_are_the_smallest_that_are_precise_enough_and_of_128_bits() -> None:
    found = {}
    for shape in [(8, 3), (8, 4, 3), (8, 8, 8, 8, 3)]:
        plan = compile_encrypted(made_network(shape, "relu"), ROWS).plan
        parameters = plan.parameters
        assert parameters.total_bits <= MOST_BITS[parameters.degree]
        assert plan.error_bound <= 1e-3 * plan.output_range
        found[len(shape)] = parameters.degree
    assert found == {2: 4096, 3: 8192, 5: 16384}
    coarse = compile_encrypted(made_network((8, 3), "relu"), ROWS, tolerance=1e-6).plan
    assert coarse.parameters.degree == 8192


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (np.zeros((2, 7)), r"the shape \[2, 7\]; the model small takes at least one row of 8"),
        (np.zeros((0, 8)), "at least one row"),
        (np.full((1, 8), np.nan), "row 0 has nan as feature 0: no finite number"),
        (np.full((3, 8), 9.0), "row 0 has 9 as feature 0, outside of the range .* fitted to: -"),
        ([["a"] * 8], "no table of numbers"),
    ],
)
def test_rows_that_do_not_fit_are_refused(small: Compiled, rows: np.ndarray, said: str) -> None:
    with pytest.raises(InputError, match=said):
        small.plan.check_rows(rows)


def test_rows_to_fit_to_are_looked_at() -> None:
    network = made_network((8, 3), "relu")
    with pytest.raises(InputError, match="takes 8 features"):
        compile_encrypted(network, ROWS[:, :7])
    with pytest.raises(InputError, match="no finite number"):
        compile_encrypted(network, ROWS * np.inf)
    with pytest.raises(InputError, match="outside of the input range"):
        compile_encrypted(network, ROWS, input_range=(0, 1))
    with pytest.raises(InputError, match="each low end must be below"):
        compile_encrypted(network, ROWS, input_range=(1, -1))
    ends = (ROWS.min(axis=0), ROWS.max(axis=0))
    assert compile_encrypted(network, ROWS, input_range=ends).plan.low == tuple(ends[0].tolist())
    with pytest.raises(InputError, match="a ring of 5"):
        compile_encrypted(network, ROWS, ring=5)


def test_a_model_is_kept_in_a_folder_whole(small: Compiled, tmp_path: Path) -> None:
    save_compiled(small, tmp_path)
    again = load_compiled(tmp_path)
    assert again.plan == small.plan and again.plan.sha256 == small.plan.sha256
    assert np.array_equal(again.circuit.scores(ROWS), small.circuit.scores(ROWS))
    # The plan, which clients get, tells no weight.
    weight = small.circuit.stages[0].dense.weight
    assert all(repr(float(w))[:9] not in small.plan.to_json() for w in weight.ravel())
    content = bytearray((tmp_path / "model.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "model.npz").write_bytes(content)
    with pytest.raises(IntegrityError, match="not those of the plan"):
        load_compiled(tmp_path)
    (tmp_path / "model.npz").unlink()
    with pytest.raises(NotFoundError, match="no weights"):
        load_compiled(tmp_path)


def test_a_plan_that_is_none_is_refused(small: Compiled) -> None:
    text = small.plan.to_json()
    assert Plan.from_json(text) == small.plan
    broken = {
        "{": "no plan", text.replace('"version":1', '"version":2'): "its version is 2",
        text.replace('"degree":8192', '"degree":2048'): "not of 128 bits",
        text.replace('"width":8', '"width":7'): "its width",
        text.replace('"low":[', '"low":[0,'): "its ranges",
        text.replace('"baby":', '"baby":1'): "its layers do not fit",
        text.replace('"first_bits":', '"first_bits":-1'): "its primes",
        text.replace('"shape":[8,4,3]', '"shape":[3]'): "its layers are none",
    }  # fmt: skip
    for wrong, said in broken.items():
        with pytest.raises(IntegrityError, match=said):
            Plan.from_json(wrong)
