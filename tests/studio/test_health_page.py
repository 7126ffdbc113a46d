"""The health page over a made day: it draws what was recorded, and its buttons do their work."""

from __future__ import annotations

import base64
import datetime as dt
import io
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow.parquet as pq
import pytest

from workbench.core import settings
from workbench.monitoring import samples
from workbench.monitoring.alerts.evaluating import incidents
from workbench.monitoring.forecasting.forecast import LimitTime
from workbench.monitoring.health.recorded import Limit
from workbench.monitoring.maintenance.result import MaintenanceReport, Outlook
from workbench.store.database import close_all
from workbench.studio.health_ahead import draw_ahead, draw_outlook_lines
from workbench.studio.health_charts import Axis, TimeLine, draw_lines, time_marks
from workbench.studio.health_facts import CHOSEN, SPANS, Choice, HealthFacts, axis_of
from workbench.studio.health_page import HealthPage
from workbench.studio.markup import escape

from .made_health import make_day


@pytest.fixture(scope="module")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home in which a made day has just ended."""
    home = tmp_path_factory.mktemp("health") / "home"
    with settings.override(home=home):
        make_day(time.time())
    yield home
    close_all()


@pytest.fixture
def page(made_home: Path) -> Iterator[HealthPage]:
    with settings.override(home=made_home):
        yield HealthPage()


def tile(page: HealthPage, name: str) -> str:
    (panel,) = (each for each in page.panels if each.tile.name == name)
    return panel.html()


def calls_told(page: HealthPage) -> int:
    found = re.search(r"([\d,]+) calls?, ", tile(page, "answers"))
    assert found is not None
    return int(found[1].replace(",", ""))


def test_it_tells_what_fires_and_what_was(page: HealthPage) -> None:
    html = page.html()
    assert "Little room on the disk" in html and "✗ 1 alert" in html
    assert html.count("<figure") == 6
    fired = tile(page, "incidents")
    assert "Many calls fail" in fired and "Many calls wait" in fired
    assert "alert below 25" in tile(page, "machine")  # a tenth of 250 GB
    assert "WORKBENCH_HOME" in tile(page, "machine")


def test_a_model_and_a_team_are_chosen_without_reading_again(page: HealthPage) -> None:
    cells = page.facts.cells
    assert cells is not None and cells.models == ("large", "small")
    total = calls_told(page)
    parts = []
    for model in cells.models:
        page.model.value = model
        parts.append(calls_told(page))
        assert f"Of model {model}" in tile(page, "answers")
    assert sum(parts) == total == cells.total
    page.team.value = "sales"
    assert calls_told(page) < parts[-1]
    assert page.facts.cells is cells


def test_a_span_and_days_are_chosen(page: HealthPage) -> None:
    day = calls_told(page)
    page.span.value = "last hour"
    assert calls_told(page) < day / 4
    assert page.facts.axis.step_s == 60
    today = dt.datetime.now().date()
    page.since.value = today - dt.timedelta(days=3)
    assert page.span.value == CHOSEN
    assert page.facts.axis.until_s - page.facts.axis.since_s > 2 * 86_400
    assert calls_told(page) >= day
    page.span.value = "last 7 days"
    axis = page.facts.axis  # whole hours: in a day's last one it begins six days and a night ago
    assert (axis.until_s - axis.since_s, axis.step_s) == (7 * 86_400, 3600)
    assert page.since.value == dt.datetime.fromtimestamp(axis.since_s).date()


def test_an_alert_is_silenced_and_told_again_by_its_button(page: HealthPage) -> None:
    text, button, _ = page._rows["disk"]
    assert button.description == "Silence for 4 hours"
    button.click()
    assert page._rows["disk"][1] is button  # it keeps the focus
    assert button.description == "Tell again"
    assert "Nobody is told until" in text.value
    assert "nobody is told for 4 hours" in page.errands.note.value
    button.click()
    assert button.description == "Silence for 4 hours"


def test_files_have_what_is_drawn(page: HealthPage) -> None:
    page.model.value = "small"
    page.make_files.click()
    csv, parquet = (
        base64.b64decode(each) for each in re.findall(r"base64,([^\"]+)", page.files.value)
    )
    table = pq.read_table(io.BytesIO(parquet))
    assert table.num_rows == page.facts.axis.steps == len(csv.decode().splitlines()) - 1
    assert sum(table["calls"].to_pylist()) == calls_told(page)
    free = np.array(table["disk_free_bytes"].to_pylist(), float)
    assert np.isnan(free).sum() >= 3  # the hour without a reading is a gap, in the file too
    page.model.value = "all"
    assert page.files.value == ""


def test_an_empty_home_is_explained_and_the_button_begins(tmp_path: Path) -> None:
    with settings.override(home=tmp_path / "home"):
        page = HealthPage()
        html = page.html()
        assert html.count("Nothing was recorded in this time.") == 4
        assert "The rules have not been looked at yet." in html
        assert "No call was settled in this time." in html
        assert "No comparison was kept yet." in html and "Nothing fired in this time." in html
        page.check.click()
        assert "Looked at every rule" in page.errands.note.value
        assert page.facts.newest["memory_total_bytes"] == psutil.virtual_memory().total
        assert "nothing fires" in tile(page, "alerts") or "alert" in tile(page, "alerts")
        assert "free on the machine" in tile(page, "machine")
        page.compare.click()
        assert "wb-trouble" in page.drift_errands.note.value  # there is no usage to compare
        assert "wb-trouble" not in page.errands.note.value  # it stands beside its own button
        assert "When will memory, disk or a budget be at its limit" in tile(page, "ahead")
        page.look_ahead.click()
        assert "there is nothing to look at" in page.ahead_errands.note.value
    close_all()


def test_it_looks_ahead_when_asked(page: HealthPage) -> None:
    assert page.facts.ahead is None
    page.look_ahead.click()
    report = page.facts.ahead
    assert report is not None and "Looked ahead." in page.ahead_errands.note.value
    html = tile(page, "ahead")
    by_name = {each.series: each for each in report.outlooks}
    assert {"memory", "disk", "load", "latency"} <= set(by_name)
    assert by_name["disk"].limit == 250e9 and "limit 250 GB" in html
    assert "Without a limit: " in html and "Not looked at: score" in html
    assert html.count("<figure") == len(report.outlooks)
    for suggestion in report.suggestions:
        assert escape(suggestion.command) in html
        assert f"{len(suggestion.evidence)} figures that say so" in html
    assert not page.look_ahead.disabled


def test_a_forecast_goes_on_from_the_past_in_its_band() -> None:
    outlook = Outlook(
        "disk", "bytes", 1_764_000_000.0, 86_400.0, 0.9, 3e9, (4e9, 5e9), (3.5e9, 4e9),
        (4.5e9, 6e9), (1e9, 2e9, 3e9), "autoregression", 1e9, 10e9, "size of the disk",
        LimitTime(10e9, 0.2, 1_764_100_000.0, None, None), (), ("one gap is filled",),
    )  # fmt: skip
    html = draw_outlook_lines(outlook)
    past, ahead = re.findall(r'<path class="line" d="(M[^"]+)" stroke', html.split('"frame"')[1])
    assert past.count("L") == 2 and ahead.count("L") == 2
    assert past.rpartition("L")[2] == ahead[1:].partition("L")[0]  # no hole between them
    assert html.count('class="band"') == 1 and html.count('class="limit" d="M0 0.0H1000"') == 1
    assert "limit 10 GB" in html and "alert" not in html
    assert (
        "likely not met within 2 days (chance 20%" in html and "<li>one gap is filled</li>" in html
    )
    without = draw_outlook_lines(replace(outlook, limit=None, limit_met=None))
    assert 'class="limit"' not in without and "no limit" in without


def test_nothing_to_do_is_said_no_further_than_it_was_looked() -> None:
    outlook = Outlook(
        "disk", "bytes", 1_764_000_000.0, 3600.0, 0.9, 3e9, (3e9,) * 4, (3e9,) * 4, (3e9,) * 4,
        (1e9, 2e9, 3e9), "drift", 1e9, 10e9, "given, an hour",
        LimitTime(10e9, 0.0, None, None, None), is_short=True,
    )  # fmt: skip
    html = draw_ahead(MaintenanceReport(1_764_000_000.0, 14, (outlook,), (), {}))
    assert "pill good" not in html and "nothing to do within the next 4 hours<" in html
    assert "Not all of 14 days could be judged: of disk only the next 4 hours" in html
    assert "likely not met within 4 hours" in html
    whole = replace(outlook, is_short=False)
    html = draw_ahead(MaintenanceReport(1_764_000_000.0, 14, (whole,), (), {}))
    assert "pill good" in html and "could be judged" not in html


def test_nothing_to_do_is_said() -> None:
    html = draw_ahead(MaintenanceReport(1_764_000_000.0, 14, (), (), {"score": "there is <none>"}))
    assert "nothing to do" in html and "there is &lt;none&gt;" in html


def test_a_fault_in_the_rules_is_shown_with_its_line(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "alerts.yaml").write_text("rules:\n  disk: {belw: 1}\n")
    with settings.override(home=home):
        page = HealthPage()
        assert "line 2: rules.disk.belw" in tile(page, "alerts")
        assert "Memory" in tile(page, "machine")
    close_all()


def test_a_made_day_fires_what_was_made(made_home: Path) -> None:
    with settings.override(home=made_home):
        found = {each.rule: each for each in incidents()}
    assert {"errors", "queue", "disk"} <= set(found)
    assert found["errors"].cleared_s is not None and found["disk"].cleared_s is None


def line(values: Any, **more: Any) -> TimeLine:
    return TimeLine("a", np.array(values, float), **more)


AXIS = Axis(0.0, 60.0, 4)


def test_a_gap_breaks_the_line_and_a_limit_is_on_the_axis() -> None:
    nan = float("nan")
    html = draw_lines([line([1, nan, 2, 3])], AXIS, title="T", unit="u")
    path = re.search(r'<path class="line" d="(M[^"]+)" stroke', html.split('class="frame"')[1])
    assert path is not None
    assert path[1].count("M") == 2 and "h250.0" in path[1]
    # What stands alone is a dot as well: of 96 steps one is narrower than can be seen.
    assert re.findall(r'<path class="dots" d="([^"]+)"', html) == ["M125.0 666.7h0"]
    assert 'class="dots"' not in draw_lines([line([1, 2, nan, nan])], AXIS, title="T", unit="u")
    limit = Limit("r", "Too <much>", 40.0, True)
    drawn = draw_lines([line([1, 2, 3, 4])], AXIS, title="T", unit="u", limits=[limit])
    assert 'class="limit" d="M0 0.0H1000"' in drawn or "<i style" in drawn
    assert "alert above 40" in drawn and "Too &lt;much&gt;" in drawn
    label = re.search(r'aria-label="([^"]+)"', html)
    assert label is not None and "between 1 and 3, nothing in 1 of 4 steps" in label[1]
    assert "Nothing was recorded" in draw_lines([line([nan] * 4)], AXIS, title="T", unit="u")


@pytest.mark.parametrize("span", SPANS)
def test_marks_are_round_and_few(span: str) -> None:
    axis = axis_of(Choice(span), 1_764_000_123.0)
    assert axis.until_s >= 1_764_000_123.0 > axis.until_s - axis.step_s
    marks = time_marks(axis)
    assert 2 <= len(marks) <= 6
    assert all(0 <= place <= 100 for place, _ in marks)
    assert [place for place, _ in marks] == sorted(place for place, _ in marks)


def test_days_on_which_clocks_are_set_are_marked_at_midnight(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        first = dt.datetime(2026, 10, 23).timestamp()
        marks = time_marks(Axis(first, 3600.0, 97))
        moments = [first + place / 100 * 97 * 3600 for place, _ in marks]
        local = [dt.datetime.fromtimestamp(round(each)) for each in moments]
        assert all((each.hour, each.minute) == (0, 0) for each in local)
        chosen = Choice(CHOSEN, dt.date(2026, 10, 25), dt.date(2026, 10, 25))
        axis = axis_of(chosen, dt.datetime(2026, 11, 1).timestamp())
        assert axis.step_s * axis.steps == pytest.approx(25 * 3600, abs=900)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_facts_draw_again_only_when_something_is_new(made_home: Path) -> None:
    with settings.override(home=made_home):
        clock = time.time()
        facts = HealthFacts(clock=lambda: clock)
        facts.look()
        turn = facts.turn
        facts.look_now()
        assert facts.turn == turn
        clock += 3600
        facts.look_now()
        assert facts.turn == turn + 1


def test_a_series_is_drawn_in_a_notebook(made_home: Path) -> None:
    with settings.override(home=made_home):
        found = samples.series("disk_free_bytes", since="23h")
        html = found._repr_mimebundle_()["text/html"]
        empty = samples.series("disk_free_bytes", until="40d")._repr_mimebundle_()["text/html"]
    assert "Disk that is free" in html and html.count("<figure") == 1
    assert f"{len(found)} samples from" in html
    assert "nothing was recorded" in empty
