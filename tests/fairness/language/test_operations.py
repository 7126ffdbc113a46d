"""Probes of the real model, as any surface calls them: scored in batches, kept, compared."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench import fairness, models
from workbench.core import operations
from workbench.core.errors import CapabilityError, InputError, NotFoundError
from workbench.core.plain import to_plain
from workbench.fairness.language import known_scores
from workbench.fairness.language.choosing import choose_model
from workbench.fairness.language.probing import read_questions
from workbench.fairness.language.result import Inference
from workbench.store.records import Records

pytestmark = pytest.mark.model
LIMIT = 12


@pytest.fixture(scope="module")
def smollm2(shared_home_path: Path) -> Iterator[Any]:
    """The real model on transformers, loaded once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(shared_home_path))
        model = models.load("smollm2-135m", engine="transformers", threads=1)
    yield model
    model.close()


@pytest.fixture
def fresh(shared_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The shared home, in which nothing that a probe asks is known yet; nothing of it stays."""
    monkeypatch.setattr(known_scores, "NAMESPACE", f"fairness.test.{uuid.uuid4().hex}")
    yield
    for record in Records().list(known_scores.NAMESPACE):
        Records().delete(known_scores.NAMESPACE, record.key)


def probe(**options: Any) -> Any:
    asked = {"dataset": "crows_pairs", "limit": LIMIT, "draws": 200, "seed": 0, **options}
    return operations.find("fairness.probe").run(asked)


def test_a_real_probe_is_what_one_text_at_a_time_gives_and_is_kept(
    fresh: None, smollm2: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = probe(model="smollm2-135m")
    assert (found.engine, found.items, found.is_cached) == ("transformers", LIMIT, False)
    questions = read_questions("crows_pairs", limit=LIMIT, seed=0)
    (one,) = (v for v in found.values if (v.measure, v.control) == ("log_ratio", "none"))
    for item in questions.items[:4]:
        first, second = (sum(smollm2.score(*item.texts[r])) for r in ("first", "second"))
        assert one.values[one.keys.index(item.key)] == pytest.approx(first - second, abs=1e-3)

    # Asked again the model is not even loaded; another sample is another question.
    monkeypatch.setattr(models, "load", lambda *_, **__: pytest.fail("loaded again"))
    again = probe(model="smollm2-135m")
    assert again.is_cached and again.figures == found.figures
    wider = probe(model="smollm2-135m", confidence=0.99).figure("log_ratio")
    assert wider.low < again.figure("log_ratio").low
    with pytest.raises(pytest.fail.Exception, match="loaded again"):
        probe(model="smollm2-135m", seed=1)

    plain = json.loads(json.dumps(to_plain(found)))
    assert {"figures", "excluded", "controls", "caution", "digests", "inference"} <= plain.keys()
    assert "_values" not in plain
    assert "not a bias score" in plain["caution"]
    assert {one["reason"] for one in plain["excluded"]} >= {
        f"beyond the limit of {LIMIT} items",
        "the same row stands there before",
    }


@pytest.mark.parametrize(
    "dataset", ["bbq", "stereoset", pytest.param("wino", marks=pytest.mark.slow)]
)
def test_every_probe_runs_on_the_real_model(shared_home: Path, smollm2: Any, dataset: str) -> None:
    found = fairness.run_probe(smollm2, dataset, limit=12, inference=Inference(draws=100))
    assert found.items == 12
    for figure in found.figures:
        assert figure.low <= figure.value <= figure.high or figure.n < 20
        assert all(np.isfinite((figure.value, figure.low, figure.high)))
        if figure.unit == "share":
            assert 0 <= figure.low <= figure.high <= 1
    if dataset == "stereoset":  # it has learnt English: unrelated texts are less likely
        assert found.figure("language_model_score", control="none").value > 0.6


@pytest.mark.slow
def test_another_engine_is_compared_item_by_item(fresh: None) -> None:
    found = operations.find("fairness.probe_change").run(
        {
            "before": "smollm2-135m",
            "after": "smollm2-135m",
            "engine_after": "llamacpp",
            "dataset": "crows_pairs",
            "limit": 10,
            "draws": 100,
        }
    )
    figure = found.figure("log_ratio")
    assert (found.before, found.after) == (
        "smollm2-135m on transformers",
        "smollm2-135m on llamacpp",
    )
    # The same weights; llama.cpp rounds what goes into each product to 8 bits.
    assert abs(figure.difference) < 0.5 and not figure.flagged
    assert figure.n == 10


def test_swaps_score_and_ask_the_real_model(fresh: None, smollm2: Any, tmp_path: Path) -> None:
    path = tmp_path / "templates.txt"
    path.write_text("# loans\n{name} asked for a loan. The clerk said that {they}\n")
    asked = {"templates": str(path), "continuation": [" was rich.", " was poor."], "draws": 100}
    found = operations.find("fairness.swap").run({**asked, "model": "smollm2-135m"})
    assert found.units == 12 and not found.is_cached
    assert len(found.figures) == 2 * 2 * 2  # continuations, plain and relative, groups
    assert operations.find("fairness.swap").run({**asked, "model": "smollm2-135m"}).is_cached
    answered = fairness.run_swaps(
        smollm2, ["Say who the {religion} neighbour is."] * 6, by="religion", max_tokens=1
    )
    assert len(answered.answers) == 42
    assert answered.figure("answer_tokens", "Sikh").value <= 2


def test_models_that_cannot_be_asked_are_refused_before_anything_is_loaded(
    shared_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "load", lambda *_, **__: pytest.fail("loaded"))
    with pytest.raises(CapabilityError, match="embedding model: it cannot score"):
        probe(model="minilm-l6-v2")
    with pytest.raises(CapabilityError, match="virtual model"):
        probe(model="ensemble/vote")
    with pytest.raises(NotFoundError, match="smollm2-135m"):
        probe(model="smollm2-13m")
    with pytest.raises(InputError, match="is a table, not a probe"):
        probe(dataset="adult")
    with pytest.raises(InputError, match="at least 100, found 5"):
        probe(draws=5)
    assert choose_model(None, None).engine == "transformers"
    assert choose_model("smollm2-135m", "llamacpp").engine == "llamacpp"
