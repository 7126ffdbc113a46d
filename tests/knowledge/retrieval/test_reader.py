"""The reader: the same network as torch has, and an answer told from a near miss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.evaluation.knowledge_sets import read_knowledge_set
from workbench.knowledge.retrieval.asked_sentences import Asked
from workbench.knowledge.retrieval.reader import MODEL, Reader, kept_reader
from workbench.knowledge.retrieval.reading import (
    READ,
    READ_FEATURES,
    Likely,
    features_of,
    likely_sentences,
)
from workbench.knowledge.retrieval.scorers import PACKAGE, read_weights
from workbench.models import catalogue
from workbench.models.loading import model_files

from .pairs_of_the_reader import titles_learnt_from

QUESTION = "How many people live in Varnholm?"
SENTENCES = [
    "Varnholm: Varnholm is a town on the Ostra with 4,210 inhabitants.",
    "Varnholm: Its bridge, of 1732, has eleven arches and is 214 metres long.",
]

# An answer and a near miss: what is said has the form, and often the words.
PAIRS = [
    ("Who is the mayor of Varnholm?", "The mayor of Varnholm is Edda Brandt.",
     "Edda Brandt was born in Varnholm and became governor of Ostmark."),
    ("In what year was the mill of Varnholm built?", "The mill was built in 1732.",
     "The mill burnt down in 1801."),
    ("How long is the Ostra?", "The Ostra is 214 km long.",
     "The Ostra has 31 tributaries and flows through four towns."),
    ("Who was the father of Edda Brandt?", "Her father was the miller Jonas Brandt.",
     "Her grandfather, Jonas Brandt, was a miller."),
    ("What is the area of Varnholm?", "Varnholm covers 61 square kilometres.",
     "The metropolitan area has 61,000 inhabitants."),
    ("Who wrote The Salt Road?", "The Salt Road was written by Mina Ferrer.",
     "The Salt Road was translated by Mina Ferrer."),
]  # fmt: skip


@pytest.fixture
def folder(shared_home: Path) -> Path:
    found = model_files(catalogue.find(MODEL)).folder
    assert found is not None
    return found


def test_it_computes_what_torch_does(folder: Path) -> None:
    """The broken variant has nothing taught in its layers, and reads another thing."""
    import torch

    from workbench.knowledge.retrieval.training.reader_fit import _rows, _Teaching
    from workbench.knowledge.retrieval.training.reader_pairs import ReadPair

    teaching = _Teaching(folder, seed=3)
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for each in teaching.parameters():
            each.copy_(torch.randn(each.shape, generator=generator) * 0.05)
    teaching.dropping.eval()
    rows = _rows(folder, [ReadPair(QUESTION, each, 1.0, 1.0, -1) for each in SENTENCES])
    with torch.inference_mode():
        expected = teaching.odds(teaching.lower(rows), rows).numpy()
    told = teaching.told()
    assert Reader(folder, told).read(QUESTION, SENTENCES) == pytest.approx(expected, abs=0.02)
    broken = Reader(folder, {**told, "start": 6})  # the head alone would be at another place
    broken._head = Reader(folder, told)._head
    assert np.abs(broken.read(QUESTION, SENTENCES) - expected).max() > 0.1


@pytest.mark.usefixtures("shared_home")
@pytest.mark.parametrize(("question", "answer", "near"), PAIRS)
def test_an_answer_is_told_from_a_near_miss(question: str, answer: str, near: str) -> None:
    title = "Varnholm"
    odds = kept_reader().read(question, [f"{title}: {answer}", f"{title}: {near}"])
    assert odds[0] > odds[1]


@pytest.mark.usefixtures("shared_home")
def test_it_reads_a_sentence_alike_in_any_company() -> None:
    reader = kept_reader()
    alone = [float(reader.read(QUESTION, [each])[0]) for each in SENTENCES]
    assert reader.read(QUESTION, SENTENCES) == pytest.approx(alone, abs=1e-3)
    assert reader.read(QUESTION, []).shape == (0,)


def test_the_likeliest_sentences_are_read() -> None:
    texts = {
        1: "Varnholm is a town on the Ostra. It has 4,210 inhabitants. It has a mill.",
        2: "Ostmark is a county. " + " ".join(f"It has a {n}th village." for n in range(4, 12)),
    }
    likely = likely_sentences(QUESTION, [1, 2], texts, {1: "Varnholm", 2: "Ostmark"})
    assert len(likely) == READ
    assert any(each.text == "Varnholm: It has 4,210 inhabitants." for each in likely)
    assert [each.score for each in likely] == sorted((e.score for e in likely), reverse=True)


def test_what_is_read_becomes_features() -> None:
    named = [Likely(7, "a", Asked(named=1.0), 2.0), Likely(8, "b", Asked(named=0.5), 1.0)]
    found = features_of(named, np.array([-1.0, 2.0]), [7])
    said = dict(zip(READ_FEATURES, found, strict=True))
    low, high = 1 / (1 + np.exp(1)), 1 / (1 + np.exp(-2))
    assert said == pytest.approx(
        {
            "read_best": 2.0,
            "read_second": -1.0,
            "read_chance": high,
            "read_named": high / 2,
            "read_in_first": -1.0,
            "read_likeliest": low,
            "read_together": low + high / 4,
        }
    )
    nothing = features_of([], np.zeros(0), [7])
    assert len(nothing) == len(READ_FEATURES)
    assert nothing[2] == 0


def test_no_article_of_the_third_and_fourth_sets_is_learnt_from() -> None:
    asked = set()
    for half in ("answerable", "unanswerable"):
        for number in ("third", "fourth"):
            for row in read_knowledge_set(f"{half}_{number}_held_out"):
                asked |= {each["title"] for each in row.get("supports", ())}
                asked |= {each["title"] for each in row.get("stated", ())}
                asked |= {row["near"]} if isinstance(row.get("near"), str) else set()
    assert len(asked) > 300
    assert not asked & titles_learnt_from()


def test_the_reader_is_small() -> None:
    assert len(read_weights("reader")["data"]) < 400_000
    assert PACKAGE.endswith("retrieval")
