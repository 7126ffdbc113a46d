"""Adapters through the gateway: each under a name of its own, made up ones refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench import identity
from workbench.core import settings
from workbench.models.adapter_store import register_adapter
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.formats.tiny_lora import make_tiny_lora
from workbench.models.formats.to_gguf import write_gguf_of_folder
from workbench.serving.server import serving
from workbench.serving.settings import ServingSettings

from .conftest import Answered, Client

pytestmark = pytest.mark.model


@pytest.fixture
def tiny(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A gateway over a tiny model with random weights and two adapters of it."""
    make_tiny_folder(tmp_path / "folder")
    gguf = write_gguf_of_folder(tmp_path / "folder", tmp_path / "tiny.gguf", type="F32")
    text = f'[models.tiny]\npath = "{gguf}"\nthreads = 1\ncontext_tokens = 256\n'
    (tmp_path / "workbench.toml").write_text(text)
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "workbench.toml"))
    for seed, name in enumerate(("a", "b")):
        make_tiny_lora(tmp_path / name, gguf, name=name, base_model="tiny", seed=seed)
        register_adapter(tmp_path / name)
    with settings.override(threads=1), serving(chosen=ServingSettings(load_at_start=())) as server:
        yield Client(server.url, server.key)


def complete(client: Client, model: str, key: str | None = None) -> Answered:
    body = {"model": model, "prompt": "Once upon a time", "max_tokens": 6, "temperature": 0}
    return client.request("POST", "/v1/completions", body, key)


def test_each_adapter_answers_as_itself(tiny: Client) -> None:
    answers = {name: complete(tiny, name) for name in ("tiny", "tiny:a", "tiny:b@1", "tiny:a@1")}
    assert {answer.status for answer in answers.values()} == {200}, answers
    texts = {name: answer.json["choices"][0]["text"] for name, answer in answers.items()}
    assert texts["tiny:a"] == texts["tiny:a@1"]
    assert len({texts["tiny"], texts["tiny:a"], texts["tiny:b@1"]}) == 3
    assert answers["tiny:a"].headers["x-workbench-model"] == "tiny:a"
    listed = [each["id"] for each in tiny.request("GET", "/v1/models").json["data"]]
    assert {"tiny", "tiny:a@1", "tiny:b@1"} <= set(listed)


def test_an_adapter_that_is_not_there_is_refused_and_not_remembered(tiny: Client) -> None:
    for name in ("tiny:c", "tiny:a@9", "tiny:", "tiny:a@", "other:a", "tiny:../a"):
        assert complete(tiny, name).status == 404, name
    told = tiny.request("GET", "/admin/v1/models").json
    assert [each for each in told["backends"] if ":" in each["model"]] == []


def test_the_base_does_not_allow_its_adapters(tiny: Client) -> None:
    key = identity.create_key("base-only", models=["tiny"]).key
    assert complete(tiny, "tiny", key).status == 200
    assert complete(tiny, "tiny:a", key).status == 403
