"""Long work says what it is at where there is no terminal to draw bars in."""

from __future__ import annotations

import time

import pytest

from workbench.cli.progress_lines import progress_lines
from workbench.core.progress import progress


def lines(capsys: pytest.CaptureFixture, count: int) -> list[str]:
    """Wait until so many lines stand on standard error."""
    said = ""
    while said.count("\n") < count:
        time.sleep(0.01)
        said += capsys.readouterr().err
    return said.splitlines()


def test_the_first_task_and_the_one_that_moved_last_are_named_with_how_far_they_are(
    capsys: pytest.CaptureFixture,
) -> None:
    with progress_lines("data.pull", each_s=0.05):
        assert lines(capsys, 1)[0].startswith("data.pull: at work (")
        with progress("all of it"), progress("rows", total=40, unit="rows") as task:
            task.update(12, message="adult")
            assert "data.pull: all of it; rows adult, 12 of 40 rows (" in lines(capsys, 2)[-1]
        with progress("blob", total=98_000_000, unit="bytes") as task:
            task.update(49_000_000, message="weights")
            assert "blob weights, 49 of 98 MB" in lines(capsys, 2)[-1]
        time.sleep(0.2)
        capsys.readouterr()
        time.sleep(0.2)
        assert capsys.readouterr().err == "", "an ended task, or none, is not named for ever"


def test_what_told_its_progress_is_not_called_at_work_when_it_waits(
    capsys: pytest.CaptureFixture,
) -> None:
    """A gateway that has loaded its model and says "ready" would go on with "at work"."""
    with progress_lines("serving.serve", each_s=0.05):
        with progress("load"):
            pass
        time.sleep(0.2)
    assert capsys.readouterr().err == ""


def test_short_work_says_nothing_and_the_thread_ends(capsys: pytest.CaptureFixture) -> None:
    with progress_lines("data.pull"), progress("rows", total=2) as task:
        task.advance()
    time.sleep(0.05)
    assert capsys.readouterr().err == ""
