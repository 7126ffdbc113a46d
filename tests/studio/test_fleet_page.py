"""The fleet page over a real store: nobody there, devices of every state, and a roll-out."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from workbench.core import settings
from workbench.edge.device import channel
from workbench.edge.fleet import rollouts
from workbench.edge.fleet.rollout_records import list_rollouts
from workbench.edge.updates.publishing import read_offer
from workbench.studio import fleet_facts
from workbench.studio.fleet_page import FleetPage
from workbench.studio.fleet_panels import MOST_DRAWN
from workbench.studio.operation_forms import OperationForm

from .made_fleet import MadeFleet


@pytest.fixture
def made(home: Path, tmp_path: Path) -> MadeFleet:
    return MadeFleet(tmp_path)


def press(page: FleetPage, said: str) -> None:
    """Press the button that says so, of the first roll-out."""
    row = next(iter(page.rollouts._rows.values()))
    found = [each for each in row._buttons.children if each.description == said]
    assert found, [each.description for each in row._buttons.children]
    found[0].click()


def buttons(page: FleetPage) -> list[str]:
    row = next(iter(page.rollouts._rows.values()))
    return [each.description for each in row._buttons.children]


def test_an_empty_home_says_what_to_do_and_stays_empty(home: Path) -> None:
    html = FleetPage().html()
    assert "No device is enrolled yet" in html and "workbench edge enrol kiosk-7" in html
    assert "No version is being given out" in html
    assert 'class="wb-trouble"' not in html
    assert not (settings.home() / "store.sqlite").exists()  # to look is not to make


def test_each_device_by_its_last_word_those_that_need_somebody_first(made: MadeFleet) -> None:
    made.say("b-well", 2, temperature_c=61.4, battery_percent=9, records_waiting=7)
    made.fail("a<b>", 2, "the runtime <b>stopped</b>")
    made.enrol("quiet")
    made.say("trial", 2, healthy=False, clock="the clock is 90 days behind")
    made.send("b-well", "usage", b"12345")
    html = FleetPage().html()
    names = re.findall(r'<span class="name">([^<]*)</span><span class="side"><span', html)
    assert names == ["a&lt;b&gt;", "trial", "quiet", "b-well"]
    assert "the runtime &lt;b&gt;stopped&lt;/b&gt;" in html and "<b>stopped" not in html
    assert "61 °C" in html and "battery 9%" in html and "90 days behind" in html
    assert "2 records here, 7 waited there" in html
    assert "never heard of" in html
    assert "✗ fell back 1" in html and "✓ well 1" in html and "· silent 1" in html
    assert "2 of 4 devices" in html, "versions are counted"
    assert re.search(r"Received</th><td class=\"n\">4<", html)
    assert re.search(r'<span class="name">usage</span><span class="side">1<', html)


def test_many_devices_are_counted_and_the_first_of_them_drawn(made: MadeFleet) -> None:
    for number in range(MOST_DRAWN + 3):
        made.say(f"d-{number:03}", 1)
    html = FleetPage().html()
    assert "3 more devices" in html and f"{MOST_DRAWN + 3} of {MOST_DRAWN + 3} devices" in html


def test_a_roll_out_goes_on_and_is_seen_to_from_the_page(made: MadeFleet) -> None:
    for number in range(8):
        made.say(f"d-{number}", 1)
    page = FleetPage()
    page.form.inputs["folder"].value = str(made.shelf)
    page.form.inputs["bundle"].value = str(made.bundle(2))
    page.form.inputs["stages"].value = "0.5, 1"
    page.form.run()
    assert page.form.latest is not None
    assert page.form.latest.result(60).stages == (0.5, 1.0)
    page.changed()
    html = page.html()
    assert 'aria-current="step">▶ 50%' in html and ">· 100%<" in html
    assert buttons(page) == ["See to it now", "Halt…"], "nothing was offered before it"
    assert list_rollouts()[0].stage == 0
    digest = made.line.built[1].manifest.digest
    for number in range(8):
        if channel.place_of(f"runner-d-{number}", digest) < 500_000:
            made.say(f"d-{number}", 2)
    press(page, "See to it now")
    assert list_rollouts()[0].stage == 1
    assert ">✓ 50%<" in page.html() and "It was seen to" in page.errands.note.value


def test_halting_asks_once_more_and_a_regression_halts_by_itself(made: MadeFleet) -> None:
    made.say("one", 1)
    made.say("two", 1)
    rollouts.start(made.shelf, made.bundle(1), stages=(1.0,))
    rollouts.look(made.shelf)
    rollouts.start(made.shelf, made.bundle(2), stages=(1.0,))
    page = FleetPage()
    assert buttons(page) == ["See to it now", "Halt…", "Go back…"]
    press(page, "Halt…")
    assert buttons(page) == ["Leave it", "Halt for all"]
    press(page, "Leave it")
    assert list_rollouts()[0].state == "running"
    made.fail("one", 2, "bad_alloc")
    made.fail("two", 2, "bad_alloc")
    press(page, "See to it now")
    html = page.html()
    assert list_rollouts()[0].state == "halted" and "✗ halted" in html
    assert "2 of 2 devices that tried version 2 failed" in html
    assert buttons(page) == ["Go back…"]
    press(page, "Go back…")
    press(page, "Go back to version 1")
    said = read_offer(made.shelf)
    assert said is not None and said.back and said.version == 1
    assert "↩ going back" in page.html() and buttons(page) == ["See to it now"]


def test_a_question_of_another_state_is_taken_back(made: MadeFleet) -> None:
    made.say("one", 1)
    rollouts.start(made.shelf, made.bundle(2), stages=(1.0,))
    page = FleetPage()
    press(page, "Halt…")
    rollouts.halt(made.shelf, "from elsewhere")
    page.changed()
    assert buttons(page) == [] and "from elsewhere" in page.html()


def wrong_of(form: OperationForm) -> str:
    form.run()
    if form.latest is not None:
        with pytest.raises(Exception):  # noqa: B017 - what it says is looked at
            form.latest.result(60)
        return str(form.latest._text.value)
    return str(form._place.children[0].value)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"folder": " "}, "nothing stands in “Folder that devices update from”"),
        ({"folder": "shelf"}, "is no whole path"),
        ({"stages": "half, all"}, "stages"),
        ({"stages": "0.5, 0.2, 1"}, "must grow to 1"),
        ({"bundle": "/nowhere/notes.bundle"}, "cannot be opened"),
        ({"least_well": "7"}, "least_well"),
    ],
)
def test_what_is_no_roll_out_is_said_and_nothing_is_offered(
    made: MadeFleet, values: dict[str, str], said: str
) -> None:
    page = FleetPage()
    right = {"folder": str(made.shelf), "bundle": str(made.bundle(2)), "stages": "1"}
    for name, value in {**right, **values}.items():
        page.form.inputs[name].value = value
    assert said in wrong_of(page.form)
    assert not made.shelf.exists() or read_offer(made.shelf) is None


def test_a_shelf_that_is_gone_or_damaged_is_said_and_the_page_stands(made: MadeFleet) -> None:
    made.say("one", 1)
    rollouts.start(made.shelf, made.bundle(2), stages=(1.0,))
    page = FleetPage()
    (made.shelf / channel.NAME).write_bytes(b"{}")
    press(page, "See to it now")
    assert "wb-trouble" in page.errands.note.value
    shutil.rmtree(made.shelf)
    made.say("one", 1)  # something new: the page looks again
    page.changed()
    assert "Its folder is not there any more" in page.html()


def test_a_store_that_cannot_be_read_is_said(made: MadeFleet) -> None:
    made.say("one", 1)
    page = FleetPage()
    from workbench.core.errors import StorageError

    with pytest.MonkeyPatch.context() as patch:

        def broken() -> object:
            raise StorageError("the disk is gone", hint="see it")

        patch.setattr("workbench.edge.fleet.devices.list_fleet", broken)
        page.facts._seen = None
        page.changed()
    html = page.html()
    assert "the disk is gone" in html and "The store cannot be read" in html
    assert fleet_facts.FleetState(trouble=page.facts.now.trouble).waiting == 0
