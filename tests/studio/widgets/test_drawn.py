"""Results of interpretability as the registry draws them, over results made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.core.viewers import mime_bundle
from workbench.interpretability.inside.results import (
    AttentionMaps,
    Grid,
    LensReading,
    Neuron,
    PatchGrid,
    TopText,
)
from workbench.studio import saliency
from workbench.studio.widgets import drawn, heat_map

from .conftest import make


def grid(kind: type[Grid] = Grid, **more: Any) -> Grid:
    fields: dict[str, Any] = {
        "model": "made", "title": "a made grid", "values": np.array([[0.0, 0.5], [-0.25, 1.0]]),
        "row_labels": ("0", "1"), "column_labels": (" of", "head 1"), "rows": "layer",
        "columns": "token", "unit": "share of the way", "centre": 0.0, **more,
    }  # fmt: skip
    return kind(**fields)


def test_a_grid_is_drawn_with_its_names_and_numbers() -> None:
    html = mime_bundle(grid())["text/html"]
    for said in ("A made grid: made", "·of", "head 1", "+0.50", "−0.25", "share of the way"):
        assert said in html
    axes = "Rows: layer; columns: token; values in share of the way."
    assert f'<p class="q">{axes}</p>' in html  # in the page, where it breaks on a phone
    assert html.count(axes) == 1  # and not in the picture, which cuts it
    words = mime_bundle(grid(cell_texts=((" Paris", "a"), ("b", "c")), centre=None,
                             values=np.ones((2, 2))))["text/html"]  # fmt: skip
    assert "·Paris" in words


def test_what_derives_from_a_grid_also_says_its_own_figures() -> None:
    made = grid(
        PatchGrid, component="residual", direction="denoise", clean="The capital of France is",
        corrupted="The capital of Italy is", answer=" Paris", wrong=" Rome", clean_nats=3.5,
        corrupted_nats=-2.0, resume_gap_nats=0.0, layer_tokens=300,
    )  # fmt: skip
    html = mime_bundle(made)["text/html"]
    for said in ("component: residual", "answer: Paris", "clean nats 3.5", "corrupted nats −2"):
        assert said in html


def test_a_lens_says_what_its_cells_hold_and_how_the_followed_token_rises() -> None:
    made = grid(
        LensReading, values=np.ones((2, 2)), unit="nats", centre=None, lens="logit",
        tokens=(" of", "x"),
        top_tokens=(("a", "b"), ("c", " Paris")), top_probabilities=np.full((2, 2), 0.5),
        target=" Paris", target_probabilities=np.array([[0.0, 0.001], [0.1, 0.75]]),
        target_ranks=np.array([[9, 40], [2, 1]]),
    )  # fmt: skip
    html = mime_bundle(made)["text/html"]
    assert "what the layer would say next" in html
    assert "after the last token: 75.0%, rank 1, among the first 10 from 1 on" in html


def attention(heads: int = 2) -> AttentionMaps:
    values = np.full((2, heads, 3, 3), 1 / 3)
    return AttentionMaps(model="made", tokens=("a", " b", "c"), layers=(4, 7), values=values)


def test_every_head_has_its_map(monkeypatch: pytest.MonkeyPatch) -> None:
    html = mime_bundle(attention())["text/html"]
    assert html.count("<svg") == 4
    assert "layer.head 4.0" in html and "layer.head 7.1" in html
    # Too many to be shown are told as what they are: the mean of each layer.
    monkeypatch.setattr(heat_map, "MOST_VALUES", 30)
    html = mime_bundle(attention())["text/html"]
    assert html.count("<svg") == 2
    assert "the mean of its layer&#x27;s heads" in html


def test_what_is_too_large_says_so_and_shows_its_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heat_map, "MOST_VALUES", 3)
    html = mime_bundle(grid())["text/html"]
    assert "too many to show" in html
    assert "a made grid" in html


def test_a_neuron_shows_where_it_was_active() -> None:
    tokens = tuple(f" w{i}" for i in range(40))
    top = TopText(text_number=3, text="", tokens=tokens, position=30, activation=7.25)
    made = Neuron(model="made", layer=2, neuron=9, texts_seen=1200, top=(top,), promotes=(" x",))
    html = mime_bundle(made)["text/html"]
    for said in ("Neuron 9 of layer 2", "1,200 texts", "<mark> w30</mark>", "7.25", "·x"):
        assert said in html
    assert " w13" not in html.replace(" w14", "")  # what is far from it is left out
    assert drawn._marked(top).startswith("… w14")


def test_methods_stand_under_each_other_with_how_far_they_agree() -> None:
    from workbench.interpretability.attribution.comparison import (
        Agreement,
        Comparison,
        RandomOrder,
        Stability,
    )

    one, two = make(method="ablation", seed=1), make(method="owen", seed=2)
    made = Comparison(
        "made", (one, two), (Agreement("ablation", "owen", 0.75, 2 / 3),),
        (Stability("owen", 3, 0.875, 1.0, 0.125),), (RandomOrder("space", 5, 0.4375, 0.5),), 3,
    )  # fmt: skip
    html = mime_bundle(made)["text/html"]
    for said in ("ablation and owen", "0.75", "0.875", "0.125", "random, mean of 5", "0.4375"):
        assert said in html
    for attribution in (one, two):
        strongest = np.abs(saliency(attribution).of(-1)).max()
        assert f"{strongest:.2f}" in html
