"""The network of pairs: read with numpy as trained with torch, and what it decides."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch

from workbench.knowledge.extraction.dependency.extractor import DependencyExtractor
from workbench.knowledge.extraction.learnt import weights
from workbench.knowledge.extraction.learnt.deciding import ADD, KEEP
from workbench.knowledge.extraction.learnt.network import Network
from workbench.knowledge.extraction.learnt.tables import PairTable
from workbench.knowledge.extraction.learnt.training.fitting import train
from workbench.knowledge.extraction.learnt.training.labels import (
    Example,
    labelled_examples,
    silver_examples,
)
from workbench.knowledge.extraction.learnt.training.model import PairModel, make_batch

from .told_networks import facts

RULES = DependencyExtractor(settler=None)
TEXT = "Oslo is a port in Norway. Karl Berg painted it, and Mira Holm, a poet, lived there."


class Numbered:
    """Words with made vectors."""

    def of(self, words: list[str]) -> np.ndarray:
        made = [np.random.default_rng(len(each)).normal(0, 0.05, 8) for each in words]
        return np.array(made, np.float32)


def examples(text: str) -> list[Example]:
    parsed = next(iter(RULES.parse([text])))
    return silver_examples(parsed, RULES.find(parsed))


def joined(parts: list[Example]) -> PairTable:
    """The examples' tables as one."""
    from workbench.knowledge.extraction.learnt.phrases import candidate_phrases
    from workbench.knowledge.extraction.learnt.signs import Sentence
    from workbench.knowledge.extraction.learnt.tables import pair_table

    parsed = next(iter(RULES.parse([TEXT])))
    told = [Sentence(parsed, each, candidate_phrases(parsed, each)) for each in parsed.doc.sents]
    return pair_table(told)


def test_numpy_says_what_torch_says() -> None:
    parts = examples(TEXT)
    words = sorted({word for each in parts for word in each.table.words})
    vectors = torch.from_numpy(Numbered().of(["", *words]))
    torch.manual_seed(1)
    model = PairModel(vectors).eval()
    with torch.no_grad():
        for each in model.parameters():
            each.add_(torch.randn_like(each) * 0.1)
        batch = make_batch(parts, {word: at + 1 for at, word in enumerate(words)})
        expected = torch.softmax(model(batch), -1).numpy()
    network = Network(model.told(), weights.CLASSES, Numbered())
    assert len(expected) == sum(len(each.table.pairs) for each in parts) > 10
    np.testing.assert_allclose(network.chances(joined(parts)), expected, atol=2e-6)
    alone = [network.chances(each.table) for each in parts]
    np.testing.assert_allclose(np.concatenate(alone), expected, atol=2e-6)


def test_words_that_another_thread_lets_go_of_are_read_all_the_same() -> None:
    class Emptying(Numbered):
        def of(self, words: list[str]) -> np.ndarray:
            network._known.clear()  # as where another thread has read too many words
            return super().of(words)

    parts = examples(TEXT)
    model = PairModel(torch.from_numpy(Numbered().of([""]))).eval()
    network = Network(model.told(), weights.CLASSES, Emptying())
    network.chances(parts[0].table)
    kept = Network(model.told(), weights.CLASSES, Numbered())
    expected, found = (each.chances(joined(parts)) for each in (kept, network))
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_it_drops_what_is_denied_and_adds_what_no_rule_found() -> None:
    rules = facts(TEXT, {("Oslo", "is_a", "port"): 1.0, ("Holm", "is_a", "poet"): 1.0})
    assert {("Oslo", "is_a", "port"), ("Mira Holm", "is_a", "poet")} <= set(rules)
    denied = facts(TEXT, {("Oslo", "is_a", "port"): KEEP, ("Holm", "is_a", "poet"): KEEP / 2})
    assert ("Oslo", "is_a", "port") in denied
    assert ("Mira Holm", "is_a", "poet") not in denied
    one = ("Berg", "known_for", "poet")
    assert facts(TEXT, {one: ADD})["Karl Berg", "known_for", "poet"] == ADD
    assert not [each for each in facts(TEXT, {one: ADD - 0.01}) if each[1] == "known_for"]


def test_it_adds_nothing_that_the_text_denies() -> None:
    text = "Mira Holm was not a poet. Karl Berg was a painter, and Mira Holm knew Karl Berg."
    told = {("Holm", "is_a", "poet"): 0.99, ("Holm", "known_for", "Berg"): 0.99}
    found = facts(text, told)
    assert ("Mira Holm", "known_for", "Karl Berg") in found
    assert ("Mira Holm", "is_a", "poet") not in found


