"""A grid is what a plain hook loop gives; what is planted is found; what cannot be is refused."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import CancelledError, CapabilityError, CapacityError, InputError
from workbench.interpretability.inside import resuming
from workbench.interpretability.inside.activation_patching import patch_grid
from workbench.interpretability.inside.frozen_inputs import read_inputs
from workbench.interpretability.inside.results import PatchGrid
from workbench.models.model import Model

Load = Callable[[str], Model]
CLEAN, CORRUPTED = "The quick brown fox jumps over", "The quick small fox jumps over"
PAIR: dict[str, Any] = {"corrupted": CORRUPTED, "answer": " the", "wrong": " dog"}
TINY = ["llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2"]
OTHERS = ["gpt2", "gpt_neox", "olmo2"]


def expected(
    model: Model, hook_loop: Callable[..., np.ndarray], grid: PatchGrid, **more: Any
) -> np.ndarray:
    """The grid by the plain loop, as shares of the way."""
    clean, corrupted = model.prompt_ids(grid.clean), model.prompt_ids(grid.corrupted)
    tokens = (model.tokenize(grid.answer)[0], model.tokenize(grid.wrong)[0])
    base, source = (corrupted, clean) if grid.direction == "denoise" else (clean, corrupted)
    heads = model.module.config.num_attention_heads if grid.component == "heads" else None
    found = hook_loop(
        model.module, base, source, tokens, component=grid.component, heads=heads, **more
    )
    begin, end = grid.corrupted_nats, grid.clean_nats
    if grid.direction == "noise":
        begin, end = end, begin
    return (found - begin) / (end - begin)


def hooks_on(module: Any) -> int:
    """transformers leaves its own where hidden states were once asked for."""
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules())


def differing(model: Model) -> dict[str, Any]:
    """A pair of prompts of equal length, and answers that the random model tells apart."""
    import torch

    rows = [model.prompt_ids(text) for text in (CLEAN, CORRUPTED)]
    if len(rows[0]) != len(rows[1]):
        pytest.fail("the tiny tokenizer cuts the pair into different numbers of tokens")
    with torch.no_grad():
        first, second = (model.module(input_ids=torch.tensor([r])).logits[0, -1] for r in rows)
    gain = first - second
    usable = [t for t in range(20, 500) if len(model.tokenize(model.detokenize([t]))) == 1]
    best = max(usable, key=lambda token: float(gain[token]))
    worst = min(usable, key=lambda token: float(gain[token]))
    return {
        "corrupted": CORRUPTED,
        "answer": model.detokenize([best]),
        "wrong": model.detokenize([worst]),
    }


@pytest.mark.parametrize("component", ["residual", "attention", "mlp", "heads"])
@pytest.mark.parametrize("architecture", [*TINY, *OTHERS])
def test_a_grid_is_that_of_the_plain_loop(
    tiny: Load, other: Load, hook_loop: Any, architecture: str, component: Any
) -> None:
    model = other(architecture) if architecture in OTHERS else tiny(architecture)
    pair, hooks = differing(model), hooks_on(model.module)
    grid = patch_grid(model, CLEAN, component=component, **pair)
    assert hooks_on(model.module) == hooks
    wanted = expected(model, hook_loop, grid)
    assert grid.values.shape == wanted.shape
    np.testing.assert_allclose(grid.values, wanted, atol=1e-5)
    assert np.abs(wanted).max() > 0.05  # there is something to find
    assert grid.resume_gap_nats < 1e-4


def test_the_loop_from_the_wrong_layer_is_another_grid(tiny: Load, hook_loop: Any) -> None:
    model = tiny("llama")
    grid = patch_grid(model, CLEAN, **differing(model))
    shifted = expected(model, hook_loop, grid, layer_shift=1)
    assert np.abs(grid.values - shifted).max() > 0.05


def test_noise_goes_the_other_way(tiny: Load, hook_loop: Any) -> None:
    model = tiny("llama")
    grid = patch_grid(model, CLEAN, direction="noise", **differing(model))
    np.testing.assert_allclose(grid.values, expected(model, hook_loop, grid), atol=1e-5)
    # After the last layer only the last token is read: its patch is all of the way.
    assert grid.values[-1, -1] == pytest.approx(1.0, abs=1e-5)
    assert np.abs(grid.values[-1, :-1]).max() < 1e-5


def test_how_rows_are_batched_does_not_show(tiny: Load) -> None:
    model = tiny("qwen3")
    pair = differing(model)
    whole = patch_grid(model, CLEAN, component="heads", **pair)
    single = patch_grid(model, CLEAN, component="heads", batch_tokens=1, **pair)
    np.testing.assert_allclose(single.values, whole.values, atol=1e-6)


def test_only_what_was_named_is_patched(tiny: Load) -> None:
    model = tiny("llama")
    pair = differing(model)
    whole = patch_grid(model, CLEAN, **pair)
    part = patch_grid(model, CLEAN, layers=[-1], positions=[-1, 2], **pair)
    assert part.row_labels == (whole.row_labels[-1],)
    np.testing.assert_allclose(part.values[0], whole.values[-1, [2, -1]], atol=1e-6)


def test_it_does_less_than_half_of_the_loops_work(tiny: Load) -> None:
    model = tiny("llama")
    grid = patch_grid(model, CLEAN, **differing(model))
    layers, tokens = grid.values.shape
    assert 0 < grid.layer_tokens < (layers * tokens) * (layers * tokens) / 2


@pytest.mark.parametrize("component", ["residual", "mlp", "heads"])
def test_the_work_is_counted_before_anything_is_read(tiny: Load, component: str) -> None:
    model = tiny("llama")
    pair, layers = differing(model), model.module.config.num_hidden_layers
    options = {**pair, "component": component, "layers": [0, -1]}
    passes: list[int] = []
    hook = model.module.register_forward_pre_hook(lambda *_: passes.append(1))
    with hook, pytest.raises(CapacityError, match="1 are allowed") as refused:
        patch_grid(model, CLEAN, most_tokens=1, **options)
    assert passes == []
    counted = refused.value.context["tokens"]
    assert f"or most_tokens={counted} if you have the time" in str(refused.value.hint)
    grid = patch_grid(model, CLEAN, most_tokens=counted, **options)
    whole = 3 * len(model.prompt_ids(CLEAN))  # both prompts and the check
    assert counted == whole + math.ceil(grid.layer_tokens / layers)
    with pytest.raises(CapacityError):
        patch_grid(model, CLEAN, most_tokens=counted - 1, **options)


def test_layers_that_take_no_cache_are_counted_with_all_tokens(
    tiny: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny("llama")
    pair = differing(model)
    with pytest.raises(CapacityError) as refused:
        patch_grid(model, CLEAN, most_tokens=1, **pair)
    counted = refused.value.context["tokens"]

    def refuse(*_: Any, **__: Any) -> None:
        raise AttributeError("this layer wants another cache")

    monkeypatch.setattr(resuming.PrefixCache, "update", refuse)
    with pytest.raises(CapacityError) as refused:
        patch_grid(model, CLEAN, most_tokens=counted, **pair)
    assert refused.value.context["tokens"] > counted


def test_layers_that_take_no_cache_are_given_all_tokens(
    tiny: Load, hook_loop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AttributeError("this layer wants another cache")

    monkeypatch.setattr(resuming.PrefixCache, "update", refuse)
    model = tiny("llama")
    grid = patch_grid(model, CLEAN, **differing(model))
    np.testing.assert_allclose(grid.values, expected(model, hook_loop, grid), atol=1e-5)


def test_a_prefix_that_is_not_the_runs_own_is_noticed(
    tiny: Load, hook_loop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = resuming.PrefixCache.update

    def mixed_up(self: Any, keys: Any, values: Any, *rest: Any) -> Any:
        return real(self, keys.flip(-1), values, *rest)

    monkeypatch.setattr(resuming.PrefixCache, "update", mixed_up)
    model = tiny("llama")
    grid = patch_grid(model, CLEAN, **differing(model))  # with all tokens, as above
    np.testing.assert_allclose(grid.values, expected(model, hook_loop, grid), atol=1e-5)


def test_layers_that_do_not_give_what_the_model_says_are_refused(
    tiny: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = resuming.KnownRun.step
    monkeypatch.setattr(resuming.KnownRun, "step", lambda self, *a, **k: 1.5 * real(self, *a, **k))
    model = tiny("llama")
    with pytest.raises(CapabilityError, match="cannot be run one by one"):
        patch_grid(model, CLEAN, **differing(model))


def test_cancelled_it_leaves_no_hook(tiny: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny("llama")
    pair, token = differing(model), CancelToken()
    hooks = hooks_on(model.module)
    real = resuming.KnownRun.step

    def stop(self: Any, *args: Any, **options: Any) -> Any:
        token.cancel()
        return real(self, *args, **options)

    monkeypatch.setattr(resuming.KnownRun, "step", stop)
    with cancellable(token), pytest.raises(CancelledError):
        patch_grid(model, CLEAN, component="mlp", **pair)
    assert hooks_on(model.module) == hooks


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"corrupted": "The quick"}, "the clean prompt has"),
        ({"corrupted": CLEAN}, "the same tokens"),
        ({"corrupted": "  "}, "the corrupted prompt is empty"),
        ({"answer": ""}, "the answer is empty"),
        ({"answer": " dog", "wrong": " dog"}, "begin with the same token"),
        ({"layers": [2]}, "layer 2 is not one of the 2"),
        ({"layers": []}, "no layer was named"),
        ({"positions": [99]}, "position 99 is not one of"),
        ({"positions": ["nothing"]}, "no token is 'nothing'"),
        ({"component": "weights"}, "not one of residual"),
        ({"direction": "up"}, "not denoise or noise"),
        ({"batch_tokens": 0}, "must be at least 1"),
    ],
)
def test_what_makes_no_sense_is_refused(tiny: Load, change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        patch_grid(tiny("llama"), CLEAN, **{**PAIR, **change})


def test_a_fact_that_the_model_does_not_know_is_refused(tiny: Load) -> None:
    model = tiny("llama")
    with pytest.raises(InputError, match="hardly tells the prompts apart"):
        patch_grid(model, CLEAN, **{**PAIR, **_undecided(model)})


def _undecided(model: Model) -> dict[str, str]:
    """Two answers between which the pair makes no difference."""
    import torch

    rows = [model.prompt_ids(text) for text in (CLEAN, CORRUPTED)]
    with torch.no_grad():
        first, second = (model.module(input_ids=torch.tensor([r])).logits[0, -1] for r in rows)
    gain = (first - second).tolist()
    usable = [t for t in range(20, 500) if len(model.tokenize(model.detokenize([t]))) == 1]
    usable.sort(key=lambda token: gain[token])
    near = min(range(len(usable) - 1), key=lambda at: gain[usable[at + 1]] - gain[usable[at]])
    return {
        "answer": model.detokenize([usable[near]]),
        "wrong": model.detokenize([usable[near + 1]]),
    }


def test_an_encoder_is_refused(other: Load) -> None:
    with pytest.raises(CapabilityError, match="is an encoder"):
        patch_grid(other("bert"), CLEAN, **PAIR)


def found_where_expected(grid: PatchGrid, subject: int, bounds: dict[str, Any]) -> bool:
    """Whether a subject is found early at its own token and late at the last one."""
    layers = len(grid.values)
    third, sixth = round(layers / 3), round(layers / 6)
    own, last = grid.values[:, subject], grid.values[:, -1]
    over = np.flatnonzero(last > own)
    handover = (over[0] if len(over) else layers) / layers
    low, high = bounds["handover_share_of_depth"]
    return bool(
        own[:third].mean() >= bounds["subject_first_third_mean_at_least"]
        and last[:third].mean() <= bounds["last_first_third_mean_at_most"]
        and last[-sixth:].mean() >= bounds["last_final_sixth_mean_at_least"]
        and own[-sixth:].mean() <= bounds["subject_final_sixth_mean_at_most"]
        and low <= handover <= high
    )


@pytest.fixture(scope="module")
def facts(smollm2: Model) -> list[tuple[dict[str, Any], PatchGrid]]:
    """The grids of the frozen pairs that the model knows."""
    made = []
    for pair in read_inputs("facts").content["pairs"]:
        words = {name: pair[name] for name in ("corrupted", "answer", "wrong")}
        grid = patch_grid(smollm2, pair["clean"], **words)
        if grid.clean_nats > 0 > grid.corrupted_nats:
            made.append((pair, grid))
    return made


@pytest.mark.model
@pytest.mark.slow
def test_a_patched_subject_is_found_where_the_literature_says(
    facts: list[tuple[dict[str, Any], PatchGrid]],
) -> None:
    bounds = read_inputs("facts").expected
    found = []
    for pair, grid in facts:
        subject = grid.column_labels.index(
            next(label for label in grid.column_labels if label.startswith(pair["subject"]))
        )
        found.append(found_where_expected(grid, subject, bounds))
        upside_down = dataclasses.replace(grid, values=grid.values[::-1])
        assert not found_where_expected(upside_down, subject, bounds)
    assert len(facts) >= 12
    assert sum(found) >= 0.9 * len(found)


@pytest.mark.model
@pytest.mark.slow
def test_on_the_real_model_a_grid_is_that_of_the_loop(
    smollm2: Model, hook_loop: Any, facts: list[tuple[dict[str, Any], PatchGrid]]
) -> None:
    _, grid = facts[0]
    layers = [3, 17, 29]
    wanted = expected(smollm2, hook_loop, grid, layers=layers)
    np.testing.assert_allclose(grid.values[layers], wanted, atol=1e-5)
