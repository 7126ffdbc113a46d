"""The home page's tile of the fleet over a real store."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbench.core import settings
from workbench.core.errors import WorkbenchError
from workbench.edge.fleet import rollouts
from workbench.studio import tile_fleet
from workbench.studio.fleet_facts import FleetFacts

from .made_fleet import MadeFleet


@pytest.fixture(autouse=True)
def facts(home: Path, monkeypatch: pytest.MonkeyPatch) -> FleetFacts:
    made = FleetFacts()
    monkeypatch.setattr(tile_fleet, "_facts", made)
    return made


def drawn(facts: FleetFacts) -> str:
    """The tile's words, as it is drawn after a look."""
    facts.look()
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", tile_fleet.draw_fleet()))


def test_an_empty_home_says_how_to_begin_and_stays_empty(facts: FleetFacts) -> None:
    said = drawn(facts)
    assert "workbench edge enrol kiosk-7" in said and "The fleet page" in said
    assert not (settings.home() / "store.sqlite").exists()


def test_health_versions_and_roll_outs_stand_in_it(facts: FleetFacts, tmp_path: Path) -> None:
    made = MadeFleet(tmp_path)
    for number in range(6):
        made.say(f"kiosk-{number}", 1)
    rollouts.start(made.shelf, made.bundle(1), stages=(1.0,))
    rollouts.look(made.shelf)
    rollouts.start(made.shelf, made.bundle(2), stages=(0.5, 1.0))
    made.say("kiosk-1", 2)
    made.enrol("new-one")
    said = drawn(facts)
    assert "7 devices" in said and "✓ well 6" in said and "silent 1" in said
    assert re.search(r" 1 5 of 7 devices", said) and re.search(r" 2 1 of 7 devices", said)
    assert "▶ running stage 1 of 2 (50% of the devices)" in said
    before = facts.stamp()
    made.fail("kiosk-2", 2, "it does not fit")
    said = drawn(facts)
    assert "✗ fell back 1" in said and facts.stamp() != before
    rollouts.halt(made.shelf, "by hand")
    assert "✗ halted" in drawn(facts)


def test_a_store_that_cannot_be_read_is_the_tiles_own_trouble(facts: FleetFacts) -> None:
    settings.home().mkdir(parents=True, exist_ok=True)
    (settings.home() / "store.sqlite").write_bytes(b"no database at all" * 99)
    facts.look()
    with pytest.raises(WorkbenchError):
        tile_fleet.draw_fleet()
