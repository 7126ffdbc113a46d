"""Processes that read beside this one say the same, and one that dies costs nothing but time."""

from __future__ import annotations

import os

import pytest

from workbench.knowledge.extraction.dependency import extractor as module
from workbench.knowledge.extraction.dependency.companions import (
    MOST,
    Helper,
    helpers_for,
    shared_out,
)
from workbench.knowledge.extraction.dependency.extractor import DependencyExtractor
from workbench.knowledge.extraction.protocol import Passage

PASSAGES = [Passage(f"Lake {name} is a lake in Norway.") for name in ("Mjøsa", "Toba", "Vänern")]


def test_parts_are_in_order_and_about_as_long() -> None:
    passages = [Passage("x" * size) for size in (5, 5, 10, 1, 9, 10)]
    parts = shared_out(passages, 2)
    assert [each for part in parts for each in part] == passages
    assert [sum(len(each.text) for each in part) for part in parts] == [20, 20]
    assert shared_out([], 2) == [[], []]


def test_few_passages_are_not_worth_a_process() -> None:
    assert helpers_for(499) == 0


@pytest.mark.parametrize("dies", [False, True])
def test_a_helper_says_the_same_and_may_die(dies: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "helpers_for", lambda passages: 1)
    monkeypatch.setattr(module, "_WORTH_SHARING", 1)
    extractor = DependencyExtractor()
    alone = list(extractor.extract_many(PASSAGES))
    with extractor.at_work(len(PASSAGES)):
        if dies:
            helper: Helper = extractor._helpers[0]
            helper._process.kill()
            helper._process.wait()
        assert list(extractor.extract_many(PASSAGES)) == alone
    assert extractor._helpers == []
    assert any(each.assertions for each in alone)


def test_a_mac_which_has_no_affinity_gets_helpers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 10)
    assert helpers_for(100_000) == MOST
