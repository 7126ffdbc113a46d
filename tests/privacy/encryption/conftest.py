"""One model, compiled, with one set of keys: key generation takes longer than most tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core import settings
from workbench.privacy.encryption.compiling import Compiled, compile_encrypted, save_compiled
from workbench.privacy.encryption.keys import KeyFolder
from workbench.privacy.encryption.running import compile_task
from workbench.privacy.encryption.tasks import Task, load_task
from workbench.store.database import close_all

from .made import keys_for, made_network, made_rows


@pytest.fixture(autouse=True)
def closed(home: Path) -> Iterator[None]:
    """No connection outlives its test."""
    yield
    close_all()


@pytest.fixture(scope="session")
def small() -> Compiled:
    """An 8-4-3 network in the smallest ring: a call takes milliseconds."""
    return compile_encrypted(
        made_network((8, 4, 3), "relu"), made_rows(300, 8), name="small", ring=8192
    )


@pytest.fixture(scope="session")
def small_keys(small: Compiled, tmp_path_factory: pytest.TempPathFactory) -> KeyFolder:
    """Its keys."""
    return keys_for(small, tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def small_server(small: Compiled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its server's folder."""
    folder = tmp_path_factory.mktemp("server")
    save_compiled(small, folder)
    return folder


@pytest.fixture(scope="session")
def digits_task(shared_home_path: Path) -> Task:
    """The digits with a ReLU network by scikit-learn."""
    with settings.override(home=shared_home_path):
        task = load_task("mlp")
    close_all()
    return task


@pytest.fixture(scope="session")
def digits_model(digits_task: Task) -> Compiled:
    """It, taught to live with quadratics, and compiled."""
    return compile_task(digits_task)
