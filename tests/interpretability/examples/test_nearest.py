"""Examples behind a text, on real vectors of MiniLM: near meanings, influence, planted labels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core import operations, settings
from workbench.core.errors import CapacityError, InputError, NotFoundError
from workbench.core.plain import to_plain
from workbench.interpretability.examples import nearest
from workbench.interpretability.examples.labelled_texts import (
    LabelledTexts,
    count_cost,
    embed_texts,
    read_labelled,
)

# Requests by the task that they ask for, frozen for another purpose before this was written.
TASKS = Path(__file__).parents[2] / "serving" / "frozen" / "routing_tasks.jsonl"
KINDS = ("code", "translate", "maths")
PLANTED = 17


@pytest.fixture(scope="module")
def table() -> LabelledTexts:
    """Forty requests of each of three tasks; the ones shorter than 300 characters, for speed."""
    rows = [json.loads(line) for line in TASKS.read_text("utf-8").splitlines()]
    kept = [row for row in rows if row["task"] in KINDS and len(row["prompt"]) < 300]
    texts, labels = zip(*((row["prompt"], row["task"]) for row in kept), strict=True)
    return LabelledTexts("tasks", tuple(range(len(kept))), texts, labels, ())


@pytest.fixture(scope="module")
def planted(table: LabelledTexts) -> LabelledTexts:
    """The same with one label that is wrong."""
    labels = list(table.labels)
    wrong = KINDS[(KINDS.index(labels[PLANTED]) + 1) % len(KINDS)]
    return replace(table, labels=(*labels[:PLANTED], wrong, *labels[PLANTED + 1 :]))


class Remembering:
    """A model that embeds each text once: the tests ask for the same hundred again and again."""

    def __init__(self, model: Any) -> None:
        self.model, self.name, self.known = model, model.name, {}
        self.tokenize, self.info = model.tokenize, model.info

    def embed(self, texts: list[str]) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        if new:
            self.known.update(zip(new, self.model.embed(new), strict=True))
        return np.stack([self.known[text] for text in texts])


@pytest.fixture(scope="module")
def minilm(shared_home_path: Path) -> Iterator[Any]:
    from workbench import models

    with settings.override(home=shared_home_path):
        model = models.load("minilm-l6-v2", threads=1)
    with model:
        yield Remembering(model)


@pytest.mark.model
def test_too_many_tokens_are_refused_before_one_is_read(
    minilm: Any, table: LabelledTexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted as the model cuts them, not by their letters."""

    def read(texts: list[str]) -> np.ndarray:
        raise AssertionError("a text was read")

    tokens = sum(len(minilm.tokenize(text)) + 2 for text in table.texts)
    counted = count_cost(minilm, table.texts, enough=tokens)
    assert counted.tokens == tokens < sum(map(len, table.texts)) / 2
    monkeypatch.setattr(minilm, "embed", read)
    with pytest.raises(CapacityError, match=f"{tokens:,} tokens in all; {tokens - 1:,} are") as no:
        nearest.find_suspects(minilm, table, count=5, most_tokens=tokens - 1)
    assert f"most_tokens={tokens} if you have the time" in str(no.value.hint)
    with pytest.raises(CapacityError):
        nearest.nearest_by_gradient(minilm, table, "Sort it", count=5, most_tokens=9)
    with pytest.raises(AssertionError, match="a text was read"):
        nearest.find_suspects(minilm, table, count=5, most_tokens=tokens)


@pytest.mark.model
def test_a_planted_label_is_the_first_suspect(minilm: Any, planted: LabelledTexts) -> None:
    found = nearest.find_suspects(minilm, planted, count=5)
    first = found.suspects[0]
    assert (first.row, first.label) == (PLANTED, planted.labels[PLANTED])
    assert first.predicted != first.label
    assert first.probability < 0.5
    assert first.agreeing <= 0.3  # nor do its neighbours say so
    assert found.labels == tuple(sorted(KINDS))
    own = [suspect.self_influence for suspect in found.suspects]
    assert own == sorted(own, reverse=True)


@pytest.mark.model
def test_without_the_planted_label_that_row_is_no_suspect(
    minilm: Any, table: LabelledTexts
) -> None:
    found = nearest.find_suspects(minilm, table, count=5)
    assert PLANTED not in [suspect.row for suspect in found.suspects]


@pytest.mark.model
def test_of_ten_planted_labels_most_are_among_the_first_ten(
    minilm: Any, table: LabelledTexts
) -> None:
    random = np.random.default_rng(1)
    chosen = random.choice(len(table.rows), size=10, replace=False).tolist()
    labels = list(table.labels)
    for at in chosen:
        labels[at] = KINDS[(KINDS.index(labels[at]) + 1) % len(KINDS)]
    found = nearest.find_suspects(minilm, replace(table, labels=tuple(labels)), count=10)
    hits = len({suspect.row for suspect in found.suspects} & set(chosen))
    assert hits >= 7
    by_chance = random.choice(len(table.rows), size=10, replace=False).tolist()
    assert len(set(by_chance) & set(chosen)) < 7  # "any ten rows" would be caught


