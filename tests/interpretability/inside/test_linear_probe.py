"""A probe finds what is there; on labels that mean nothing it does no better than chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.interpretability.inside import linear_probe
from workbench.interpretability.inside.frozen_inputs import read_inputs
from workbench.interpretability.inside.linear_probe import ProbeItem, train_probe
from workbench.models.model import Model

Load = Callable[[str], Model]
NOUNS = "fox dog bird roof sky table text rain river word token name number list model"
# The beginnings differ, so even a random model has the label in its states.
ITEMS = [
    ProbeItem(f"{start} {noun}", "asked" if start.endswith("?") else "told", noun + start)
    for start in ("Where is the?", "What was a?", "There is the", "It was a")
    for noun in NOUNS.split()
]


def nouns() -> list[ProbeItem]:
    content = read_inputs("nouns").content
    return [
        ProbeItem(template.format(word["word"]), word["label"], word["word"])
        for word in content["words"]
        for template in content["templates"]
    ]


def test_what_is_there_is_found_and_what_is_not_is_not(tiny: Load) -> None:
    found = train_probe(tiny("llama"), ITEMS, position="mean", controls=8)
    assert found.values[:, 0].min() > 0.9
    far = np.abs(found.values[:, 1] - found.chance)
    assert far.max() < 4 * found.chance_error
    assert found.column_labels == ("task", "control", "selectivity")
    np.testing.assert_allclose(found.values[:, 2], found.values[:, 0] - found.values[:, 1])
    assert found.train_items + found.test_items == len(ITEMS)


def test_it_is_scikit_learns_own_probe(tiny: Load) -> None:
    """The task's accuracy at a layer, with states from transformers and a pipeline of sklearn."""
    import torch
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = tiny("qwen3")
    found = train_probe(model, ITEMS, position="mean", layers=[0], controls=1, seed=3)
    states = []
    for item in ITEMS:
        with torch.no_grad():
            ids = torch.tensor([model.prompt_ids(item.text)])
            out = model.module(input_ids=ids, output_hidden_states=True)
        states.append(out.hidden_states[1][0].mean(dim=0).numpy())
    design = linear_probe._Design(ITEMS, "type", 1, 3)
    labels = np.array([item.label for item in ITEMS])
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    probe.fit(np.stack(states)[design.train], labels[design.train])
    score = probe.score(np.stack(states)[~design.train], labels[~design.train])
    assert found.values[0, 0] == pytest.approx(score, abs=1e-9)


def test_types_of_the_test_are_not_in_the_training() -> None:
    design = linear_probe._Design(nouns(), "type", 3, 0)
    types = np.array([item.type for item in nouns()])
    assert not set(types[design.train]) & set(types[~design.train])
    for labels in design.controls:
        by_type = {kind: set(labels[types == kind]) for kind in set(types)}
        assert all(len(each) == 1 for each in by_type.values())
        assert labels.mean() == pytest.approx(0.5)
    items = linear_probe._Design(nouns(), "item", 3, 0)
    assert set(types[items.train]) & set(types[~items.train])


def test_a_seed_is_a_result(tiny: Load) -> None:
    model = tiny("llama")
    first, again = (train_probe(model, ITEMS, seed=5, controls=2) for _ in range(2))
    np.testing.assert_array_equal(first.values, again.values)
    assert (train_probe(model, ITEMS, seed=6, controls=2).values != first.values).any()


@pytest.mark.parametrize(
    ("items", "options", "said"),
    [
        (ITEMS[:5], {}, "there are 5 items"),
        (ITEMS[:15] * 2, {}, "every item has the label"),
        ([*ITEMS, ProbeItem("", "told")], {}, "text 61 is empty"),
        (ITEMS, {"layers": [5]}, "layer 5"),
        (ITEMS, {"position": "first"}, "not last or mean"),
        (ITEMS, {"split": "half"}, "not type or item"),
        (ITEMS, {"controls": 0}, "controls must be at least 1"),
        ([*ITEMS[:30], ProbeItem("Alone", "alone")], {}, "a label has no item in the training"),
    ],
)
def test_what_makes_no_sense_is_refused(
    tiny: Load, items: list[ProbeItem], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        train_probe(tiny("llama"), items, **options)


@pytest.mark.model
@pytest.mark.slow
def test_on_the_real_model_the_control_is_near_chance(smollm2: Model) -> None:
    bounds = read_inputs("nouns").expected
    half = [item for item in nouns() if item.text.startswith(("Yesterday", "There"))]
    found = train_probe(smollm2, half, layers=[4, 16], controls=4)
    assert found.values[:, 0].max() >= bounds["task_accuracy_at_least"]
    far = np.abs(found.values[:, 1] - found.chance) / found.chance_error
    assert far.max() <= bounds["control_standard_errors_at_most"]
    # Where words recur the probe knows them by heart, and the control says so.
    known = train_probe(smollm2, half, layers=[16], split="item", controls=1)
    assert known.values[0, 1] > 0.5 + 3 * known.chance_error


@pytest.mark.model
def test_an_encoder_can_be_probed(minilm: Model) -> None:
    found = train_probe(minilm, nouns()[::2], layers=[3], position="mean", controls=1)
    assert found.values[0, 0] > 0.8
