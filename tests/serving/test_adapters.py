"""Adapters through the gateway: each under a name of its own, made up ones refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench import identity
from workbench.core import settings
from workbench.models.adapter_store import register_adapter
from workbench.models.adapters import KIND
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.formats.tiny_lora import make_tiny_lora
from workbench.models.formats.to_gguf import write_gguf_of_folder
from workbench.models.routing.trials import Trial, put_trial, read_route
from workbench.serving.cache.identities import Identities, moves
from workbench.serving.cache.remembered import Remembered
from workbench.serving.server import serving
from workbench.serving.settings import ServingSettings
from workbench.store.database import open_database
from workbench.store.usage_queries import settlements
from workbench.store.usage_rows import UsageRow
from workbench.store.versions import Versions

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


@pytest.mark.parametrize(("most_tokens", "warned"), [(6, False), (200, True)])
def test_an_answer_that_the_context_ended_says_so(
    tiny: Client, most_tokens: int, warned: bool
) -> None:
    """Each ends with ``length``; only the one that got less than it asked for is warned of."""
    asked = {"model": "tiny", "prompt": "once upon a time " * 12, "max_tokens": most_tokens}
    answer = tiny.request("POST", "/v1/completions", {**asked, "temperature": 0})
    assert answer.json["choices"][0]["finish_reason"] == "length", answer.body
    used = answer.json["usage"]
    assert (used["completion_tokens"] < most_tokens) is warned
    said = answer.headers.get("x-workbench-warning", "")
    assert said.startswith("the context was full at 25") is warned, said
    assert bool(said) is warned


def read_usage(model: str) -> list[UsageRow]:
    """What was settled of a name that was asked for."""
    return [row for row in settlements(limit=1000) if row.model_asked == model]


def test_each_adapter_answers_as_itself(tiny: Client) -> None:
    answers = {name: complete(tiny, name) for name in ("tiny", "tiny:a", "tiny:b@1", "tiny:a@1")}
    assert {answer.status for answer in answers.values()} == {200}, answers
    texts = {name: answer.json["choices"][0]["text"] for name, answer in answers.items()}
    assert texts["tiny:a"] == texts["tiny:a@1"]
    assert len({texts["tiny"], texts["tiny:a"], texts["tiny:b@1"]}) == 3
    assert answers["tiny:a"].headers["x-workbench-model"] == "tiny:a@1"
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


def move(number: int, name: str = "tiny:a") -> None:
    Versions().move_label(KIND, f"{name}@{number}", label="champion", actor="test")


def test_a_label_that_moves_is_followed_at_once_and_no_cached_answer_outlives_it(
    tiny: Client, tmp_path: Path
) -> None:
    make_tiny_lora(tmp_path / "a2", tmp_path / "tiny.gguf", name="a", base_model="tiny", seed=9)
    register_adapter(tmp_path / "a2")
    texts = {n: complete(tiny, f"tiny:a@{n}").json["choices"][0]["text"] for n in (1, 2)}
    assert texts[1] != texts[2]
    for number in (1, 2, 1, 2, 2, 1):
        move(number)
        found = complete(tiny, "tiny:a@champion")
        assert found.json["choices"][0]["text"] == texts[number]
        assert found.headers["x-workbench-model"] == f"tiny:a@{number}"
        assert found.headers["x-workbench-cache"].startswith("exact")  # and yet it is known
    rows = read_usage(model="tiny:a@champion")
    assert {row.model_served for row in rows} == {"tiny:a@1", "tiny:a@2"}


def test_an_ensemble_of_a_label_forgets_what_it_knew_when_the_label_moves(
    tiny: Client, tmp_path: Path
) -> None:
    """The cache knows an ensemble by its members, and the version behind a label counts."""
    text = '\n[ensembles.one]\nkind = "majority"\nmembers = ["tiny:both@champion"]\nsamples = 2\n'
    config = tmp_path / "workbench.toml"
    config.write_text(config.read_text() + text)
    for seed, folder in ((0, "both1"), (1, "both2")):
        gguf, name = tmp_path / "tiny.gguf", "both"
        make_tiny_lora(tmp_path / folder, gguf, name=name, base_model="tiny", seed=seed)
        register_adapter(tmp_path / folder)
    move(1, "tiny:both")
    identities = Remembered(Identities(), moves=moves)
    before = identities("ensemble/one")
    assert identities("ensemble/one") == before
    move(2, "tiny:both")
    assert identities("ensemble/one") != before
    # Were the label taken for a name that stays, the old answer would be found again.
    broken = Remembered(Identities())
    before = broken("ensemble/one")
    move(1, "tiny:both")
    assert broken("ensemble/one") == before


def test_a_share_is_tried_and_the_usage_tells_who_had_what(tiny: Client, tmp_path: Path) -> None:
    make_tiny_lora(tmp_path / "a2", tmp_path / "tiny.gguf", name="a", base_model="tiny", seed=9)
    register_adapter(tmp_path / "a2")
    move(1)
    trial = Trial("k3", "tiny:a", "champion", 1, 2, 0.5, "request", 0.0, 0.0)
    put_trial(trial, open_database(), new=True)
    answers = [complete(tiny, "tiny:a@champion") for _ in range(24)]
    served = Counter(answer.headers["x-workbench-model"] for answer in answers)
    assert set(served) == {"tiny:a@1", "tiny:a@2"}
    assert answers[0].headers["x-workbench-route"].startswith("canary:k3:")
    assert complete(tiny, "tiny:a@1").headers.get("x-workbench-route") is None
    rows = {row.request_id: row for row in read_usage(model="tiny:a@champion")}
    assert len(rows) == 24
    for answer in answers:
        row = rows[answer.headers["x-request-id"]]
        lot = read_route(row.route)
        assert lot is not None
        assert (lot.arm == "candidate") == (row.model_served == "tiny:a@2")
