"""A gateway for the tests of this room: a real one in a thread, with a real model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core import settings

MODEL = "smollm2-135m"


@pytest.fixture(scope="session")
def gateway(shared_home_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A gateway with the default model, for all tests that only ask it."""
    from workbench.serving.server import serving

    key_file = tmp_path_factory.mktemp("gateway") / "key"
    with settings.override(home=shared_home_path, threads=1), serving(key_file=key_file) as server:
        yield server
