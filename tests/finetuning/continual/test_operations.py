"""The operation on the real digits, and what its result holds and draws."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.core.plain import to_plain
from workbench.finetuning.continual.domain_streams import frozen_stream, read_stream
from workbench.finetuning.continual.operations import continual
from workbench.studio.continual_cards import curves_chart, draw_continual, matrix_chart


@pytest.fixture(scope="module")
def found(shared_home_path: Path) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(shared_home_path))
        return continual(method="derpp", against=["naive"], seeds=[0, 1], epochs=8)


def test_figures_of_the_first_method_stand_at_the_top(found: Any) -> None:
    plain = json.loads(json.dumps(to_plain(found)))
    assert {"acc", "bwt", "forgetting", "fwt"} <= set(plain)
    derpp, naive = found.methods
    assert found.acc == derpp.acc.value
    assert derpp.acc.low < derpp.acc.value < derpp.acc.high
    assert derpp.acc.value > naive.acc.value + 0.3
    assert naive.forgetting.value > 3 * derpp.forgetting.value
    assert derpp.memory_examples == 200
    assert "not stated" in found.license


def test_it_is_drawn_as_a_matrix_and_curves(found: Any) -> None:
    html = draw_continual(found)
    assert html.count("<img ") == 3
    assert "accuracy at the end (ACC)" in html
    assert len(matrix_chart(found, "naive").rows) < 30, "later tasks were not asked"
    assert len(curves_chart(found).rows) == 15
    with pytest.raises(NotFoundError, match="ewc"):
        matrix_chart(found, "ewc")


def test_the_frozen_domains_are_four_tasks() -> None:
    stream = frozen_stream()
    assert stream.names == ("devices", "kitchen", "law", "clinic")
    assert {(len(task.train), len(task.test)) for task in stream} == {(80, 40)}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (['{"domain": "a"'], "line 1 is no JSON"),
        (['{"domain": "a", "split": "dev", "prompt": "p", "response": "r"}'], "neither train"),
        (['{"domain": "a", "split": "train", "prompt": "p"}'], "line 1 is no row"),
        (['{"domain": "a", "split": "train", "prompt": "p", "response": "r"}'], "no test"),
    ],
)
def test_bad_rows_are_named(lines: list[str], said: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(lines))
    with pytest.raises(InputError, match=said):
        read_stream(path)


def test_bad_words_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="epochs"):
        continual(epochs=-1)
    with pytest.raises(InputError, match="digits come with"):
        continual(data=tmp_path / "rows.jsonl")
    with pytest.raises(NotFoundError, match="there is no file"):
        continual(benchmark="domains", data=tmp_path / "none.jsonl")