def test_what_it_finds_of_words_that_a_rule_has_said_the_same_of_is_no_second_fact() -> None:
    found = facts(TEXT, {("Oslo", "is_a", "port"): 0.9})
    assert [each for each in found if each[1] == "is_a" and each[0] == "Oslo"] == [
        ("Oslo", "is_a", "port")
    ]


def test_it_learns_labels_and_cannot_learn_shuffled_ones() -> None:
    names = ["Oslo", "Lima", "Rome", "Turin", "Bergen", "Quito", "Cusco", "Milan"]
    kinds = ["port", "city", "town", "capital", "harbour", "village", "market", "fortress"]
    texts = [f"{a} is an old {b} in Norway." for a in names for b in kinds[:5]]
    parts = [each for text in texts for each in examples(text)]
    rng = np.random.default_rng(0)
    shuffled = [dataclasses.replace(each, classes=rng.permutation(each.classes)) for each in parts]
    assert _found(parts, parts) > 0.95
    assert _found(shuffled, parts) < 0.5


def _found(learnt: list[Example], asked: list[Example]) -> float:
    """The share of right pairs that are given their class after a short fit."""
    words = sorted({word for each in asked for word in each.table.words})
    rows = {word: at + 1 for at, word in enumerate(words)}
    torch.manual_seed(0)
    model = PairModel(torch.from_numpy(Numbered().of(["", *words])))
    batches = [make_batch(learnt[at : at + 8], rows) for at in range(0, len(learnt), 8)]
    train(model, batches, epochs=6, rate=3e-3, seed=0)
    batch = make_batch(asked, rows)
    said = model(batch).argmax(-1)
    wanted = batch.classes > 0
    return float((said == batch.classes)[wanted].float().mean())


def test_of_a_pair_with_two_relations_the_required_one_is_learnt() -> None:
    text = "Oslo is the capital of Norway."
    parsed = next(iter(RULES.parse([text])))
    ends = [(0, 4), (23, 29)]
    entities = [{"start": a, "end": b, "head_start": a, "head_end": b} for a, b in ends]
    required = {"subject": 0, "relation": "capital_of", "object": 1}
    may_be = {"subject": 0, "relation": "located_in", "object": 1, "optional": True}
    for labels in ([required, may_be], [may_be, required]):
        row = {"start": 0, "end": len(text), "entities": entities, "relations": labels}
        (made,) = labelled_examples(parsed, [], row)
        (place,) = np.nonzero(made.classes)[0]
        assert weights.CLASSES[made.classes[place]] == "capital_of"
        assert made.weights[place] == 1


def test_it_learns_chances_in_place_of_classes() -> None:
    parts = examples("Oslo is a port in Norway.")
    words = sorted({word for each in parts for word in each.table.words})
    batch = make_batch(parts, {word: at + 1 for at, word in enumerate(words)})
    torch.manual_seed(0)
    model = PairModel(torch.from_numpy(Numbered().of(["", *words])))
    chances = torch.zeros(len(batch.classes), len(weights.CLASSES))
    chances[:, 0], chances[:, 3] = 0.7, 0.3  # which no label of it says
    train(model, [batch], epochs=150, rate=1e-2, seed=0, targets=[chances])
    with torch.no_grad():
        found = torch.softmax(model(batch), -1)
    torch.testing.assert_close(found, chances, atol=0.1, rtol=0)


def test_a_label_falls_to_the_pair_that_fits_best_and_its_rivals_count_for_nothing() -> None:
    text = "Oslo, a port, lies in Norway."
    parsed = next(iter(RULES.parse([text])))
    row = {
        "start": 0,
        "end": len(text),
        "entities": [
            {"start": 0, "end": 4, "head_start": 0, "head_end": 4, "type": "PLACE"},
            {"start": 8, "end": 12, "head_start": 8, "head_end": 12, "type": "OTHER"},
        ],
        "relations": [{"subject": 0, "relation": "is_a", "object": 1}],
    }
    (made,) = labelled_examples(parsed, [], row)
    (place,) = np.nonzero(made.classes)[0]
    pair = [made.table.candidates[number].phrase.text for number in made.table.pairs[place]]
    assert pair == ["Oslo", "port"]
    assert weights.CLASSES[made.classes[place]] == "is_a"
    assert made.weights[place] == 1


def test_weights_come_back_from_eight_bits_with_what_was_told_of_them() -> None:
    values = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)
    told = {"inputs": {"sets": ["one"]}, "labelled_sentences": 3}
    content = weights.packed({"pair_signs": values, "output.weight": values}, told)
    back = weights.unpacked(content)
    off = np.abs(back["pair_signs"] - values)
    assert (off <= np.abs(values).max(axis=1, keepdims=True) / 127 * 0.6).all()
    np.testing.assert_allclose(back["output.weight"], values, rtol=1e-3)
    assert weights.told_about(content) == told
