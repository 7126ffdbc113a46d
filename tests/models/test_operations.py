"""What a user can ask of the models, through the registry that every surface uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.core import events, operations
from workbench.core.errors import InputError, NotFoundError
from workbench.core.plain import to_plain
from workbench.models.operations import chat, embed, list_models, pull, remove, score, show
from workbench.store.artifacts import Artifacts


def test_every_operation_is_registered_with_a_schema() -> None:
    names = {op.name for op in operations.load_room("models")}
    expected = {"list", "registry", "show", "pull", "remove", "chat", "score", "embed"}
    assert names >= {f"models.{verb}" for verb in expected}
    for name in names:
        found = operations.find(name)
        assert found.title
        assert json.dumps(found.schema())


def test_the_list_says_what_is_here(home: Path) -> None:
    rows = {row.name: row for row in list_models()}
    assert not rows["smollm2-135m"].present
    assert rows["smollm2-135m"].verified
    assert not rows["qwen3-8b"].verified
    assert rows["qwen3-8b"].memory_bytes is not None
    assert rows["qwen3-8b"].memory_bytes > 4e9
    assert list_models(present=True) == []
    assert json.dumps(to_plain(list(rows.values())))


def test_one_model_is_shown_and_an_unknown_has_near_matches() -> None:
    assert show("smollm2-135m").license == "Apache-2.0"
    with pytest.raises(NotFoundError, match="qwen3-8b"):
        show("qwen3-8")


@pytest.mark.parametrize(
    "params",
    [
        {"prompt": "a", "max_tokens": 0},
        {"prompt": "a", "max_tokens": "many"},
        {"prompt": "a", "max_tokens": True},
        {"prompt": "a", "temperature": -1},
        {"prompt": "a", "engine": "vllm"},
        {"prompt": 5},
        {"promt": "a"},
        {},
    ],
)
def test_an_ill_typed_parameter_is_named_before_anything_is_loaded(params: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"models\.chat"):
        operations.find("models.chat").run(params)


def test_a_pulled_model_is_present_and_a_removed_one_is_not(home: Path, smollm2_gguf: Path) -> None:
    Artifacts(home).put_file(smollm2_gguf)
    pulled = pull("smollm2-135m")
    assert pulled.files[0].size_bytes == smollm2_gguf.stat().st_size
    assert [row.name for row in list_models(present=True)] == ["smollm2-135m"]
    gone = remove("smollm2-135m")
    assert gone.files == [pulled.files[0].name]
    assert gone.freed_bytes == smollm2_gguf.stat().st_size
    with pytest.raises(NotFoundError, match="no file of 'smollm2-135m' is on this disk"):
        remove("smollm2-135m")
    assert list_models(present=True) == []
    with pytest.raises(NotFoundError):
        remove("nothing")


@pytest.mark.model
def test_a_question_is_answered_and_told_piece_by_piece(shared_home: Path) -> None:
    pieces: list[str] = []
    with events.listening(lambda event: pieces.append(event.data["text"]), "models.chunk"):
        reply = chat(
            "What is the capital of France?", engine="llamacpp", max_tokens=16, temperature=0
        )
    assert "Paris" in reply.text
    assert "".join(pieces) == reply.text
    assert len(pieces) > 3
    assert json.dumps(to_plain(reply))


@pytest.mark.model
def test_options_reach_the_model(shared_home: Path) -> None:
    reply = chat(
        "Yes or no?",
        engine="llamacpp",
        system="Answer as JSON.",
        json_schema={"enum": ["yes", "no"]},
        logprobs=2,
        seed=5,
        stop=["zzz"],
    )
    assert json.loads(reply.text) in ("yes", "no")
    assert reply.seed == 5
    assert len(reply.logprobs) == reply.completion_tokens
    with pytest.raises(InputError, match="nonsense"):
        chat("a", engine="llamacpp", json_schema={"type": "nonsense"})


@pytest.mark.model
def test_a_continuation_is_scored_a_token_each(shared_home: Path) -> None:
    likely = score("The capital of France is", " Paris.", engine="llamacpp")
    unlikely = score("The capital of France is", " seven.", engine="llamacpp")
    assert likely.tokens == [" Paris", "."]
    assert len(likely.logprobs) == 2
    assert likely.total_logprob == pytest.approx(sum(likely.logprobs))
    assert likely.total_logprob > unlikely.total_logprob


@pytest.mark.model
def test_texts_become_vectors_of_length_one(shared_home: Path) -> None:
    vectors = embed(["A cat.", "A dog."], model="smollm2-135m", engine="llamacpp")
    assert [len(vector) for vector in vectors] == [576, 576]
    assert sum(value * value for value in vectors[0]) == pytest.approx(1, abs=1e-5)


@pytest.mark.model
def test_similar_sentences_lie_closer_than_others(shared_home: Path, minilm_folder: Path) -> None:
    import numpy as np

    sentences = ["A cat sleeps on the sofa.", "A kitten naps on a couch.", "Stocks fell sharply."]
    cat, kitten, stocks = np.array(embed(sentences))
    assert cat @ kitten > 0.5 > cat @ stocks
