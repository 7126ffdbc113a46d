"""How results draw themselves: a registered viewer, else a plain table."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from typing import Any

import pytest

from workbench.core import viewers
from workbench.core.viewers import Viewable, mime_bundle, register_viewer


@dataclass(frozen=True)
class Score(Viewable):
    name: str
    value: float


@dataclass(frozen=True)
class SharpScore(Score):
    extra: int = 0


@pytest.fixture(autouse=True)
def own_viewers(monkeypatch: pytest.MonkeyPatch) -> None:
    # With a viewer for everything the registry counts as loaded: none but the test's own.
    monkeypatch.setattr(viewers, "_viewers", {object: viewers._plain_bundle})


def test_without_a_viewer_the_fields_stand_in_a_table() -> None:
    bundle: dict[str, Any] = Score("a", 0.5)._repr_mimebundle_()
    assert "<th style='text-align:left'>value</th>" in bundle["text/html"]
    assert bundle["text/plain"] == "Score(name='a', value=0.5)"


def test_text_in_a_table_is_escaped() -> None:
    html = mime_bundle(Score("<script>alert(1)</script>", 0.5))["text/html"]
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_viewer_draws_its_type_and_those_derived_from_it() -> None:
    register_viewer(Score, lambda score: {"text/html": f"drawn {score.name}"})
    assert Score("a", 1)._repr_mimebundle_() == {"text/html": "drawn a"}
    assert SharpScore("b", 1)._repr_mimebundle_() == {"text/html": "drawn b"}
    register_viewer(SharpScore, lambda score: {"text/html": "sharp"})
    assert SharpScore("b", 1)._repr_mimebundle_() == {"text/html": "sharp"}


def test_a_later_viewer_takes_the_place_of_an_earlier_one() -> None:
    register_viewer(Score, lambda score: {"text/plain": "first"})
    register_viewer(Score, lambda score: {"text/plain": "second"})
    assert mime_bundle(Score("a", 1)) == {"text/plain": "second"}


def test_lists_are_numbered() -> None:
    assert ">0</th>" in mime_bundle([1, 2])["text/html"]


def test_a_viewer_can_name_a_type_that_it_does_not_import() -> None:
    register_viewer(f"{__name__}.Score", lambda score: {"text/plain": f"named {score.name}"})
    assert mime_bundle(Score("a", 1)) == {"text/plain": "named a"}
    assert mime_bundle(SharpScore("b", 1)) == {"text/plain": "named b"}


class Entry:
    value = "somewhere"

    def __init__(self, register: Any) -> None:
        self.load = lambda: register


def test_viewers_of_entry_points_are_asked_once_and_a_broken_one_hides_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = []

    def broken() -> None:
        raise RuntimeError("boom")

    def good() -> None:
        asked.append("good")
        register_viewer(Score, lambda score: {"text/plain": "drawn"})

    monkeypatch.setattr(viewers, "_viewers", {})
    found = [Entry(broken), Entry(good)]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: found)
    assert mime_bundle(Score("a", 1)) == {"text/plain": "drawn"}
    mime_bundle(Score("a", 1))
    assert asked == ["good"]
    assert "somewhere could not be loaded" in caplog.text


def test_outside_a_notebook_nothing_is_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "_viewers", {})
    viewers.prepare_notebook()
    assert viewers._viewers == {}