QUERY = "Could this C++ class leak its memory? It keeps a raw pointer to an array."


@pytest.mark.model
def test_a_wrong_answer_leads_to_the_planted_label(
    minilm: Any, table: LabelledTexts, planted: LabelledTexts
) -> None:
    """One wrong label turns the answer to a question like its row, and is found behind it."""
    near = nearest.nearest_by_embedding(minilm, planted, QUERY, count=3)
    assert near.nearest[0].row == PLANTED
    assert near.nearest[0].score > 0.7
    assert (near.opposing, near.label) == ((), None)
    wrong = nearest.nearest_by_gradient(minilm, planted, QUERY, count=3)
    assert (wrong.label, wrong.nearest[0].row) == (planted.labels[PLANTED], PLANTED)
    assert wrong.opposing[0].label == table.labels[PLANTED]
    assert wrong.opposing[0].score < 0 < wrong.nearest[0].score
    right = nearest.nearest_by_gradient(minilm, table, QUERY, count=3)
    assert right.label == right.nearest[0].label == table.labels[PLANTED]
    assert right.probability is not None
    assert right.probability > 0.5


@pytest.mark.model
def test_vectors_come_back_in_the_order_of_the_texts(minilm: Any) -> None:
    texts = ["a", "a much longer text about a dog", "two words"] * 30
    found = embed_texts(minilm, texts)
    np.testing.assert_allclose(found, minilm.embed(texts), atol=1e-6)


@pytest.mark.model
def test_the_operations_give_plain_data(shared_home: Path) -> None:
    common = {"text": "prompt", "label": "task", "limit": 40, "seed": 0}
    found = operations.find("interpretability.examples").run(
        {"query": "Compute 2 + 2.", "dataset": str(TASKS), "space": "gradient", **common}
    )
    plain = json.loads(json.dumps(to_plain(found)))
    assert (plain["rows"], len(plain["nearest"]), len(plain["opposing"])) == (40, 5, 5)
    assert plain["label"] in {example["label"] for example in plain["nearest"]}
    found = operations.find("interpretability.suspects").run(
        {"dataset": str(TASKS), "count": 3, **common}
    )
    assert len(to_plain(found)["suspects"]) == 3


def test_agreement_of_neighbours_counts_others_only() -> None:
    vectors = np.eye(3)[[0, 0, 0, 1, 1, 2]]
    labels = np.array([0, 0, 1, 1, 1, 1])
    found = nearest.agreement_of_neighbours(vectors, labels, neighbours=1)
    assert found[3:5].tolist() == [1.0, 1.0]
    assert found[2] == 0.0


def write_table(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(path)


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"text": f"text {at}", "kind": "ab"[at % 2]} for at in range(8)]
    rows += [{"text": "odd", "kind": "lonely"}, {"text": "x", "kind": None}, {"text": " "}]
    path = write_table(tmp_path / "t.jsonl", rows)
    found = read_labelled(path, text="text", label="kind", limit=100, seed=0)
    assert found.names == ("a", "b")
    assert found.numbers().tolist() == [0, 1] * 4
    assert found.excluded == ("2 rows without a text or a label", "label 'lonely': one row alone")
    few = [
        read_labelled(path, text="text", label="kind", limit=5, seed=seed).rows
        for seed in (1, 1, 2)
    ]
    assert few[0] == few[1] != few[2]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"text": "txt"}, NotFoundError, "did you mean 'text'"),
        ({"label": "same"}, InputError, "has 1 labels"),
        ({"label": "each"}, InputError, "has 0 labels"),
        ({"text": "number"}, InputError, "is not text"),
        ({"limit": 1}, InputError, "1 rows; 2 to 20000"),
    ],
)
def test_bad_tables_are_refused(
    options: dict[str, Any], error: type[Exception], message: str, tmp_path: Path
) -> None:
    rows = [
        {"text": f"t{at}", "kind": "ab"[at % 2], "same": "s", "each": f"e{at}", "number": at}
        for at in range(6)
    ]
    path = write_table(tmp_path / "t.jsonl", rows)
    with pytest.raises(error, match=message):
        read_labelled(path, **{"text": "text", "label": "kind", "limit": 9, "seed": 0, **options})


def test_bad_questions_are_refused(table: LabelledTexts) -> None:
    with pytest.raises(InputError, match="999 examples were asked for"):
        nearest.check_count(999, table)
    run = operations.find("interpretability.examples").run
    with pytest.raises(InputError, match="the query is empty"):
        run({"query": " ", "dataset": str(TASKS)})
    with pytest.raises(InputError, match="needs labels"):
        run({"query": "x", "dataset": str(TASKS), "space": "gradient"})
