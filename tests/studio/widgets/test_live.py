"""The widgets alive, as far as Python goes: what is sent, and the pictures that buttons ask for."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from workbench.interpretability.attribution.result import Attribution
from workbench.studio import compare, heat_map, saliency
from workbench.studio.widgets import showing
from workbench.studio.widgets.live import KINDS, css, script

from .conftest import make

LOADS = re.compile(r"\bimport\s*[({'\"*]|\bimport\s+\w|https?:|\bfetch\(|XMLHttp|@import|url\(")


@pytest.mark.parametrize("kind", KINDS)
def test_scripts_are_whole_and_load_nothing(kind: str) -> None:
    assert script(kind).count("export default") == 1
    assert LOADS.search(script(kind) + css()) is None
    for planted in ("import x from 'y'", "import('https://x')", "fetch('a')", "a{b:url(c)}"):
        assert LOADS.search(planted)


def test_scores_are_sent_as_32_bit_floats(attribution: Attribution) -> None:
    shown = saliency(attribution)
    widget = shown.live()
    sent = np.frombuffer(widget.arrays["scores"], "<f4").reshape(shown.scores.shape)
    assert np.allclose(sent, shown.scores)
    assert widget.data["parts"][7] == [shown.parts[7].sign, "tokens 8 to 9, ids 107, 108", False]
    assert widget.chosen == -1
    two = compare(make(seed=1), make(seed=2)).live()
    assert set(two.arrays) == {"one", "two"}
    assert len(two.data["pairs"]) == 9


@pytest.fixture
def sent() -> tuple[Any, list[Any]]:
    widget = heat_map([[1.0, -2.0]], ["a"], ["b", "c"], unit="nats", title="made").live()
    heard: list[Any] = []
    widget.send = lambda content, buffers=None: heard.append((content, buffers))
    return widget, heard


def test_a_button_gets_the_picture_of_what_is_shown(sent: tuple[Any, list[Any]]) -> None:
    widget, heard = sent
    for form, begin in (("svg", b"<svg"), ("png", b"\x89PNG")):
        widget._handle_custom_msg({"picture": form}, [])
        content, buffers = heard.pop()
        assert content == {"picture": form}
        assert buffers[0].startswith(begin)
    for wrong in ({"picture": "exe"}, {}, "picture"):
        widget._handle_custom_msg(wrong, [])
    assert heard == []


def test_a_picture_that_fails_is_said(sent: tuple[Any, list[Any]]) -> None:
    widget, heard = sent
    widget.chosen = 7
    widget._handle_custom_msg({"picture": "svg"}, [])
    assert heard[0][0]["trouble"] == "there is no panel 7; they go from 0 to 0"


def test_alive_in_a_kernel_and_still_in_a_report(
    attribution: Attribution, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = "application/vnd.jupyter.widget-view+json"
    assert view not in saliency(attribution)._repr_mimebundle_()

    class Shell:
        kernel = object()

    import IPython

    monkeypatch.setattr(IPython, "get_ipython", Shell)
    bundle = saliency(attribution)._repr_mimebundle_()
    assert view in bundle and "wb-chips" in bundle["text/html"]
    monkeypatch.setenv(showing.RUNNER_VARIABLE, "1")
    assert view not in saliency(attribution)._repr_mimebundle_()
