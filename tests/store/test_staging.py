"""The lock of a fetch: one at a time, also while its file comes and goes."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from workbench.store import staging

ROUNDS, PROCESSES = 150, 4


def _take_turns(folder: Path, alone: Path, overlaps: str) -> None:
    for _ in range(ROUNDS):
        with staging.locked(folder):
            try:
                os.close(os.open(alone, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                Path(overlaps).touch()
                return
            alone.unlink()


def _contend(tmp_path: Path) -> bool:
    """Whether two were ever in at once, or one found its folder gone from under it."""
    overlaps = tmp_path / "overlaps"
    context = multiprocessing.get_context("fork")
    given = (tmp_path / "staging", tmp_path / "alone", str(overlaps))
    processes = [context.Process(target=_take_turns, args=given) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    return overlaps.exists() or any(process.exitcode for process in processes)


def test_two_are_never_in_at_once_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "_LOCK_TICK_S", 0.0)
    assert not _contend(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_does_not_look_again_lets_two_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "_LOCK_TICK_S", 0.0)
    monkeypatch.setattr(staging, "_is_still", lambda *_: True)
    folders = [tmp_path / str(attempt) for attempt in range(20)]
    for folder in folders:
        folder.mkdir()
    assert any(map(_contend, folders))
