"""A direction is the difference of two means; added, it moves answers, and leaves no trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import CapabilityError, InputError, IntegrityError, NotFoundError
from workbench.interpretability.inside.difference_of_means import (
    SteeringVector,
    find_steering_vector,
    make_steering_vector,
    measure_steering,
    steered,
)
from workbench.interpretability.inside.frozen_inputs import read_inputs
from workbench.models.model import Model

Load = Callable[[str], Model]
TOWARD = ["The quick brown fox jumps", "A quick fox jumps over"]
AWAY = ["What is the capital of a country", "The river goes where the rain"]
PROMPT = "Once upon a time there was"


def make(model: Model, **options: Any) -> SteeringVector:
    return make_steering_vector(model, TOWARD, away=AWAY, layer=0, name="mine", **options)


def test_it_is_the_difference_of_means_by_hand(tiny: Load) -> None:
    import torch

    model = tiny("llama")

    def mean(texts: list[str], pooling: str) -> Any:
        rows = []
        for text in texts:
            with torch.no_grad():
                out = model.module(
                    input_ids=torch.tensor([model.prompt_ids(text)]), output_hidden_states=True
                )
            states = out.hidden_states[1][0]  # after layer 0
            rows.append(states[1:].mean(dim=0) if pooling == "mean" else states[-1])
        return torch.stack(rows).mean(dim=0).numpy()

    for pooling in ("mean", "last"):
        vector = make(model, pooling=pooling)
        expected = mean(TOWARD, pooling) - mean(AWAY, pooling)
        np.testing.assert_allclose(vector.vector, expected, atol=1e-5)
    found = find_steering_vector(model, "mine@1")
    assert found.pooling == "mean" and found.reference == "mine@1"
    assert found.sha256 == make(model).sha256


def test_added_it_is_in_every_state_and_gone_after(tiny: Load) -> None:
    import torch

    model = tiny("llama")
    vector = make(model)
    ids = torch.tensor([model.prompt_ids(PROMPT)])
    seen: list[Any] = []
    hook = model.module.base_model.layers[1].register_forward_pre_hook(
        lambda _, args: seen.append(args[0][0])
    )
    with torch.no_grad():
        plain = model.module(input_ids=ids).logits
        with steered(model, vector, strength=3.0):
            model.module(input_ids=ids)
        after = model.module(input_ids=ids).logits
    hook.remove()
    difference = (seen[1] - seen[0]).numpy()
    np.testing.assert_allclose(
        difference, np.broadcast_to(3.0 * vector.vector, difference.shape), atol=1e-4
    )
    assert torch.equal(after, plain)


def test_nothing_that_was_kept_of_a_prompt_outlives_the_steering(tiny: Load) -> None:
    """The engine keeps keys and values of the last prompt: steered ones must not answer later."""
    model = tiny("llama")
    vector = make(model)
    greedy: dict[str, Any] = {"max_tokens": 8, "temperature": 0.0}
    plain = model.generate(PROMPT, **greedy)
    with steered(model, vector, strength=20.0):
        moved = model.generate(PROMPT, **greedy)
        assert moved.cached_tokens == 0
        assert model.generate(PROMPT, **greedy).text == moved.text
    again = model.generate(PROMPT, **greedy)
    assert again.cached_tokens == 0
    assert again.text == plain.text != moved.text


def test_without_forgetting_the_old_prompt_answers(
    tiny: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault that `forget_prompts` is there for."""
    model = tiny("llama")
    vector = make(model)
    model.generate(PROMPT, max_tokens=2, temperature=0.0)
    with monkeypatch.context() as fault:
        fault.setattr(type(model._engine), "forget_prompts", lambda self: None)
        with steered(model, vector, strength=20.0):
            assert model.generate(PROMPT, max_tokens=2, temperature=0.0).cached_tokens
    model.forget_prompts()


def test_a_fault_inside_leaves_the_model_plain(tiny: Load) -> None:
    model = tiny("llama")
    plain = model.score(PROMPT, " a")
    with pytest.raises(ZeroDivisionError), steered(model, make(model), strength=5.0):
        raise ZeroDivisionError
    assert model.score(PROMPT, " a") == plain


def test_the_effect_is_what_the_odds_say(tiny: Load) -> None:
    model = tiny("llama")
    vector = make(model)
    toward, away = [" the", " fox"], [" dog"]
    found = measure_steering(
        model, vector, [PROMPT, "It counts"], toward=toward, away=away, strengths=[0.0, 4.0]
    )
    assert np.abs(found.values[0]).max() < 1e-9 and np.abs(found.divergence_nats[0]).max() < 1e-9

    def odds() -> float:
        scores = {word: model.score(PROMPT, word)[0] for word in (*toward, *away)}
        return float(np.logaddexp(scores[" the"], scores[" fox"]) - scores[" dog"])

    before = odds()
    with steered(model, vector, strength=4.0):
        after = odds()
    assert found.values[1, 0] == pytest.approx(after - before, abs=1e-4)
    assert found.divergence_nats[1].min() > 0


def test_what_makes_no_sense_is_refused(tiny: Load, other: Load) -> None:
    model = tiny("llama")
    vector = make(model)
    with pytest.raises(InputError, match="both kinds are needed"):
        make_steering_vector(model, [], away=AWAY, layer=0, name="x")
    with pytest.raises(InputError, match="layer 9"):
        make_steering_vector(model, TOWARD, away=AWAY, layer=9, name="x")
    with pytest.raises(InputError, match="the same mean"):
        make_steering_vector(model, TOWARD, away=TOWARD, layer=0, name="x")
    with pytest.raises(InputError, match="text 2 of away is empty"):
        make_steering_vector(model, TOWARD, away=["A fox", ""], layer=0, name="x")
    with pytest.raises(InputError, match="has one token"):
        make_steering_vector(model, ["a"], away=AWAY, layer=0, name="x")
    with pytest.raises(InputError, match="finite"), steered(model, vector, strength=float("nan")):
        pass
    with pytest.raises(InputError, match="stands on both sides"):
        measure_steering(model, vector, [PROMPT], toward=[" the"], away=[" the"])
    with pytest.raises(NotFoundError):
        find_steering_vector(model, "yours")
    with pytest.raises(IntegrityError, match="was made on"):
        find_steering_vector(tiny("mistral"), "mine")
    with pytest.raises(CapabilityError, match="is an encoder"):
        make_steering_vector(other("bert"), TOWARD, away=AWAY, layer=0, name="x")


@pytest.mark.model
def test_on_held_out_prompts_sentiment_moves_both_ways(smollm2: Model) -> None:
    frozen = read_inputs("sentiment")
    texts = frozen.content
    vector = make_steering_vector(
        smollm2, texts["toward"], away=texts["away"], layer=12, name="pleased"
    )
    found = measure_steering(
        smollm2,
        vector,
        texts["held_out"],
        toward=texts["toward_words"],
        away=texts["away_words"],
        strengths=[-2.0, 2.0],
    )
    least = frozen.expected["held_out_prompts_moved_at_least"]
    assert (found.values[1] > 0).sum() >= least
    assert (found.values[0] < 0).sum() >= least
