"""What stands behind a model's name: files, settings, engine; elsewhere, where."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.serving.cache.identities import Identities, describe_model


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ``workbench.toml`` that the test writes."""
    path = tmp_path / "workbench.toml"
    path.write_text("")
    monkeypatch.setenv("WORKBENCH_CONFIG", str(path))
    return path


def test_the_settings_of_a_model_are_part_of_it(config: Path) -> None:
    identities = Identities()
    before = identities("smollm2-135m")
    assert identities("smollm2-135m") == before
    config.write_text("[models.smollm2-135m]\nsystem = 'Be brief.'\nsampling = { temperature = 0 }")
    after = identities("smollm2-135m")
    assert after[0] != before[0]
    assert after[1] == 0


def test_a_file_of_the_users_own_that_was_replaced_is_another(config: Path, tmp_path: Path) -> None:
    gguf = tmp_path / "mine.gguf"
    gguf.write_bytes(b"GGUF" + bytes(20))
    config.write_text(f"[models.mine]\npath = '{gguf}'")
    before = describe_model("mine")
    gguf.write_bytes(b"GGUF" + bytes(21))
    assert describe_model("mine") != before


def test_models_and_adapters_are_apart(config: Path) -> None:
    names = ["smollm2-135m", "minilm-l6-v2", "smollm2-135m:a@1", "smollm2-135m:a@2"]
    assert len({describe_model(name)[0] for name in names}) == 4


def test_a_model_elsewhere_is_known_by_where_it_is(config: Path) -> None:
    identities = Identities(lambda model: "hosted large" if model == "large" else None)
    assert identities("large") == ("hosted large", None)
    assert identities("nobody/knows") == ("nobody/knows", None)
