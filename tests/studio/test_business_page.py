"""The business page over a made log: what is chosen is what every tile tells."""

from __future__ import annotations

import base64
import datetime as dt
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas
import pytest

from workbench.core import settings
from workbench.core.errors import DataError
from workbench.monitoring.business.costs import costs_by
from workbench.monitoring.business.made_log import made_usage
from workbench.monitoring.business.use import Use, read_use
from workbench.monitoring.business.wording import usd
from workbench.studio.business_facts import BusinessFacts, Choice
from workbench.studio.business_page import BusinessPage

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


def test_a_home_without_usage_says_what_to_do(tmp_path: Path) -> None:
    with settings.override(home=tmp_path):
        html = BusinessPage().html()
    assert "There is no usage yet" in html
    assert "wb-key-figures" not in html.partition("</style>")[2]


def test_what_cannot_be_read_is_told_and_what_was_known_stays(
    page: BusinessPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Use:
        raise DataError("the rows are not all in USD: 3 in EUR")

    known = page.facts.use
    monkeypatch.setattr("workbench.studio.business_facts.read_use", refuse)
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
