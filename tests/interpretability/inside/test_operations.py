"""What is asked by name does what the functions do, from and into plain values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.core import operations
from workbench.core.errors import InputError, NotFoundError
from workbench.core.plain import to_plain
from workbench.models.formats.tiny import make_tiny_folder

SENTENCE = "The quick brown fox jumps over the lazy dog and reads numbers of rivers every morning"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny model's folder."""
    return str(make_tiny_folder(tmp_path_factory.mktemp("operations") / "tiny"))


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    """Texts with labels, as a user's own file."""
    words = SENTENCE.split()
    path = tmp_path / "texts.jsonl"
    rows = [
        {
            "text": f"{('There is the', 'What was a')[at % 2]} {words[at % len(words)]} "
            + " ".join(words[at % 7 :]),
            "label": ("told", "asked")[at % 2],
            "word": words[at % len(words)] + str(at % 2),
        }
        for at in range(60)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def run(verb: str, **params: Any) -> Any:
    found = operations.find(f"interpretability.{verb}").run(params)
    json.dumps(to_plain(found))  # has a plain form
    return found


def test_every_operation_runs_from_plain_values(folder: str, corpus: str) -> None:
    here = {"model": folder}
    assert run("lens", text=SENTENCE, target=" dog", **here).lens == "logit"
    trained = run("train_lens", name="mine", corpus=corpus, steps=3, **here)
    assert run("lens", text=SENTENCE, lens="mine", **here).lens == f"tuned ({trained.reference})"
    assert run("attention", text=SENTENCE, layers=[1], **here).values.shape[0] == 1
    assert run("attention", text=SENTENCE, rollout=True, **here).residual_share == 0.5
    pair = {"clean": "The quick brown fox", "corrupted": "The quick small fox"}
    patched = run("patch", **pair, answer=" the", wrong=" a", component="mlp", **here)
    assert patched.values.shape == (2, len(patched.column_labels))
    direct = run("direct", prompt=SENTENCE, answer=" the", wrong=" a", **here)
    assert direct.gap_nats < 1e-3
    probed = run("probe", source=corpus, type="word", position="mean", controls=2, **here)
    assert probed.test_items > 0
    (neuron,) = run("neurons", neurons=[3], layer=0, corpus=corpus, k=2, most_texts=9, **here)
    assert (len(neuron.top), neuron.texts_seen) == (2, 9)


def test_steering_from_making_to_measuring(folder: str) -> None:
    here = {"model": folder}
    kinds = {"toward": ["The quick brown fox"], "away": ["What is the capital"]}
    vector = run("make_steering", name="foxes", layer=0, **kinds, **here)
    answer = run("steer", prompt="Once upon", vector="foxes", strength=30.0, max_tokens=6, **here)
    assert (answer.vector, answer.layer) == (vector.reference, 0)
    assert answer.plain != answer.steered
    same = run("steer", prompt="Once upon", vector="foxes", strength=0.0, max_tokens=6, **here)
    assert same.plain == same.steered == answer.plain
    effect = run(
        "measure_steering",
        prompts=["Once upon a time"],
        vector="foxes@1",
        toward=[" fox"],
        away=[" dog"],
        **here,
    )
    assert effect.strengths == (-2.0, -1.0, 0.0, 1.0, 2.0)


def test_what_makes_no_sense_is_refused(folder: str, corpus: str) -> None:
    here = {"model": folder}
    with pytest.raises(NotFoundError, match="no lens named 'yours'"):
        run("lens", text=SENTENCE, lens="yours", **here)
    nowhere = {"model": "smollm3"}  # the name is told before a model is looked for
    with pytest.raises(NotFoundError, match="no lens named 'yours'") as caught:
        run("lens", text=SENTENCE, lens="yours", **nowhere)
    assert "train-lens NAME" in (caught.value.hint or "")
    with pytest.raises(NotFoundError, match="no steering named 'cats'") as caught:
        run("steer", prompt="Once upon", vector="cats", **nowhere)
    assert "make-steering NAME --layer" in (caught.value.hint or "")
    kinds = {"toward": [" fox"], "away": [" dog"]}
    with pytest.raises(NotFoundError, match="no steering named 'cats'"):
        run("measure_steering", prompts=["Once"], vector="cats", **kinds, **nowhere)
    with pytest.raises(InputError, match="a rollout goes through all layers"):
        run("attention", text=SENTENCE, layers=[0], rollout=True, **here)
    with pytest.raises(NotFoundError, match="no column of"):
        run("neurons", neurons=[0], layer=0, corpus=corpus, column="txt", **here)
    with pytest.raises(InputError, match="component"):
        run("patch", clean="a", corrupted="b", answer="c", wrong="d", component="all", **here)
    with pytest.raises(NotFoundError, match="no model named"):
        run("lens", text=SENTENCE, model="smollm3")
