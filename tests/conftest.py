"""Every test gets an empty WORKBENCH_HOME and no network beyond this machine."""

from __future__ import annotations

import os
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]

# A run that a script started in the background ignores Ctrl-C, and so would every program that a
# test starts: those that are to be interrupted would go on until the test's limit.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
LOOPBACK = {"localhost", "127.0.0.1", "::1", "0.0.0.0", ""}


LONG = {"slow": 10, "notebook": 2, "browser": 2, "model": 1}


@pytest.hookimpl(trylast=True)  # when the folders have set their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first: with two processes the last one is waited for."""
    weights: Counter[Path] = Counter()
    for item in items:
        weights[item.path] += sum(LONG.get(mark.name, 0) for mark in item.iter_markers())
    items.sort(key=lambda item: -weights[item.path])


class NetworkBlockedError(RuntimeError):
    """A test tried to leave the machine."""


@pytest.fixture(autouse=True)
def network_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections that leave the machine, from this process."""
    real_connect, real_lookup = socket.socket.connect, socket.getaddrinfo

    def connect(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0] if isinstance(address, tuple) else str(address)
            if host not in LOOPBACK and not str(host).startswith("127."):
                raise NetworkBlockedError(f"a test tried to connect to {host!r}")
        return real_connect(self, address)

    def lookup(host: object, *args: object, **kwargs: object) -> object:
        name = host.decode() if isinstance(host, bytes) else str(host or "")
        if name not in LOOPBACK and not name.startswith("127."):
            raise NetworkBlockedError(f"a test tried to look up {name!r}")
        return real_lookup(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty WORKBENCH_HOME, and no setting from the developer's own environment."""
    for name in list(os.environ):
        if name.startswith("WORKBENCH_") and not name.startswith("WORKBENCH_TEST_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("WORKBENCH_HOME", str(folder))
    yield folder


@pytest.fixture(scope="session")
def scale() -> int:
    """How much longer than usual a soak test goes on: 1, or what `make soak` says."""
    return int(os.environ.get("WORKBENCH_TEST_SCALE", "1"))


@pytest.fixture(scope="session")
def shared_home_path() -> Path:
    """The home that all tests share for what is slow to fetch: models and data sets.

    It outlives the run, inside the environment, so the second `make test` fetches nothing.
    """
    default = REPO / ".venv" / "test-home"
    return Path(os.environ.get("WORKBENCH_TEST_HOME", default))


@pytest.fixture
def shared_home(shared_home_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use the shared home in this test; what the test writes there stays."""
    monkeypatch.setenv("WORKBENCH_HOME", str(shared_home_path))
    return shared_home_path


@pytest.fixture(scope="session")
def lists_of_names(shared_home_path: Path) -> None:
    """The anonymiser's lists of names and places and the model that it judges by, fetched once."""
    from workbench.models import catalogue
    from workbench.models.loading import model_files
    from workbench.privacy.anonymisation import reading_model
    from workbench.privacy.anonymisation.lists import using

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(shared_home_path))
        assert using.pull_lists().there
        reading_model.take_reader(model_files(catalogue.find("minilm-l6-v2")).folder)
