"""An attribution reads as a table in a terminal."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from workbench.cli import interpretability as drawn
from workbench.cli.interpretability import (
    show_attention,
    show_attribute,
    show_compare,
    show_contrast,
    show_counterfactuals,
    show_dependence,
    show_lens,
    show_measure_steering,
)
from workbench.core import operations
from workbench.core.errors import InputError
from workbench.interpretability.attribution.comparison import (
    Agreement,
    Comparison,
    RandomOrder,
    Stability,
)
from workbench.interpretability.attribution.contrast import set_against
from workbench.interpretability.attribution.result import Attribution
from workbench.interpretability.inside.results import AttentionMaps, Grid, LensReading
from workbench.interpretability.tabular.counterfactuals import (
    Change,
    Counterfactual,
    Counterfactuals,
)
from workbench.interpretability.tabular.dependence import Dependence

# Made: no method gave these numbers.
MADE = Attribution(
    "made", ("The", " cat", " sat"), (" on",), (1, 2, 3), (4,), ((0, 1), (1, 2), (2, 3)),
    np.array([[0.0, 2.0, -1.0]]), "ablation", "space", None, -1.0, completeness_gap=0.012,
    deletion_auc=0.2, insertion_auc=0.6, held=(True, False, False), evaluations=42,
    checked_with="space",
)  # fmt: skip


def test_a_line_a_part_and_the_checks(capsys: pytest.CaptureFixture[str]) -> None:
    show_attribute(MADE)
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0] == "ablation on made, baseline space"
    assert lines[1] == "answer: ' on', probability 0.368; scores in nats"
    assert lines[3].split() == ["'The'", "+0.000", "never", "replaced"]
    assert lines[4].split() == ["'", "cat'", "+2.000", "+" * 12]
    assert lines[5].split() == ["'", "sat'", "-1.000", "-" * 6]
    assert "miss 1.2%" in out and "the order holds" in out and "read 42 prompts" in out
    assert "array" not in out and "Attribution(" not in out


def test_an_answer_that_the_model_hardly_gives_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    show_attribute(dataclasses.replace(MADE, value=-12.0))
    assert "the model hardly says that" in capsys.readouterr().out


def test_methods_side_by_side_and_what_each_is_worth(capsys: pytest.CaptureFixture[str]) -> None:
    lime = dataclasses.replace(
        MADE, method="lime", scores=np.array([[0.0, 1.5, 0.25]]), deletion_auc=0.4, seed=0
    )
    show_compare(
        Comparison(
            "made",
            (MADE, lime),
            (Agreement("ablation", "lime", None, 0.5),),
            (Stability("lime", 3, 0.25, 0.75, 0.125),),
            (RandomOrder("space", 5, 0.3, 0.5),),
            2,
        )
    )
    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines()]
    assert lines[3] == ["'The'", "never", "replaced", "never", "replaced"]
    assert lines[4] == ["'", "cat'", "+2.000", "+1.500"]
    assert ["ablation", "lime", "none:", "all", "the", "same", "50%"] in lines
    assert ["lime", "3", "+0.25", "75%", "0.125"] in lines
    assert ["ablation", "space", "0.200", "0.600", "deletion", "and", "insertion"] in lines
    assert ["lime", "space", "0.400", "0.600", "insertion"] in lines
    assert ["5", "random", "orders", "space", "0.300", "0.500"] in lines
    assert "read 84 prompts" in out
    assert "array" not in out and "{" not in out and "[" not in out


def test_two_sides_part_by_part(capsys: pytest.CaptureFixture[str]) -> None:
    other = dataclasses.replace(
        MADE, tokens=("The", " dog", " sat"), targets=(" up",), value=-3.0,
        scores=np.array([[0.0, 0.5, -2.0]]),
    )  # fmt: skip
    show_contrast(set_against(MADE, other, names=("first prompt", "second prompt")))
    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines()]
    assert out.splitlines()[1] == "first prompt: 'The cat sat', answer ' on', probability 0.368"
    assert ["'", "cat'", "+2.000"] in lines and ["'", "dog'", "+0.500"] in lines
    assert ["'", "sat'", "-1.000", "-2.000", "-1.000"] in lines
    assert "hardly says" not in out
    assert "the answers differ" in out and "second prompt less first prompt: -2.00 nats" in out
    assert "array" not in out and "{" not in out and "[" not in out


def test_an_answer_that_neither_side_gives_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    rarely = dataclasses.replace(MADE, value=-12.0)
    for second, times in ((dataclasses.replace(rarely, value=-20.0), 1), (MADE, 0)):
        show_contrast(set_against(rarely, second, names=("a", "b")))
        assert capsys.readouterr().out.count("the model hardly says that") == times


def test_dependence_is_a_line_a_value_and_not_single_rows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_dependence(
        Dependence(
            model="made", data="table (test)", feature="age", kind="number", output="probability",
            unit="probability", grid=(20.0, None), mean=(0.25, 0.5), low=(0.2, 0.4),
            high=(0.3, 0.6), shares=(0.75, 0.25), lines=((0.1, 0.9),), crossing=0.125, rows=8,
            confidence=0.95, seed=0,
        )
    )  # fmt: skip
    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines()]
    assert lines[2] == ["20", "0.250", "0.200", "to", "0.300", "75.0%"]
    assert lines[3][0] == "(missing)" and "12% of the rows go against the mean" in out
    assert "0.9" not in out


def test_counterfactuals_are_a_line_a_change(capsys: pytest.CaptureFixture[str]) -> None:
    change = Counterfactual(
        (Change("age", 20.0, 31.0), Change("job", None, "clerk")), "yes", 0.75, 1.5, 0.5
    )
    show_counterfactuals(
        Counterfactuals(
            model="made", data="table (test)", row=3, prediction="no", wanted="yes",
            found=(change,), asked_for=3, reason="no more were found", fixed=("sex",),
            asked_rows=1200, budget_rows=5000, seed=0,
        )
    )  # fmt: skip
    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines()]
    assert lines[2] == ["1", "yes,", "75%", "1.50", "age", "20", "31"]
    assert lines[3] == ["job", "(missing)", "clerk"]
    assert "no more were found" in out and "1,200 rows; held: sex" in out and "{" not in out


def test_every_verb_of_the_room_has_words_of_its_own() -> None:
    # These print as rows: they are lists of a few short fields each.
    rows = {"methods", "examples", "suspects"}
    names = {
        each.name.partition(".")[2]
        for each in operations.all_operations()
        if each.name.startswith("interpretability.")
    }
    without = {name for name in names if not hasattr(drawn, f"show_{name}")}
    assert without == rows


# Made, too.
def _lens() -> LensReading:
    return LensReading(
        model="made", title="lens", values=np.array([[9.0, 3.25], [0.0, 0.0]]),
        row_labels=("embedding", "0"), column_labels=("The", ","), rows="after", columns="token",
        unit="nats", lens="logit", tokens=("The", ","), top_tokens=((" a", ","), (" b", " on")),
        top_probabilities=np.array([[0.5, 0.00002], [0.5, 0.75]]), target=" on",
        target_probabilities=np.array([[0.1, 0.0], [0.1, 0.75]]),
        target_ranks=np.array([[7, 40], [3, 1]]),
    )  # fmt: skip


def test_a_lens_says_layer_by_layer_what_comes_after_the_last_token(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_lens(_lens())
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "logit lens on made, after the last token ','"
    assert lines[2].split() == ["embedding", "','", "under", "0.1%", "3.25", "0.0%", "40"]
    assert lines[3].split() == ["0", "'", "on'", "75.0%", "0.00", "75.0%", "1"]
    assert "the 1 tokens before it" in lines[-1]


def test_a_grid_tells_columns_of_one_name_apart_and_says_what_it_leaves_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = (*tuple(f"t{place}" for place in range(18)), " the", " the")
    values = np.linspace(-1, 1, 20)[None]
    show_measure_steering(
        Grid(
            model="made",
            title="effect",
            values=values,
            row_labels=("1",),
            column_labels=names,
            rows="strength",
            columns="prompt",
            unit="nats",
            centre=0.0,
        )
    )
    out = capsys.readouterr().out
    assert "-1.00" in out and "+0.58" in out and "4 columns more" in out


def test_attention_leaves_out_the_token_on_which_heads_rest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    values = np.zeros((1, 2, 3, 3))
    values[0, :, 2] = [[0.9, 0.1, 0.0], [0.5, 0.2, 0.3]]
    show_attention(AttentionMaps(model="made", tokens=("a", "b", "c"), layers=(4,), values=values))
    assert capsys.readouterr().out.splitlines()[2].split() == ["4", "1", "'c'", "30.0%"]


@pytest.mark.parametrize("empty", ["lens", "attribute", "patch"])
def test_an_empty_text_is_refused_before_a_model_is_loaded(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("workbench.models.loading.load", never)
    monkeypatch.setattr("workbench.models.load", never, raising=False)
    given = {
        "lens": {"text": ""},
        "attribute": {"prompt": "The cat", "target": ""},
        "patch": {"clean": "a", "corrupted": "b", "answer": "", "wrong": "c"},
    }[empty]
    with pytest.raises(InputError, match="is empty"):
        operations.find(f"interpretability.{empty}").run(given)
