"""GGUF to folder: the tensors are transformers' own, and the cache survives crowds and crashes."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core import settings
from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import CancelledError, CapabilityError, InputError, StorageError
from workbench.models.formats import architectures, convert, hf_config, made_folders
from workbench.models.formats.architectures import find_architecture, permute_rows, unpermute_rows
from workbench.models.formats.convert import convert_gguf
from workbench.models.formats.gguf_reader import read_gguf
from workbench.models.formats.gguf_writer import encode_entries, write_gguf
from workbench.models.formats.safetensors_files import read_safetensors, to_dtype
from workbench.models.formats.tiny import TINY_ARCHITECTURES, make_tiny_folder, make_tiny_gguf
from workbench.models.protocol import ModelFiles
from workbench.models.variants import take_variant


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return make_tiny_gguf(tmp_path / "tiny.gguf")


@pytest.fixture(scope="module")
def converted(smollm2_gguf: Path, shared_home_path: Path) -> Path:
    with settings.override(home=shared_home_path):
        return convert_gguf(smollm2_gguf)


def transformers_reading(gguf: Path) -> dict[str, Any]:
    """What transformers makes of the same file, by code that is not ours."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM
    from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

    config = AutoConfig.for_model(**load_gguf_checkpoint(str(gguf))["config"])
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    found: dict[str, Any] = load_gguf_checkpoint(
        str(gguf), return_tensors=True, model_to_load=model
    )["tensors"]
    return found


def differing(ours: Path, theirs: dict[str, Any]) -> list[str]:
    tensors = dict(read_safetensors(ours / "model.safetensors"))
    assert set(tensors) == set(theirs)
    return [n for n, numbers in tensors.items() if not np.array_equal(numbers, theirs[n].numpy())]


@pytest.mark.model
@pytest.mark.slow
def test_every_tensor_of_the_default_model_is_the_one_that_transformers_reads(
    smollm2_gguf: Path, converted: Path
) -> None:
    assert differing(converted, transformers_reading(smollm2_gguf)) == []


