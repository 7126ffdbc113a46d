"""Which backends answer for a name, and which names nobody answers for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workbench.serving.backends.directory import Directory, LocalModel
from workbench.serving.backends.local import LocalBackend
from workbench.serving.backends.virtual import VirtualBackend


def test_an_ensemble_with_a_member_that_is_not_here_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "workbench.toml"
    file.write_text(
        '[ensembles.vote]\nkind = "majority"\nmembers = ["here", "nowhere"]\nsamples = 2\n'
        '[ensembles.good]\nkind = "majority"\nmembers = ["here"]\nsamples = 2\n'
    )
    monkeypatch.setenv("WORKBENCH_CONFIG", str(file))
    nothing: Any = None
    directory = Directory(
        LocalBackend(nothing), look=lambda: {"here": LocalModel("here", "chat", 9)}
    )
    directory.refresh()
    assert directory.lacking() == []  # nobody answers for ensembles: none is offered
    directory.virtual = VirtualBackend(nothing, price=directory.price)
    assert directory.lacking() == [("ensemble/vote", "nowhere")]
