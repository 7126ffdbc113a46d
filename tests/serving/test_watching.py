"""A gateway records what its machine and itself are like, and ends in time all the same."""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import asdict
from pathlib import Path

from workbench.core import events, settings
from workbench.monitoring import samples
from workbench.monitoring.alerts.operations import alerts_history
from workbench.monitoring.samples.asking import ask_gateway
from workbench.monitoring.samples.operations import sample
from workbench.serving.running import RunningGateway, find_running, state_path
from workbench.serving.server import serving
from workbench.serving.settings import ServingSettings
from workbench.store.database import close_all, open_database

NOTHING = ServingSettings(load_at_start=())


def wait_for_samples(name: str) -> tuple[float, ...]:
    for _ in range(300):
        if len(found := samples.series(name)):
            return found.values
        time.sleep(0.05)
    raise AssertionError(f"no sample of {name}")


def count_readings() -> int:
    return int(open_database().read("SELECT coalesce(sum(readings), 0) FROM samples")[0][0])


def test_a_gateway_records_samples_of_itself(home: Path) -> None:
    with settings.override(samples_every_s=0.2), serving(chosen=NOTHING):
        assert wait_for_samples("gateway_resident_bytes")[0] > 10_000_000
        assert set(samples.series("models_loaded").values) == {0.0}
        asked = ask_gateway()
        assert asked is not None
        assert (asked.pid, asked.requests_queued) == (os.getpid(), 0)
        assert sample().gateway
    readings = count_readings()
    time.sleep(0.5)
    assert count_readings() == readings  # they end with the gateway
    close_all()


def test_a_gateway_looks_at_the_rules(home: Path) -> None:
    home.mkdir()
    rule = "{title: T, metric: samples.memory_free_bytes, above: 1, for: 1s}"
    (home / "alerts.yaml").write_text(f"rules:\n  always: {rule}\n", "utf-8")
    heard: list[events.Event] = []
    told = threading.Event()

    def hear(event: events.Event) -> None:
        heard.append(event)
        told.set()

    with (
        events.listening(hear, "alert.fired"),
        settings.override(samples_every_s=0.2, alerts_every_s=0.2),
        serving(chosen=NOTHING),
    ):
        assert told.wait(30)
        time.sleep(0.6)
    assert [event.data["rule"] for event in heard if event.data["rule"] == "always"] == ["always"]
    assert [each.rule for each in alerts_history() if each.rule == "always"] == ["always"]
    close_all()


def test_of_two_gateways_only_the_one_that_is_found_is_recorded(home: Path) -> None:
    with settings.override(samples_every_s=0.2), serving(chosen=NOTHING):
        wait_for_samples("gateway_resident_bytes")
        told = asdict(find_running())
        other = RunningGateway(**{**told, "pid": os.getppid(), "started_s": time.time()})
        state_path().write_text(json.dumps(asdict(other)))
        time.sleep(0.3)  # a reading may have been under way
        readings = count_readings()
        time.sleep(0.6)
        assert count_readings() == readings
    close_all()
