"""The business page over a made log: what is chosen is what every tile tells."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import io
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pyarrow.parquet as parquet
import pytest

from workbench.core import settings
from workbench.core.errors import DataError
from workbench.monitoring.business.costs import costs_by
from workbench.monitoring.business.made_log import made_usage
from workbench.monitoring.business.use import SUMS, Use, read_use
from workbench.monitoring.business.wording import usd
from workbench.monitoring.warehouse import opening
from workbench.monitoring.warehouse.places import FOLDER, owned
from workbench.studio import business_facts
from workbench.studio.business_facts import BusinessFacts, Choice
from workbench.studio.business_page import BusinessPage
from workbench.studio.business_panels import draw_days, draw_figures, draw_worth

SINCE, UNTIL = dt.date(2026, 8, 1), dt.date(2026, 11, 1)


@pytest.fixture(scope="module")
def use() -> Use:
    log = made_usage(requests_per_day=60)
    return read_use(log.table, since=SINCE, until=UNTIL, teams=log.teams)


@pytest.fixture
def page(use: Use, tmp_path: Path) -> Iterator[BusinessPage]:
    """A page whose facts are of the made log, as if just read."""
    facts = BusinessFacts()
    facts.look = lambda: None  # type: ignore[method-assign]
    facts.take(use)
    with settings.override(home=tmp_path):
        yield BusinessPage(facts)


def lines(page: BusinessPage) -> list[str]:
    return [row.children[0].description for row in page.lines.children]


def test_everything_tells_what_is_chosen(page: BusinessPage, use: Use) -> None:
    assert usd(use.cost_usd) in page.html()
    page.team.value = "sales"
    page.model.value = "large"
    page.since.value, page.until.value = dt.date(2026, 9, 1), dt.date(2026, 9, 30)
    part = use.between(dt.date(2026, 9, 1), dt.date(2026, 10, 1)).only(team="sales", model="large")
    html = page.html()
    assert usd(part.cost_usd) in html
    assert f"{part.total('answered'):,}" in html
    assert "30 days" in html
    assert page.facts.users is not None
    assert len(page.facts.users.cells) == part.cells["user"].nunique()
    assert "the whole running cost" in html
    page.team.value = page.model.value = "all"
    assert "the whole running cost" not in page.html()


def test_what_was_free_or_not_rated_is_said_and_not_drawn_as_nothing(use: Use) -> None:
    cells = use.cells.assign(cost_usd=0.0, rated=0, liked=0)
    free = dataclasses.replace(use, cells=cells).between(dt.date(2026, 9, 1), dt.date(2026, 9, 2))
    told = draw_days(free)
    assert "<svg" not in told and "none of these models has a price" in told
    assert "<svg" in draw_days(use)
    assert "1 day<" in draw_figures(free, 1)
    worth = draw_worth(free)
    assert "None of " in worth and "was rated" in worth and "/v1/feedback" in worth


def test_users_are_summed_as_the_cells_are(page: BusinessPage, use: Use) -> None:
    page.team.value = "legal"
    page.by.value = "user"
    wanted = costs_by(use.only(team="legal"), "user")
    assert lines(page)[:5] == [line.name for line in wanted[:5]]
    assert page.facts.users is not None
    assert page.facts.users.cost_usd == pytest.approx(use.only(team="legal").cost_usd)


def test_a_press_on_a_team_looks_into_it(page: BusinessPage) -> None:
    assert set(lines(page)) == {"research", "sales", "legal", "support"}
    row = next(row for row in page.lines.children if row.children[0].description == "sales")
    row.children[0].click()
    assert (page.team.value, page.by.value) == ("sales", "user")
    assert all(name.startswith("user-") for name in lines(page))
    page.team.value = "all"
    page.by.value = "team"
    assert len(lines(page)) == 4


def test_spans_are_of_the_days_that_there_are(page: BusinessPage) -> None:
    page.span.value = "last 7 days"
    assert (page.since.value, page.until.value) == (dt.date(2026, 10, 25), dt.date(2026, 10, 31))
    page.since.value = dt.date(2026, 10, 28)
    assert page.span.value == "chosen days"
    page.since.value = dt.date(2026, 10, 2)
    assert page.span.value == "last 30 days", "typed days that have a name are called by it"
    page.span.value = "chosen days"
    assert page.since.value == dt.date(2026, 10, 2)
    page.span.value = "all days"
    assert (page.since.value, page.until.value) == (SINCE, dt.date(2026, 10, 31))


def test_files_hold_what_is_chosen_and_no_user(page: BusinessPage, use: Use) -> None:
    page.team.value = "research"
    page.make_files.click()
    csv, parquet = (
        base64.b64decode(found) for found in re.findall(r"base64,([^\"]+)\"", page.files.value)
    )
    frame = pandas.read_csv(io.BytesIO(csv))
    assert frame["cost_usd"].sum() == pytest.approx(use.only(team="research").cost_usd)
    assert "user" not in frame
    assert set(frame["team"]) == {"research"}
    same = pandas.read_parquet(io.BytesIO(parquet))
    assert same["requests"].sum() == frame["requests"].sum()
    page.team.value = "sales"
    assert page.files.value == "", "what was chosen before is not offered any more"


def test_names_cannot_be_markup(use: Use, tmp_path: Path) -> None:
    cells = use.cells.copy()
    cells["model"] = "<img src=x onerror=alert(1)>"
    facts = BusinessFacts()
    facts.look = lambda: None  # type: ignore[method-assign]
    facts.take(Use(cells, SINCE, UNTIL))
    with settings.override(home=tmp_path):
        assert "<img" not in BusinessPage(facts).html()


def shown(page: BusinessPage) -> set[str]:
    boxes = [box for column in page.widget.children[1].children for box in column.children]
    return {panel.tile.name for panel in page.panels if panel.box in boxes}


def test_a_home_without_usage_says_what_to_do_and_nothing_else(tmp_path: Path) -> None:
    with settings.override(home=tmp_path):
        page = BusinessPage()
        html = page.html().partition("</style>")[2]
    assert "No call was settled in this home yet" in html
    assert "workbench serve" in html
    assert "wb-key-figures" not in html
    assert shown(page) == {"begin"}
    assert html.count('class="wb-tile"') == 1


def _write(home: Path) -> dt.date:
    """Usage files of a home: three months with 700 calls each, up to this day."""
    today = dt.datetime.now(dt.UTC).date()
    since = today - dt.timedelta(days=79)
    table = made_usage(since=since, days=80, requests_per_day=60).table
    rows = table.take(np.linspace(0, len(table) - 1, 2100).astype(int))
    months = np.array([f"{when:%Y-%m}" for when in rows["time"].to_pylist()])
    (home / "usage").mkdir()
    for month in sorted(set(months)):
        parquet.write_table(rows.filter(months == month), home / "usage" / f"{month}.parquet")
    return since


def test_a_home_is_read_by_its_rollups_as_by_its_rows(tmp_path: Path) -> None:
    """Every tile of a choice, over the rollups and over the rows."""
    with settings.override(home=tmp_path):
        since = _write(tmp_path)
        page, rows = BusinessPage(), BusinessFacts()
        days = {"since": since, "until": since + dt.timedelta(days=80)}
        rows.take(read_use(**days))
        assert page.facts.use is not None and rows.use is not None
        later = Choice(since + dt.timedelta(days=20), since + dt.timedelta(days=50))
        for choice in (Choice(), Choice(team="user", model="large"), later):
            for facts in (page.facts, rows):
                facts.choose(choice)
            assert page.facts.shown is not None and rows.shown is not None
            for name in SUMS:
                assert page.facts.shown.cells[name].sum() == pytest.approx(
                    rows.shown.cells[name].sum()
                )
            tasks = [
                {(x.name, x.requests, x.tokens, x.success) for x in costs_by(each, "task")}
                for each in (page.facts.shown, rows.shown)
            ]
            assert tasks[0] == tasks[1]
            assert page.facts.users is not None and rows.users is not None
            assert page.facts.count_users() == rows.count_users() == len(rows.users.cells) > 5
            ours, theirs = (costs_by(each.users, "user") for each in (page.facts, rows))
            turn = page.facts.turn
            page.facts._read_s = 0.0
            page.facts.look()
            assert page.facts.turn == turn, "nothing has changed: nothing is drawn anew"
            assert {line.name: (line.requests, line.rated) for line in ours} == {
                line.name: (line.requests, line.rated) for line in theirs
            }


def test_made_traffic_is_called_made_and_gives_way_to_what_was_settled(tmp_path: Path) -> None:
    with settings.override(home=tmp_path):
        page = BusinessPage()
        page.show_made.click()
        assert "This is made traffic" in page.html()
        assert shown(page) == {"choose", "figures", "days", "lines", "worth", "take"}
        made = page.facts.use
        assert made is not None and made.total("requests") > 10_000
        page.facts._read_s = 0.0
        page.facts.look()  # there is still none of its own
        page.refresh()
        assert page.facts.use is made
        _write(tmp_path)
        page.facts._read_s = 0.0
        page.facts.look()
        page.refresh()
        assert "made traffic" not in page.html()
        own = page.facts.use
        assert own is not None and own.total("requests") == 3 * 700


def test_what_cannot_be_read_is_told_and_what_was_known_stays(
    page: BusinessPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise DataError("the rows are not all in USD: 3 in EUR")

    known = page.facts.use
    monkeypatch.setattr("workbench.studio.business_facts.open_rollups", refuse)
    BusinessFacts.look(page.facts)
    page.refresh()
    assert page.facts.use is known
    assert "3 in EUR" in page.html()


def test_a_name_that_is_gone_is_taken_as_all(use: Use) -> None:
    facts = BusinessFacts()
    facts.take(use)
    facts.choose(Choice(team="sales"))
    facts.take(use.only(team="legal"))
    assert facts.shown is not None
    assert set(facts.shown.cells["team"]) == {"legal"}


def test_a_warehouse_that_another_page_builds_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two pages of a home that nobody looked at before: one builds, the other comes meanwhile."""
    _write(tmp_path)
    with settings.override(home=tmp_path):
        monkeypatch.setattr(opening, "FIRST_WAIT_S", 0.0)
        with owned(tmp_path / FOLDER):
            page = BusinessPage()
            told = page.html().partition("</style>")[2]
        assert "No call was settled" not in told
        assert "being built for the first time" in told and shown(page) == {"choose"}
        monkeypatch.setattr(opening, "FIRST_WAIT_S", 60.0)
        with ExitStack() as stack:
            stack.enter_context(owned(tmp_path / FOLDER))
            threading.Timer(0.5, stack.pop_all().close).start()
            facts = BusinessFacts()
            facts.look()
        assert facts.trouble is None and facts.use is not None
        assert facts.use.total("requests") == 2100
        monkeypatch.setattr(business_facts, "_TROUBLED_S", 0.0)
        page.look()
        page.refresh()
        assert shown(page) >= {"figures", "days"}, "what went wrong counts for seconds alone"
