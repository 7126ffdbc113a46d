"""Names that are neither clear nor out of the question are judged by what stands around them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.privacy.anonymisation import judging
from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.sentence_reader import LAYERS, SentenceReader
from workbench.privacy.anonymisation.texts import detect

pytestmark = pytest.mark.usefixtures("loaded")


def test_the_layers_are_those_of_the_model(reader_folder: Path) -> None:
    from transformers import AutoModel, AutoTokenizer

    text = "She takes Eliquis twice a day, says Elías Ferrer of Novartis in Basel."
    spans = [(10, 17), (36, 48)]
    pieces = AutoTokenizer.from_pretrained(reader_folder)(
        text, return_offsets_mapping=True, return_tensors="pt"
    )
    offsets = pieces.pop("offset_mapping")[0].tolist()
    layers = AutoModel.from_pretrained(reader_folder)(
        **pieces, output_hidden_states=True
    ).hidden_states
    for (start, end), row in zip(
        spans, SentenceReader(reader_folder).read(text, spans), strict=True
    ):
        within = [at for at, (a, b) in enumerate(offsets) if a < b and a < end and start < b]
        for part, layer in zip(np.split(row, 2), (layers[0], layers[LAYERS]), strict=True):
            assert np.allclose(part, layer[0, within].mean(0).detach().numpy(), atol=1e-4)


def test_a_span_far_into_a_text_is_read_as_in_a_short_one(reader_folder: Path) -> None:
    """Windows hold what stands around a span, wherever it stands, and none is left out."""
    reader = SentenceReader(reader_folder)
    said = "Please ask Elías Ferrer about the garden before you order the seeds. "
    filler = "The weather was fine and the harbour was full of boats. " * 40
    text = filler + said + filler
    at = len(filler) + said.index("Elías")
    spans = [(at, at + 12), (5, 12), (len(text) - 7, len(text) - 2)]
    rows = reader.read(text, spans)
    assert np.abs(rows).sum(axis=1).min() > 1
    assert np.array_equal(rows[0], reader.read(text, spans[:1])[0])
    nearer = filler[: len(filler) // 10] + said + filler
    at = nearer.index("Elías")
    assert np.allclose(rows[0], reader.read(nearer, [(at, at + 12)])[0], atol=1e-5)
    assert reader.read("", []).shape == (0, reader.width)


def test_what_is_doubtful_is_asked_and_the_rest_is_not() -> None:
    sure = [
        Found(0, 4, "PERSON", 0.995, "names"),
        Found(5, 9, "PERSON", 0.8, "names"),
        Found(10, 14, "EMAIL", 0.9, "emails"),
    ]
    guesses = [
        Found(5, 9, "LOCATION", 0.3, "places"),  # touches one that was found
        Found(20, 24, "PERSON", 0.4, "names"),
        Found(30, 34, "PERSON", 0.01, "names"),
    ]
    assert [each.start for each in judging.doubtful(sure, guesses)] == [5, 20]


CLUSTER = "Restart Kafka, then Cassandra and Zookeeper."
TOOLS = "Elastic and Kibana are down."
CHILDREN = "pick up Wren from school and ask Sage about it"


def names_in(text: str) -> list[str]:
    (found,) = detect([text], consistency="document")
    return [text[each.start : each.end] for each in found if each.kind == "PERSON"]


def test_a_program_is_let_go_and_a_guess_is_made_sure() -> None:
    assert names_in(TOOLS) == []
    assert names_in(CHILDREN) == ["Wren", "Sage"]


def test_what_is_likelier_no_name_is_let_go_at_even_odds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The least share of use masks it to be safe: the judge says .19, the recognisers .62."""
    monkeypatch.setattr(judging, "LEAST", {"PERSON": 0.5, "LOCATION": 0.5})
    assert names_in(CLUSTER) == names_in(TOOLS) == []


@pytest.mark.usefixtures("without_reader")
def test_without_the_model_it_is_the_recognisers_word() -> None:
    assert names_in(CLUSTER) == ["Zookeeper"]
    assert names_in(TOOLS) == ["Kibana"]
    assert names_in(CHILDREN) == ["Sage"]


def test_a_judge_that_is_too_hard_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "LEAST", {"PERSON": 0.999, "LOCATION": 0.999})
    assert names_in(CHILDREN) == []
