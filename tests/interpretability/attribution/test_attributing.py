"""One attribution from its question to its checks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.core.operations import find
from workbench.core.plain import to_plain
from workbench.interpretability.attribution.attributing import attribute_target
from workbench.models.model import Model

Tiny = Callable[..., Model]
CONTRACT = {
    "tokens",
    "targets",
    "scores",
    "method",
    "baseline",
    "steps",
    "completeness_gap",
    "completeness_gap_nats",
    "deletion_auc",
}


def test_ablation_is_the_fall_of_the_target(tiny: Tiny) -> None:
    model = tiny()
    found = attribute_target(model, "The quick brown fox", " jumps over", method="ablation")
    whole = model.score("The quick brown fox", " jumps over")
    assert found.scores.shape == (len(found.targets), len(found.tokens))
    assert found.value == pytest.approx(sum(whole), abs=1e-5)
    space = model.tokenize(" ")[0]
    for place in range(len(found.tokens)):
        ids = list(found.token_ids)
        ids[place] = space
        left = model._engine.score_ids(ids, found.target_ids)
        np.testing.assert_allclose(
            found.scores[:, place], np.subtract(whole, left), atol=1e-5, rtol=0
        )


def test_the_result_keeps_the_contract_in_plain_data(tiny: Tiny) -> None:
    plain = to_plain(attribute_target(tiny(), "The quick brown fox", " jumps"))
    assert set(plain) >= CONTRACT
    assert plain["completeness_gap"] is None and 0 < plain["deletion_auc"] < 1


def test_characters_that_are_cut_in_pieces_stay_whole_in_the_texts(tiny: Tiny) -> None:
    found = attribute_target(tiny(), "A 🦉 is wise", " 🦉")
    assert "\N{REPLACEMENT CHARACTER}" in "".join(found.tokens)
    assert (found.prompt, found.target) == ("A 🦉 is wise", " 🦉")


@pytest.mark.parametrize(
    "baseline", ["space", "first_token", "padding", "mean_embedding", "deletion"]
)
def test_each_baseline_is_recorded_and_gives_finite_scores(tiny: Tiny, baseline: str) -> None:
    found = attribute_target(tiny(), "The quick brown fox", " jumps", baseline=baseline)
    assert found.baseline == baseline and np.isfinite(found.scores).all()


def test_curves_begin_and_end_where_they_must(tiny: Tiny) -> None:
    found = attribute_target(tiny(), "The quick brown fox", " jumps over")
    assert found.deletion is not None and found.insertion is not None
    count = len(found.target_ids)
    whole, bare = np.exp(found.value / count), np.exp(found.baseline_value / count)
    assert found.deletion.probabilities[0] == pytest.approx(whole)
    assert found.deletion.probabilities[-1] == pytest.approx(bare)
    assert found.insertion.probabilities[0] == pytest.approx(bare)
    assert found.insertion.probabilities[-1] == pytest.approx(whole)


def test_unknown_names_are_told_with_near_matches(tiny: Tiny) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'ablation'"):
        attribute_target(tiny(), "The quick", " brown", method="ablatoin")
    with pytest.raises(InputError, match="no option named stepz"):
        attribute_target(tiny(), "The quick", " brown", stepz=3)
    with pytest.raises(InputError, match="window must be at least 1"):
        attribute_target(tiny(), "The quick", " brown", window=0)


def test_the_operation_refuses_an_unknown_method_before_it_loads_a_model() -> None:
    with pytest.raises(NotFoundError, match="no method of attribution named 'nothing'"):
        find("interpretability.attribute").run({"prompt": "a b", "method": "nothing"})
