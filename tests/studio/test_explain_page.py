"""The page that explains answers, over the real model."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.interpretability.attribution.curves import Curve
from workbench.interpretability.attribution.result import Attribution
from workbench.models.adapter_store import register_adapter
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.formats.tiny_lora import make_tiny_lora
from workbench.models.formats.to_gguf import write_gguf_of_folder
from workbench.studio.chart import Chart
from workbench.studio.explain_checks import draw_checks
from workbench.studio.explain_page import ExplainPage
from workbench.studio.operation_forms import OLD_NOTE

# Made: no method gave these numbers.
MADE = Attribution(
    "made", ("a", "b"), ("c",), (1, 2), (3,), ((0, 1), (1, 2)), np.array([[2.0, 1.0]]),
    "integrated_gradients", "space", 64, -1.0, -4.1, 0.01, 0.03, 0.2, 0.6,
    deletion=Curve((0.0, 1.0), (0.4, 0.1), 0.2), insertion=Curve((0.0, 1.0), (0.1, 0.4), 0.6),
)  # fmt: skip


def words(found: Attribution | None) -> str:
    return " ".join(part for part in draw_checks(found) if isinstance(part, str))


def test_checks_say_what_holds_and_what_does_not() -> None:
    assert "Explain something" in words(None)
    said = words(MADE)
    assert said.count("✓ holds") == 2
    assert "0.03 nats, 1.0% of the 3.1 nats" in said
    assert "✗ fails" in words(dataclasses.replace(MADE, completeness_gap=0.3))
    wrong = words(dataclasses.replace(MADE, deletion_auc=0.7))
    assert "not what the answer hangs on" in wrong
    unsummed = dataclasses.replace(MADE, completeness_gap=None, completeness_gap_nats=None)
    assert "does not promise" in words(unsummed)
    bare = dataclasses.replace(MADE, deletion=None, insertion=None, deletion_auc=None)
    assert "No curves were drawn" in words(bare)
    charts = [part for part in draw_checks(MADE) if isinstance(part, Chart)]
    assert [len(chart.rows) for chart in charts] == [4]


def test_the_adapters_of_a_model_are_offered_beside_it(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operations take them, so who asks why a tuned model says so finds it in the list."""
    make_tiny_folder(tmp_path / "folder")
    gguf = write_gguf_of_folder(tmp_path / "folder", tmp_path / "tiny.gguf", type="F32")
    (tmp_path / "workbench.toml").write_text(f'[models.tiny]\npath = "{gguf}"\n')
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "workbench.toml"))
    for name in ("a", "b"):
        make_tiny_lora(tmp_path / name, gguf, name=name, base_model="tiny", seed=0)
        register_adapter(tmp_path / name)
    page = ExplainPage()
    names = [value for _, value in page.form.inputs["model"].options]
    place = names.index("tiny")
    assert names[place + 1 : place + 3] == ["tiny:a@1", "tiny:b@1"]
    assert page.form.inputs["model"].value == "smollm2-135m"


@pytest.fixture
def page(shared_home: Path) -> ExplainPage:
    return ExplainPage()


def test_the_page_says_what_to_do_and_offers_what_is_here(page: ExplainPage) -> None:
    text = page.html().partition("</style>")[2]
    for said in ("Which tokens made the answer", "How to read it", "Explain something"):
        assert said in text
    assert page.form.inputs["model"].value == "smollm2-135m"
    methods = [value for _, value in page.form.inputs["method"].options]
    assert "ablation" in methods


@pytest.mark.model
def test_an_answer_is_explained_with_its_checks(page: ExplainPage) -> None:
    values: dict[str, Any] = {"prompt": "The capital of France is", "target": " Paris"}
    for name, value in values.items():
        page.form.inputs[name].value = value
    page.form.button.click()
    assert page.form.latest is not None
    found = page.form.latest.result(120)
    assert found.targets == (" Paris",)
    assert page.found is found
    shown = page.form.latest._place.outputs[0]["data"]
    assert "wb-chips" in shown["text/html"]
    assert "Area under deletion" in page.html()
    page.form.inputs["prompt"].value = ""  # what stands there is not of this form
    assert page.html().count(OLD_NOTE) == 2
    page.form.button.click()
    page.form.latest._thread.join(120)
    assert "the prompt is empty" in page.form.latest._text.value
    assert "Area under deletion" not in page.html()  # an earlier answer's check beside a failure
    assert OLD_NOTE not in page.html()


@pytest.mark.model
def test_a_prompt_that_cannot_be_explained_is_said_plainly(page: ExplainPage) -> None:
    page.form.inputs["prompt"].value = ""
    page.form.button.click()
    assert page.form.latest is not None
    page.form.latest._thread.join(120)
    assert "the prompt is empty" in page.form.latest._text.value
    assert page.found is None
    assert "wb-waits" not in page.form.button._dom_classes
