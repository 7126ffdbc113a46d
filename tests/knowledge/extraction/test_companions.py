"""Processes that read beside this one say the same, and one that dies costs nothing but time."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Sequence

import pytest

from workbench.core.errors import CancelledError
from workbench.knowledge.extraction.dependency import extractor as module
from workbench.knowledge.extraction.dependency import sharing
from workbench.knowledge.extraction.dependency.companions import MOST, Helper, helpers_for
from workbench.knowledge.extraction.dependency.extractor import DependencyExtractor
from workbench.knowledge.extraction.dependency.sharing import SharedReading
from workbench.knowledge.extraction.protocol import Extraction, Mention, Passage

PASSAGES = [Passage(f"Lake {name} is a lake in Norway.") for name in ("Mjøsa", "Toba", "Vänern")]


def test_few_passages_are_not_worth_a_process() -> None:
    assert helpers_for(499) == 0


@pytest.mark.parametrize("dies", [False, True])
def test_a_helper_says_the_same_and_may_die(dies: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "helpers_for", lambda passages: 1)
    monkeypatch.setattr(module, "_WORTH_SHARING", 1)
    monkeypatch.setattr(sharing, "_PIECE_PASSAGES", 1)
    extractor = DependencyExtractor()
    alone = list(extractor.extract_many(PASSAGES))
    with extractor.at_work(len(PASSAGES)):
        assert extractor._shared is not None
        if dies:
            helper: Helper = extractor._shared._helpers[0]
            helper._process.kill()
            helper._process.wait()
        assert list(extractor.extract_many(PASSAGES)) == alone
    assert extractor._shared is None
    assert any(each.assertions for each in alone)


class MadeHelper(Helper):
    """Reads in this process, when it is let; ``refuses`` makes it die at its first piece."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses, self.may_read, self.has_read = refuses, threading.Event(), 0
        self.asked: list[Passage] = []

    def ask(self, passages: Sequence[Passage]) -> bool:
        self.asked = list(passages)
        return True

    def answer(self) -> list[Extraction] | None:
        self.may_read.wait()
        if self.refuses:
            return None
        self.has_read += len(self.asked)
        return [told(each) for each in self.asked]

    def stop(self) -> None:
        self.refuses = True
        self.may_read.set()

    def close(self) -> None:
        pass


def told(passage: Passage) -> Extraction:
    return Extraction((Mention(0, 1, passage.text),))


MANY = [Passage(f"passage {number}") for number in range(100)]


def test_a_helper_reads_before_the_result_is_asked_for() -> None:
    helper = MadeHelper()
    helper.may_read.set()
    shared = SharedReading([helper], lambda passages: pytest.fail("it was all read beside us"))
    with contextlib.closing(shared):
        found = shared.read(MANY)
        for _ in range(1000):
            if helper.has_read == len(MANY):
                break
            time.sleep(0.01)
        assert list(found) == [told(each) for each in MANY]


def test_what_a_helper_does_not_take_is_read_here_also_of_the_next_batch() -> None:
    helper, here = MadeHelper(), []

    def read_here(passages: Sequence[Passage]) -> list[Extraction]:
        here.extend(passages)
        if len(here) >= len(MANY) + 1:  # some of the second batch, while the first one is open
            helper.may_read.set()
        return [told(each) for each in passages]

    shared = SharedReading([helper], read_here)
    with contextlib.closing(shared):
        first, second = shared.read(MANY), shared.read(MANY[::-1])
        assert list(first) == [told(each) for each in MANY]
        assert list(second) == [told(each) for each in MANY[::-1]]
    assert len(here) + helper.has_read == 2 * len(MANY)


def test_a_piece_of_a_helper_that_died_is_read_here() -> None:
    helper = MadeHelper(refuses=True)
    helper.may_read.set()
    shared = SharedReading([helper], lambda passages: [told(each) for each in passages])
    with contextlib.closing(shared):
        assert list(shared.read(MANY)) == [told(each) for each in MANY]


def test_a_cancelled_run_does_not_wait_for_a_helper(monkeypatch: pytest.MonkeyPatch) -> None:
    helper = MadeHelper()

    def stop() -> None:
        raise CancelledError("stopped")

    shared = SharedReading([helper], lambda passages: [told(each) for each in passages])
    with contextlib.closing(shared):
        monkeypatch.setattr(sharing, "check_cancelled", stop)
        with pytest.raises(CancelledError):
            list(shared.read(MANY))


def test_pieces_hold_so_many_passages_and_characters() -> None:
    long = [Passage("x" * 20_000), Passage("y" * 5_000), Passage("z" * 30_000), Passage("w")]
    assert [len(each.passages) for each in sharing._cut(MANY)] == [32, 32, 32, 4]
    assert [len(each.passages) for each in sharing._cut(long)] == [1, 1, 1, 1]
    assert [one for each in sharing._cut(MANY) for one in each.passages] == MANY
    assert list(sharing._cut([])) == []


def test_a_mac_which_has_no_affinity_gets_helpers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 10)
    assert helpers_for(100_000) == MOST
