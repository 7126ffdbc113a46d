"""llama.cpp's quantiser, checked by gguf's own de-quantising, which shares no code with it."""

from __future__ import annotations

import gguf
import numpy as np
import pytest

from workbench.core.errors import DependencyError, InputError
from workbench.models.formats import ggml_library
from workbench.models.formats.gguf_types import FILE_TYPES, TENSOR_TYPES, TYPE_IDS
from workbench.models.formats.gguf_writer import LIBRARY_TYPES, PYTHON_TYPES, quantize

# Root of the mean squared error of normal weights with deviation 1. The least that any code of so
# many bits a weight can reach is 2 ** -bits (Shannon's rate-distortion bound for a normal source).
_MOST_ERROR = {"Q6_K": 0.019, "Q5_K": 0.038, "Q4_K": 0.075, "IQ4_NL": 0.080, "IQ4_XS": 0.081}


def weights(rows: int = 32, columns: int = 512, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def unpack(blocks: bytes, type: str, shape: tuple[int, int]) -> np.ndarray:
    """By gguf, in Python."""
    raw = np.frombuffer(blocks, np.uint8).reshape(shape[0], -1)
    return gguf.quants.dequantize(raw, gguf.GGMLQuantizationType[type])


def error(numbers: np.ndarray, blocks: bytes, type: str) -> float:
    return float(np.sqrt(np.mean((unpack(blocks, type, numbers.shape) - numbers) ** 2)))


@pytest.mark.parametrize("type", LIBRARY_TYPES)
def test_the_error_lies_between_what_is_possible_and_what_is_right(type: str) -> None:
    numbers = weights()
    _, block, block_bytes = TENSOR_TYPES[TYPE_IDS[type]]
    found = error(numbers, quantize(numbers, type), type)
    assert 2 ** -(8 * block_bytes / block) < found < _MOST_ERROR[type]


def _swap_neighbouring_blocks(raw: np.ndarray) -> np.ndarray:
    broken = raw.copy()
    broken[0::2, :4], broken[1::2, :4] = raw[1::2, :4], raw[0::2, :4]
    return broken


def _drop_the_least(raw: np.ndarray) -> np.ndarray:
    broken = raw.copy()
    broken[:, 2:4] = 0  # Q4_K's and Q5_K's second half float: what all weights of a block begin at
    return broken


@pytest.mark.parametrize("type", ["Q4_K", "Q5_K"])
@pytest.mark.parametrize("breaking", [_swap_neighbouring_blocks, _drop_the_least])
def test_blocks_with_scales_swapped_or_offsets_dropped_fail_that_bound(
    type: str, breaking: object
) -> None:
    numbers = weights() * np.exp(weights(seed=1)[:, :1])  # each row has a size of its own
    blocks = quantize(numbers, type)
    raw = np.frombuffer(blocks, np.uint8).reshape(-1, TENSOR_TYPES[TYPE_IDS[type]][2])
    broken = breaking(raw).tobytes()  # type: ignore[operator]
    size = float(np.sqrt(np.mean(numbers**2)))
    assert error(numbers, blocks, type) < _MOST_ERROR[type] * size
    assert error(numbers, broken, type) > 2 * _MOST_ERROR[type] * size


@pytest.mark.parametrize("type", [*LIBRARY_TYPES, "Q4_0", "Q4_1", "Q5_0", "Q5_1"])
def test_an_importance_moves_the_error_to_where_it_costs_little(type: str) -> None:
    numbers = weights()
    importance = np.exp(2 * np.random.default_rng(2).normal(size=512)).astype(np.float32)

    def cost(blocks: bytes) -> float:
        return float(np.mean(importance * (unpack(blocks, type, numbers.shape) - numbers) ** 2))

    assert cost(quantize(numbers, type, importance=importance)) < cost(quantize(numbers, type))


@pytest.mark.parametrize("type", [*LIBRARY_TYPES, "Q8_0"])
def test_threads_make_the_same_bytes(type: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ggml_library, "_NUMBERS_AT_ONCE", 2048)
    numbers = weights(rows=31)
    assert quantize(numbers, type, threads=3) == quantize(numbers, type)


def test_weights_that_no_block_can_hold_are_refused() -> None:
    numbers = weights(rows=2)
    numbers[1, 3] = np.nan
    with pytest.raises(InputError, match="not a finite number"):
        quantize(numbers, "Q4_K")
    with pytest.raises(InputError, match="too large for the scales of Q4_K"):
        quantize(np.full((1, 256), 1e30, np.float32) * weights(1, 256), "Q4_K")
    with pytest.raises(InputError, match="whole blocks of 256"):
        quantize(weights(columns=288), "Q6_K")
    with pytest.raises(InputError, match="does not weigh 512 columns"):
        quantize(weights(), "Q4_K", importance=np.ones(511, np.float32))
    with pytest.raises(InputError, match="not negative"):
        quantize(weights(), "Q4_K", importance=np.full(512, -1.0, np.float32))


def test_columns_that_were_never_reached_do_not_spoil_their_block() -> None:
    numbers, importance = weights(), np.ones(512, np.float32)
    importance[:256] = 0
    for given in (importance, np.zeros(512, np.float32)):
        found = error(numbers, quantize(numbers, "Q4_K", importance=given), "Q4_K")
        assert found < 2 * _MOST_ERROR["Q4_K"]


@pytest.fixture
def _without_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ggml_library, "_find_library", lambda: None)


@pytest.mark.parametrize("type", [each for each in PYTHON_TYPES if each not in ("F32", "F16")])
@pytest.mark.usefixtures("_without_library")
def test_without_the_library_plain_types_are_made_in_python_to_the_byte(type: str) -> None:
    numbers = weights()
    numbers[0, :32] = 0
    in_python = quantize(numbers, type)
    if type != "BF16":
        with pytest.MonkeyPatch.context() as back:
            back.setattr(ggml_library, "_find_library", _FOUND)
            assert quantize(numbers, type) == in_python
    assert error(numbers, in_python, type) < 0.1


_FOUND = ggml_library._find_library


@pytest.mark.usefixtures("_without_library")
def test_without_the_library_the_others_say_what_to_install() -> None:
    with pytest.raises(DependencyError, match=r"Q4_K needs llama\.cpp's library") as caught:
        quantize(weights(), "Q4_K")
    assert "install" in str(caught.value.hint)
    with pytest.raises(DependencyError, match=r"llama\.cpp's library"):
        quantize(weights(), "Q4_0", importance=np.ones(512, np.float32))


def test_file_types_have_the_numbers_that_llama_cpp_gives_them() -> None:
    names = {"F32": "ALL_F32"}
    for name, number in FILE_TYPES.items():
        assert gguf.LlamaFileType[names.get(name, f"MOSTLY_{name}")] == number
