"""A model is made smaller whole or not at all, found again, and told with its figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from workbench import edge
from workbench.core import settings
from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import (
    CancelledError,
    CapabilityError,
    ConflictError,
    InputError,
    StorageError,
)
from workbench.core.plain import to_plain
from workbench.edge.compression import compressing
from workbench.models.formats import gguf_writer
from workbench.models.formats.gguf_reader import read_gguf


def test_the_figures_of_both_sides_stand_beside_the_file(tiny_gguf: Path, texts: Path) -> None:
    made = edge.compress(model=str(tiny_gguf), to="gguf:q8_0", texts=str(texts))
    assert made.path.is_file()
    assert made.path.stat().st_size == made.size_bytes < 0.3 * made.size_bytes_base
    assert made.perplexity is not None
    assert made.perplexity_base is not None
    assert made.perplexity == pytest.approx(made.perplexity_base, rel=0.05)
    assert made.memory_bytes is not None
    told = to_plain(made)
    asked = {"path", "size_bytes", "perplexity", "perplexity_base", "tokens_per_s"}
    assert asked <= set(json.loads(json.dumps(told)))
    assert made.encoding == "Q8_0, encoded from unquantised weights"


@pytest.mark.parametrize("source", ["tiny_gguf", "tiny_folder"])
def test_a_file_and_a_folder_of_the_same_weights_become_the_same_blocks(
    source: str, tiny_gguf: Path, request: pytest.FixtureRequest
) -> None:
    path = request.getfixturevalue(source)
    made = edge.compress(model=str(path), to="gguf:q4_k_m", measure=False)
    found, base = read_gguf(made.path), read_gguf(tiny_gguf)
    assert found.metadata["general.file_type"] == 15
    for name, tensor in found.tensors.items():
        numbers, before = found.dequantize(name), base.dequantize(name)
        assert np.sqrt(np.mean((numbers - before) ** 2)) < 0.08 * np.sqrt(np.mean(before**2))
        assert tensor.type in ("F32", "Q4_K", "Q6_K")


def test_it_is_made_once_and_anew_if_it_was_changed(
    tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = edge.compress(model=str(tiny_gguf), to="gguf:q4_0", measure=False)
    content = made.path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(compressing, "_write_gguf", None)  # making it again would need it
        again = edge.compress(model=str(tiny_gguf), to="gguf:q4_0", measure=False)
    assert again == made
    made.path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert edge.compress(model=str(tiny_gguf), to="gguf:q4_0", measure=False) == made
    assert made.path.read_bytes() == content


def test_a_calibration_is_another_file_and_says_what_it_was(
    tiny_gguf: Path, calibration: Path
) -> None:
    plain = edge.compress(model=str(tiny_gguf), to="gguf:q4_k_m", measure=False)
    made = edge.compress(
        model=str(tiny_gguf), to="gguf:q4_k_m", calibration=str(calibration), measure=False
    )
    assert made.path != plain.path
    assert made.sha256 != plain.sha256
    said = read_gguf(made.path).metadata["quantize.imatrix.dataset"]
    assert said == f"calibration.txt, sha256 {made.calibration_sha256}"
    assert plain.calibration_sha256 is None


def test_a_copy_goes_where_it_is_wanted_and_over_nothing(tiny_gguf: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.gguf"
    made = edge.compress(model=str(tiny_gguf), to="gguf:q8_0", measure=False, out=out)
    assert made.path == out
    assert read_gguf(out).metadata["general.file_type"] == 7
    with pytest.raises(ConflictError, match="is there already"):
        edge.compress(model=str(tiny_gguf), to="gguf:q8_0", measure=False, out=out)


def test_a_full_disk_leaves_nothing(tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("workbench.models.formats.requantize.quantize", full)
    with pytest.raises(StorageError, match="no space left"):
        edge.compress(model=str(tiny_gguf), to="gguf:q4_0", measure=False)
    assert list((settings.home() / "compressed").iterdir()) == []


def test_a_run_that_is_cancelled_leaves_nothing(
    tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, real = CancelToken(), gguf_writer.quantize

    def quantize(*args: object, **given: object) -> bytes:
        token.cancel()
        return real(*args, **given)  # type: ignore[arg-type]

    monkeypatch.setattr("workbench.models.formats.requantize.quantize", quantize)
    with pytest.raises(CancelledError), cancellable(token):
        edge.compress(model=str(tiny_gguf), to="gguf:q4_0", measure=False)
    assert list((settings.home() / "compressed").iterdir()) == []


def test_what_does_not_go_together_is_named(
    tiny_gguf: Path, tiny_folder: Path, tmp_path: Path, calibration: Path
) -> None:
    with pytest.raises(InputError, match="mlx:4 takes none"):
        edge.compress(model=str(tiny_gguf), to="mlx:4", calibration=str(calibration))
    strange = tmp_path / "strange"
    strange.mkdir()
    for path in tiny_folder.iterdir():
        (strange / path.name).write_bytes(path.read_bytes())
    config = json.loads((strange / "config.json").read_text())
    (strange / "config.json").write_text(json.dumps(config | {"model_type": "mamba"}))
    with pytest.raises(CapabilityError, match="a mamba model"):
        edge.compress(model=str(strange), to="gguf:q8_0", measure=False)
    assert not list((settings.home() / "compressed").glob("*"))


def test_a_model_of_an_unknown_architecture_is_named(tiny_gguf: Path, tmp_path: Path) -> None:
    """Its bytes can be quantised; no runtime here can read what comes of it."""
    strange = tmp_path / "strange.gguf"
    strange.write_bytes(tiny_gguf.read_bytes().replace(b"llama", b"zonda"))
    with pytest.raises(CapabilityError, match="does not know the architecture 'zonda'"):
        edge.compress(model=str(strange), to="gguf:q8_0")
    with pytest.raises(CapabilityError, match="has the architecture 'zonda'"):
        edge.compress(model=str(strange), to="mlx:4", measure=False)