def test_the_same_comparison_catches_rows_left_permuted(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = transformers_reading(tiny)
    assert differing(convert_gguf(tiny), theirs) == []
    monkeypatch.setattr(architectures, "unpermute_rows", lambda weights, heads: weights)
    broken = convert_gguf(tiny, sha256="broken")
    assert {name.split(".")[-2] for name in differing(broken, theirs)} == {"q_proj", "k_proj"}


@pytest.mark.parametrize("architecture", TINY_ARCHITECTURES)
def test_folder_to_gguf_to_folder_gives_the_same_weights(tmp_path: Path, architecture: str) -> None:
    first = make_tiny_folder(tmp_path / "first", architecture)
    second = convert_gguf(make_tiny_gguf(tmp_path / "tiny.gguf", architecture))
    before = dict(read_safetensors(first / "model.safetensors"))
    after = dict(read_safetensors(second / "model.safetensors"))
    assert set(before) == set(after)
    for name, numbers in before.items():
        np.testing.assert_allclose(after[name], numbers, atol=2e-7, err_msg=name)


def test_permuting_is_the_inverse_of_unpermuting() -> None:
    rows = np.arange(48.0).reshape(24, 2)
    np.testing.assert_array_equal(unpermute_rows(permute_rows(rows, 3), 3), rows)
    # One head of four rows: llama.cpp stores 0, 2, 1, 3.
    assert permute_rows(np.arange(4), 1).tolist() == [0, 2, 1, 3]


def test_the_config_says_the_rotary_base_where_each_engine_looks(tiny: Path) -> None:
    config = json.loads((convert_gguf(tiny) / "config.json").read_text())
    assert config["rope_theta"] == config["rope_parameters"]["rope_theta"] == 10000.0


def test_llama_3s_stretched_positions_are_recognised() -> None:
    from transformers import LlamaConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    scaling = {
        "rope_type": "llama3",
        "rope_theta": 500000.0,
        "factor": 32.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    }
    config = LlamaConfig(
        hidden_size=128, num_attention_heads=2, head_dim=64, rope_parameters=dict(scaling)
    )
    stretched, _ = ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")
    plain = 500000.0 ** (-np.arange(0, 64, 2) / 64)
    found = hf_config._llama3_scaling(plain / stretched.numpy(), 500000.0, 64)
    assert found is not None
    assert {**found, "rope_theta": 500000.0} == scaling
    assert hf_config._llama3_scaling(np.full(32, 7.0), 500000.0, 64) is None


def test_what_cannot_be_converted_is_refused_and_leaves_nothing(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "other.gguf"
    write_gguf(path, encode_entries({"general.architecture": "mamba"}), [], [])
    with pytest.raises(CapabilityError, match=r"'mamba'.*llama, qwen2"):
        convert_gguf(path)
    experts = {"general.architecture": "llama", "llama.expert_count": 8}
    write_gguf(path, encode_entries(experts), [], [])
    with pytest.raises(CapabilityError, match="experts"):
        find_architecture(read_gguf(path))
    with pytest.raises(InputError, match="float8"):
        convert_gguf(path, dtype="float8")
    assert list((home / "converted").iterdir()) == []


def test_the_second_call_finds_the_folder(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = convert_gguf(tiny)
    monkeypatch.setattr(convert, "write_folder", None)
    assert convert_gguf(tiny) == folder


def test_a_folder_that_lost_a_file_is_made_again(tiny: Path) -> None:
    folder = convert_gguf(tiny)
    (folder / "tokenizer.json").unlink()
    assert convert_gguf(tiny) == folder
    assert (folder / "tokenizer.json").is_file()


def flip(path: Path) -> None:
    """One bit of a file, in the middle, its size unchanged."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_folder_with_a_changed_byte_is_made_again(
    tiny: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = convert_gguf(tiny)
    weights = folder / "model.safetensors"
    made = weights.read_bytes()
    flip(weights)
    assert weights.read_bytes() != made
    assert convert_gguf(tiny) == folder
    assert weights.read_bytes() == made
    assert "not as it was made (model.safetensors)" in caplog.text


def test_a_variant_with_a_changed_byte_is_made_again(tiny: Path) -> None:
    files = ModelFiles("tiny", gguf=tiny)
    file = take_variant(files, "llamacpp", "Q8_0").gguf
    assert file is not None
    made = file.read_bytes()
    flip(file)
    assert take_variant(files, "llamacpp", "Q8_0").gguf == file
    assert file.read_bytes() == made


def test_a_sound_folder_is_read_once_in_a_process(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = convert_gguf(tiny)
    assert made_folders.is_sound(folder)
    monkeypatch.setattr(made_folders, "hash_file", None)
    assert made_folders.is_sound(folder)


def test_a_list_of_sizes_as_it_was_once_is_made_again(tiny: Path) -> None:
    folder = convert_gguf(tiny)
    sizes = {file.name: file.stat().st_size for file in folder.iterdir()}
    (folder / made_folders.LIST).write_text(json.dumps(sizes))
    assert not made_folders.is_sound(folder)
    (folder / made_folders.LIST).write_text("[]")
    assert not made_folders.is_sound(folder)
    convert_gguf(tiny)
    assert made_folders.is_sound(folder)


def test_a_cancelled_conversion_leaves_nothing(tiny: Path, home: Path) -> None:
    token = CancelToken()
    token.cancel()
    with cancellable(token), pytest.raises(CancelledError):
        convert_gguf(tiny)
    assert list((home / "converted").iterdir()) == []


def test_a_full_disk_is_seen_before_anything_is_written(
    tiny: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(home.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    with pytest.raises(StorageError, match="are needed to convert"):
        convert_gguf(tiny)
    assert list((home / "converted").iterdir()) == []


def _convert_into(gguf: Path, home: Path, start: Any, results: Any) -> None:
    start.wait()
    with settings.override(home=home):
        results.put(str(convert_gguf(gguf, sha256="crowd")))


def test_processes_that_convert_at_once_agree(tiny: Path, home: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(2), context.Queue()
    target: Callable[..., None] = _convert_into
    processes = [
        context.Process(target=target, args=(tiny, home, start, results)) for _ in range(2)
    ]
    for process in processes:
        process.start()
    found = {results.get(timeout=60) for _ in processes}
    for process in processes:
        process.join()
    assert len(found) == 1
    assert [path.name for path in (home / "converted").iterdir()] == ["crowd-float32-v1"]


def test_half_precision_rounds_as_torch_does() -> None:
    import torch

    numbers = np.random.default_rng(0).normal(size=4000).astype(np.float32)
    numbers[:6] = [0.0, -0.0, np.inf, -np.inf, 3.4e38, 1e-40]
    ours = to_dtype(numbers, "bfloat16").view(np.int16)
    theirs = torch.from_numpy(numbers).to(torch.bfloat16).view(torch.int16).numpy()
    np.testing.assert_array_equal(ours, theirs)
    not_a_number = to_dtype(np.array([np.nan], np.float32), "bfloat16")
    assert not_a_number[0] & 0x7F80 == 0x7F80 and not_a_number[0] & 0x7F
    with pytest.raises(InputError, match="float16"):
        to_dtype(np.array([1e6], np.float32), "float16")
