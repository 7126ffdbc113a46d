"""A page asked as an engine says what Python says of the same graph, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

import workbench.models as models
from workbench.core import settings
from workbench.core.errors import CapabilityError, EngineError
from workbench.edge.browser import chromium
from workbench.edge.browser.chromium import Chromium
from workbench.edge.browser.page_engine import load_page, made_page
from workbench.models.model import Model

MODEL = "smollm2-135m"
SAID = "The capital of France"
GOES_ON = " is Paris, a city on the river Seine, where more than two million people live and work."


@pytest.fixture(scope="module")
def page(shared_home_path: Path) -> Iterator[Model]:
    with settings.override(home=shared_home_path, threads=1):
        with made_page(MODEL, "bytes") as files, load_page(files, MODEL) as model:
            yield model
        assert not files.folder or not files.folder.exists()


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_scores_and_tokens_are_those_of_python_on_the_same_graph(
    page: Model, shared_home_path: Path
) -> None:
    found = np.array(page.score(SAID, GOES_ON))
    with (
        settings.override(home=shared_home_path, threads=1),
        models.load(MODEL, engine="onnx", variant="bytes") as model,
    ):
        expected = np.array(model.score(SAID, GOES_ON))
        other = np.array(model.score("ecnarF fo latipac ehT", GOES_ON))
        said = model.generate(SAID + " is", max_tokens=4, temperature=0)
    assert len(found) == len(expected)
    # Roundings to bytes fall the other way here and there; see test_edge_page.
    assert abs(found.mean() - expected.mean()) < 0.15
    assert abs(found - expected).max() < 1
    assert abs(other - expected).max() > 1, "another text would have passed as well"
    reply = page.generate(SAID + " is", max_tokens=4, temperature=0)
    assert (reply.text, reply.completion_tokens) == (said.text, 4)
    assert reply.tokens_per_s is not None and 0 < reply.tokens_per_s < 10_000
    long = page.score("x", " and so on" * 60)  # more than is read at once
    assert len(long) == len(page.tokenize(" and so on" * 60))
    assert np.mean(long[-30:]) > np.mean(long[:30])  # what is repeated is foretold


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_a_page_is_not_measured_by_is_refused(page: Model) -> None:
    with pytest.raises(CapabilityError, match="likeliest"):
        page.generate("x", temperature=0.5)
    with pytest.raises(CapabilityError):
        page.generate("x", temperature=0, logprobs=1)
    assert page.memory_bytes() > 100_000_000


def test_a_browser_is_asked_over_a_pipe_whatever_files_are_open() -> None:
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(20)]
    try:
        browser = Chromium()
        pid, profile = browser._process.pid, Path(browser._profile.name)
        browser.open("about:blank")
        assert browser.evaluate("Promise.resolve([1, {a: 2}])") == [1, {"a": 2}]
        with pytest.raises(EngineError, match="nothing is not defined"):
            browser.evaluate("nothing.there")
        browser.close()
        browser.close()
    finally:
        for handle in held:
            os.close(handle)
    assert not psutil.pid_exists(pid)
    assert not profile.exists()


def test_a_browser_that_dies_is_told() -> None:
    browser = Chromium()
    browser.open("about:blank")
    browser._process.kill()
    with pytest.raises(EngineError, match=r"browser (ended|is gone)"):
        for _ in range(3):
            browser.evaluate("1")
    browser.close()


def test_without_a_browser_the_forms_of_pages_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from workbench.edge.compression.runtimes import FORMS, find_forms

    assert find_forms() == (tuple(each for forms in FORMS.values() for each in forms), {})
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(chromium, "_PLACES", ())
    named, left_out = find_forms()
    assert left_out == {"page": "there is no Chromium, Chrome or Edge"}
    assert not any(each.startswith("page:") for each in named)
    with pytest.raises(CapabilityError, match="no Chromium"):
        Chromium()
