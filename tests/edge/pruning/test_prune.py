"""Layers that go, what is taught again, and what the operation tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench import edge
from workbench.core import settings
from workbench.core.errors import InputError
from workbench.edge.pruning.distillation import Lesson, distill
from workbench.edge.pruning.layer_drop import choose_layers, drop_layers, measure_influence
from workbench.edge.pruning.magnitude import prune_magnitude
from workbench.edge.pruning.weights import read_weights, write_weights
from workbench.models.formats import tiny
from workbench.models.formats.gguf_reader import read_gguf
from workbench.models.protocol import ModelFiles


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model of six layers, of which the third does next to nothing."""
    with pytest.MonkeyPatch.context() as patch:
        common = tiny.TINY_ARCHITECTURES["llama"]
        patch.setitem(tiny.TINY_ARCHITECTURES, "llama", common | {"num_hidden_layers": 6})
        folder = tiny.make_tiny_folder(tmp_path_factory.mktemp("deep") / "deep")
    weights = read_weights(ModelFiles("deep", folder=folder))
    for part in ("self_attn.o_proj", "mlp.down_proj"):
        weights.numbers[f"model.layers.2.{part}.weight"] *= 1e-3
    changed = tmp_path_factory.mktemp("changed")
    write_weights(weights, changed)
    return changed


def test_the_layer_that_does_nothing_goes_first(deep: Path, calibration: Path) -> None:
    influence = measure_influence(deep, [calibration.read_text()])
    assert choose_layers(influence, 1) == [2]
    assert influence[2] < 1e-4 < 10 * influence.max()
    two = choose_layers(influence, 2)
    assert 0 not in two
    assert 5 not in two
    with pytest.raises(InputError, match="the first and the last stay"):
        choose_layers(influence, 5)


def test_layers_behind_a_gap_move_up(deep: Path) -> None:
    weights = read_weights(ModelFiles("deep", folder=deep))
    dropped = drop_layers(weights, [2, 4])
    assert dropped.config["num_hidden_layers"] == 4
    for new, old in enumerate((0, 1, 3, 5)):
        name = "self_attn.q_proj.weight"
        np.testing.assert_array_equal(
            dropped.numbers[f"model.layers.{new}.{name}"],
            weights.numbers[f"model.layers.{old}.{name}"],
        )
    assert not any("layers.4." in name for name in dropped.numbers)


def test_a_pruned_model_learns_back_and_what_is_gone_stays_gone(
    tiny_folder: Path, tmp_path: Path, calibration: Path
) -> None:
    pruned = prune_magnitude(read_weights(ModelFiles("tiny", folder=tiny_folder)), 0.5)
    student = tmp_path / "student"
    student.mkdir()
    write_weights(pruned, student)
    lesson = Lesson(steps=20, rows=2, window=32, rate=2e-3, own_share=0.0)
    numbers, losses = distill(student, tiny_folder, [calibration.read_text()], lesson)
    assert np.mean(losses[-3:]) < 0.6 * losses[0]
    for name in pruned.matrices():
        assert not numbers[name][pruned.numbers[name] == 0].any()


def test_the_operation_tells_what_went_and_what_it_costs(
    deep: Path, calibration: Path, texts: Path
) -> None:
    made = edge.prune(
        "layers", model=str(deep), share=0.17, calibration=str(calibration), texts=str(texts)
    )
    assert made.what == "the layers 2 of 6"
    assert made.parameters < made.parameters_base
    assert made.removed_share == pytest.approx(1 - made.parameters / made.parameters_base)
    assert made.perplexity == pytest.approx(made.perplexity_base, rel=0.02)
    again = edge.prune(
        "layers", model=str(deep), share=0.17, calibration=str(calibration), measure=False
    )
    assert again.path == made.path


def test_methods_follow_each_other_and_the_result_becomes_a_gguf(
    deep: Path, calibration: Path
) -> None:
    first = edge.prune(
        "vocabulary", model=str(deep), share=0.2, calibration=str(calibration), measure=False
    )
    assert first.what.startswith("103 of 512 tokens; ")
    second = edge.prune(
        "layers",
        model=str(first.path),
        share=0.17,
        calibration=str(calibration),
        recover=2,
        measure=False,
    )
    gguf = read_gguf(edge.compress(model=str(second.path), to="gguf:q8_0", measure=False).path)
    assert gguf.tensors["token_embd.weight"].shape[0] == 409
    assert gguf.metadata["llama.block_count"] == 5


def test_what_cannot_be_is_refused_and_leaves_nothing(deep: Path, calibration: Path) -> None:
    with pytest.raises(InputError, match="is none of them"):
        edge.prune("layers", model=str(deep), share=0.05, calibration=str(calibration))
    with pytest.raises(InputError, match="needs no recovery"):
        edge.prune("vocabulary", model=str(deep), calibration=str(calibration), recover=1)
    assert not list((settings.home() / "compressed").glob("*"))
