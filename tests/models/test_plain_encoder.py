"""A few texts' vectors by numpy alone are those of the engine, but for rounding."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.models import catalogue, plain_encoder
from workbench.models.loading import load, model_files
from workbench.models.plain_encoder import PlainEncoder, find_plain_encoder, is_plain

NAME = "minilm-l6-v2"
TEXTS = (
    *("Who is Ana's manager?", "a", "Zürich liegt in der Schweiz.", "東京", "x y z " * 7),
    "The pool was opened in 1962. " * 80,  # longer than it reads
)


def differ(encoder: PlainEncoder) -> float:
    """The most that a number differs from the engine's."""
    with load(NAME) as model:
        wanted = model.embed(list(TEXTS))
    found = encoder.embed(TEXTS)
    assert found.shape == wanted.shape and found.dtype == np.float32
    return float(np.abs(found - wanted).max())


@pytest.mark.model
def test_vectors_are_the_engines(shared_home: Path) -> None:
    encoder = find_plain_encoder(NAME)
    assert encoder is not None and differ(encoder) < 1e-6


@pytest.mark.model
def test_another_arithmetic_is_seen(shared_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variant: the widely used approximation of the same function."""
    encoder = find_plain_encoder(NAME)
    assert encoder is not None
    approximate = lambda x: 0.5 * x * (1 + np.tanh(0.79788456 * (x + 0.044715 * x**3)))  # noqa: E731
    monkeypatch.setattr(plain_encoder, "_gelu", approximate)
    assert differ(encoder) > 1e-5


@pytest.mark.model
@pytest.mark.parametrize("text", ["", " \n", "\ud800"])
def test_what_is_no_text_is_refused(shared_home: Path, text: str) -> None:
    encoder = find_plain_encoder(NAME)
    assert encoder is not None
    with pytest.raises(InputError):
        encoder.embed(["a word", text])


@pytest.mark.model
def test_torch_is_not_loaded(shared_home: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from workbench.models.plain_encoder import find_plain_encoder\n"
        f"print(find_plain_encoder('{NAME}').embed(['a word', 'two words']).shape)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(2, 384)"


@pytest.mark.model
def test_another_kind_of_encoder_is_left_to_its_engine(shared_home: Path, tmp_path: Path) -> None:
    folder = model_files(catalogue.find(NAME)).folder
    assert folder is not None and is_plain(folder)
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    assert is_plain(copy)
    config = json.loads((copy / "config.json").read_text())
    for other in ({"model_type": "roberta"}, {"hidden_act": "relu"}):
        (copy / "config.json").write_text(json.dumps(config | other))
        assert not is_plain(copy)
    (copy / "config.json").write_text(json.dumps(config))
    (copy / "1_Pooling").mkdir()
    (copy / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    assert not is_plain(copy)


@pytest.mark.model
def test_settings_that_choose_otherwise_are_followed(
    shared_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = plain_encoder.read_settings
    assert find_plain_encoder(NAME) is not None
    monkeypatch.setattr(plain_encoder, "read_settings", lambda name: real(name, dtype="bfloat16"))
    assert find_plain_encoder(NAME) is None


def test_what_is_not_on_the_disk_is_left_to_its_engine(home: Path) -> None:
    assert find_plain_encoder(NAME) is None
