"""The GGUF reader agrees with gguf's own and survives files that lie."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import gguf
import numpy as np
import pytest
from gguf.quants import dequantize
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.errors import (
    CapabilityError,
    InputError,
    IntegrityError,
    NotFoundError,
    WorkbenchError,
)
from workbench.models.formats.gguf_reader import GgufArray, read_gguf
from workbench.models.formats.tiny import make_tiny_gguf


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf", type="Q4_1")


def test_the_metadata_is_what_ggufs_own_reader_finds(tiny: Path) -> None:
    ours, theirs = read_gguf(tiny), gguf.GGUFReader(tiny)
    expected = {key for key in theirs.fields if not key.startswith("GGUF.")}
    assert set(ours.metadata) == expected
    for key in expected:
        contents = theirs.fields[key].contents()
        value = ours.metadata[key]
        found = ours.array(key) if isinstance(value, GgufArray) else value
        assert found == contents, key


def test_every_tensor_has_the_numbers_that_gguf_finds(tiny: Path) -> None:
    ours = read_gguf(tiny)
    theirs = gguf.GGUFReader(tiny).tensors
    assert list(ours.tensors) == [tensor.name for tensor in theirs]
    for tensor in theirs:
        expected = dequantize(tensor.data, tensor.tensor_type)
        assert ours.tensors[tensor.name].type == tensor.tensor_type.name
        np.testing.assert_array_equal(ours.dequantize(tensor.name), expected)


def test_long_arrays_are_passed_over(tiny: Path) -> None:
    tokens = read_gguf(tiny).metadata["tokenizer.ggml.tokens"]
    assert isinstance(tokens, GgufArray)
    assert tokens.count == 512


def test_unknown_names_are_answered_with_near_ones(tiny: Path) -> None:
    found = read_gguf(tiny)
    with pytest.raises(NotFoundError, match=r"blk\.0\.attn_q\.weight"):
        found.dequantize("blk.0.attn_q.weigth")
    with pytest.raises(NotFoundError, match=r"tokenizer\.ggml\.tokens"):
        found.array("tokenizer.ggml.token")
    with pytest.raises(NotFoundError):
        read_gguf(tiny.with_name("no.gguf"))


def test_a_file_cut_anywhere_is_damaged(tiny: Path, tmp_path: Path) -> None:
    whole = tiny.read_bytes()
    head = min(tensor.offset_bytes for tensor in read_gguf(tiny).tensors.values())
    cut = tmp_path / "cut.gguf"
    for length in [*range(0, head, 97), head, len(whole) // 2, len(whole) - 64]:
        cut.write_bytes(whole[:length])
        with pytest.raises((IntegrityError, InputError)) as caught:
            read_gguf(cut)
        assert isinstance(caught.value, IntegrityError) or length < 4


def _lying(*parts: bytes) -> bytes:
    return b"GGUF" + struct.pack("<I", 3) + b"".join(parts)


@pytest.mark.parametrize(
    "content",
    [
        _lying(struct.pack("<QQ", 1 << 62, 0)),
        _lying(struct.pack("<QQ", 0, 1 << 62)),
        _lying(struct.pack("<QQ", 0, 1), struct.pack("<Q", 1 << 63), bytes(64)),
        _lying(
            struct.pack("<QQ", 0, 1),
            struct.pack("<Q", 1) + b"a" + struct.pack("<IIQ", 9, 8, 1 << 60),
            bytes(64),
        ),
        _lying(
            struct.pack("<QQ", 0, 1),
            struct.pack("<Q", 1) + b"a" + struct.pack("<IIQ", 9, 9, 1 << 60),
            bytes(64),
        ),
        _lying(
            struct.pack("<QQ", 1, 0),
            struct.pack("<Q", 1) + b"a" + struct.pack("<IQQIQ", 2, 1 << 63, 1 << 63, 0, 0),
            bytes(64),
        ),
    ],
    ids=["tensors", "entries", "text", "array", "nested", "shape"],
)
def test_a_file_that_lies_about_sizes_costs_no_memory(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lying.gguf"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(IntegrityError):
            read_gguf(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_changed_bytes_give_our_errors_or_a_reading(
    tiny: Path, tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray(tiny.read_bytes()[:16000])
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, 1500))
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path / "changed.gguf"
    path.write_bytes(content)
    try:
        read_gguf(path)
    except WorkbenchError as error:
        assert isinstance(error, InputError | IntegrityError | CapabilityError)


def test_other_files_and_versions_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"PK\x03\x04 a wheel")
    with pytest.raises(InputError, match="not a GGUF"):
        read_gguf(path)
    path.write_bytes(b"GGUF" + struct.pack(">I", 3) + bytes(32))
    with pytest.raises(InputError, match="little-endian"):
        read_gguf(path)


@pytest.mark.model
def test_the_default_model_is_read(smollm2_gguf: Path) -> None:
    found = read_gguf(smollm2_gguf)
    assert found.architecture == "llama"
    assert found.metadata["llama.rope.freq_base"] == 100000.0
    assert len(found.tensors) == 272
    assert len(found.array("tokenizer.ggml.tokens")) == 49152
