"""Whether requests wait, as another process sees it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.core import settings
from workbench.models.pool.demand import Demand, is_asked
from workbench.models.pool.rules import Rules
from workbench.models.pool.scheduler import Key, Needs, Request, Scheduler

_HOLDS = (
    "import sys\nfrom workbench.models.pool.demand import Demand\n"
    "demand = Demand()\ndemand.tell(True)\nprint('told', flush=True)\nsys.stdin.read()\n"
)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))


def test_it_is_asked_while_any_pool_says_so() -> None:
    assert not is_asked() and not settings.home().exists()  # looking writes nothing
    one, two = Demand(), Demand()
    one.tell(False)
    assert not is_asked()
    one.tell(True)
    two.tell(True)
    assert is_asked() and is_asked()  # a look takes nothing away
    one.tell(False)
    assert is_asked()
    two.close()
    assert not is_asked()
    one.tell(True)
    assert is_asked()
    one.close()


def test_a_pool_that_is_killed_asks_no_more() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "WORKBENCH_HOME": str(settings.home())},
    )
    with process:
        assert process.stdout is not None and process.stdout.readline() == b"told\n"
        assert is_asked()
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not is_asked()


def test_a_place_that_cannot_be_written_is_said_once_and_stops_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.home().mkdir()
    (settings.home() / "pool").write_text("a file where a folder should be")
    demand = Demand()
    demand.tell(True)
    demand.tell(True)
    demand.close()
    assert caplog.text.count("cannot be told") == 1 and not is_asked()


def test_who_waits_or_is_answered_asks() -> None:
    scheduler = Scheduler(Rules(1 << 30))
    key = Key("a", "llamacpp")
    request = Request(key=key, tenant="", most_tokens=8, arrived_s=0.0)
    assert not scheduler.is_asked()
    scheduler.ask(request, Needs(bytes=1 << 20, load_s=0.1), now_s=0.0)
    assert scheduler.is_asked()  # it waits, and nothing is loaded
    scheduler.decide(0.0)
    (resident,) = scheduler.residents()
    scheduler.loaded(resident, measured_bytes=1 << 20, load_s=0.1, now_s=0.1)
    scheduler.decide(0.1)
    assert resident.in_flight and scheduler.is_asked()
    scheduler.give_back(request, tokens=4, now_s=0.2)
    assert not scheduler.is_asked()  # a model in memory that nobody uses is no demand
