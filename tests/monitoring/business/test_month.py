"""A month's report: its text, tables and charts tell the same figures; an empty month says so."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest

from workbench.core.errors import InputError, NotFoundError, StorageError
from workbench.monitoring.business.made_log import MadeUsage
from workbench.monitoring.business.month_charts import cost_by_day
from workbench.monitoring.business.month_figures import MonthFigures, month_figures
from workbench.monitoring.business.month_pages import month_document
from workbench.monitoring.business.operations import advice, costs, report, roi, what_if
from workbench.monitoring.business.teams import read_teams
from workbench.monitoring.business.wording import usd
from workbench.reports.documents.charts import draw_chart


@pytest.fixture(scope="module")
def figures(made: MadeUsage) -> MonthFigures:
    return month_figures("2026-10", made.table, teams=made.teams, budget_usd=200)


def charts_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    blocks = [*document["summary"]]
    for section in document["sections"]:
        blocks += section["blocks"]
    return [block for block in blocks if block["kind"] == "chart"]


def test_charts_and_text_tell_the_same_sums(figures: MonthFigures) -> None:
    document = month_document(figures)
    by_caption = {chart["caption"]: chart for chart in charts_of(document)}
    assert len(by_caption) >= 12
    total = figures.total.cost_usd
    for caption in ("Cost by team", "Cost by model", "Cost by task", "Cost by day and model"):
        rows = by_caption[caption]["spec"]["data"]["values"]
        assert sum(row["usd"] for row in rows) == pytest.approx(total), caption
    shown = {item["label"]: item for item in document["summary"][0]["items"]}
    assert shown["Usage cost"]["value"] == usd(total)
    assert figures.returned is not None
    assert figures.returned.usage_cost_usd == pytest.approx(total)
    assert shown["Net value"]["value"] == usd(figures.returned.net_usd.value)
    assert all(chart["alternative"] for chart in by_caption.values())


def test_every_assumption_stands_in_it(figures: MonthFigures) -> None:
    text = json.dumps(month_document(figures))
    assert figures.returned is not None
    for turn in figures.returned.tornado:
        assert turn.words in text
    assert "like them is an assumption" in text


def test_the_month_before_is_the_month_before(figures: MonthFigures, made: MadeUsage) -> None:
    september = month_figures("2026-09", made.table, teams=made.teams)
    assert figures.total_before == september.total


def test_an_axis_of_few_days_names_each_once(log_of: Callable[..., Any]) -> None:
    figures = month_figures("2026-10", log_of([{}, {}]))
    chart = cost_by_day(figures.use.between(dt.date(2026, 10, 5), dt.date(2026, 10, 6)))
    axis = chart["spec"]["encoding"]["x"]
    assert axis["scale"]["domain"] == ["05 Oct"]
    assert [row["label"] for row in chart["spec"]["data"]["values"]] == ["05 Oct"]
    svg = draw_chart(chart["spec"], name=chart["caption"])
    assert svg.count(">05 Oct<") == 1
    whole = cost_by_day(figures.use.between(dt.date(2026, 9, 1), dt.date(2026, 10, 31)))
    assert whole["spec"]["encoding"]["x"]["type"] == "temporal"


def test_an_empty_month_is_a_page_that_says_so(made: MadeUsage) -> None:
    figures = month_figures("2027-03", made.table)
    assert figures.is_empty
    document = month_document(figures)
    assert "Nothing was asked in March 2027" in document["summary"][0]["text"]
    assert "sections" not in document
    assert figures.missing == ("everything: nothing was asked in 2027-03",)


def test_a_month_without_ratings_says_what_is_missing(log_of: Callable[..., Any]) -> None:
    figures = month_figures("2026-10", log_of([{}, {}]))
    assert figures.returned is None
    text = json.dumps(month_document(figures))
    assert "none of 2 answers was rated" in text
    assert "Net value" not in text


@pytest.fixture(scope="module")
def files(made: MadeUsage, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("usage")
    parquet.write_table(made.table, folder / "2026.parquet")
    teams: dict[str, list[str]] = {}
    for user, team in made.teams.items():
        teams.setdefault(team, []).append(user)
    (folder / "teams.yaml").write_text(json.dumps({"teams": teams}), "utf-8")
    return folder, folder / "teams.yaml"


def test_the_operations_read_files_and_write_a_report(
    files: tuple[Path, Path], figures: MonthFigures, tmp_path: Path
) -> None:
    from workbench.reports.documents.reading import page_texts

    usage, teams = files
    found = roi(period="2026-10", usage=usage)
    assert found.net_usd == figures.returned.net_usd if figures.returned else False
    assert roi(period="2026-10", usage=usage, teams=teams, team="legal").answers < found.answers
    assert costs(period="2026-10", usage=usage, teams=teams).lines == figures.teams
    assert what_if("large", "small", period="2026-10", usage=usage) == figures.move
    assert advice(period="2026-10", usage=usage, teams=teams) == figures.advised
    written = report(
        period="2026-10", usage=usage, teams=teams, pdf=tmp_path / "r.pdf", html=tmp_path / "r.html"
    )
    assert written.pdf is not None
    pages = page_texts(written.pdf.read_bytes())
    assert len(pages) == written.pages
    assert usd(figures.total.cost_usd) in pages[0]
    assert "research" in pages[0], "the letters of the charts can be selected"
    assert usd(figures.total.cost_usd) in (tmp_path / "r.html").read_text("utf-8")


def test_what_is_not_there_is_told(files: tuple[Path, Path], tmp_path: Path) -> None:
    usage, _ = files
    with pytest.raises(NotFoundError, match="did you mean 'large'"):
        what_if("larger", "small", period="2026-10", usage=usage)
    with pytest.raises(NotFoundError, match="no Parquet file"):
        roi(period="2026-10", usage=tmp_path)
    with pytest.raises(InputError, match="nothing to write"):
        report(period="2026-10", usage=usage)
    with pytest.raises(StorageError, match="is a folder"):
        report(period="2026-10", usage=usage, pdf=tmp_path)
    for ask in (costs, roi, advice):
        with pytest.raises(InputError, match="2999-01 has not begun"):
            ask(period="2999-01", usage=usage)
    with pytest.raises(InputError, match="has not begun"):
        report(period="2999-01", usage=usage, pdf=tmp_path / "r.pdf")
    with pytest.raises(InputError, match="no month"):
        report(period="October", usage=usage, pdf=tmp_path / "r.pdf")


def test_teams_are_read_and_faults_named(tmp_path: Path) -> None:
    path = tmp_path / "teams.yaml"
    path.write_text("research: [ada, grace]\nsales: [bob]\n", "utf-8")
    assert read_teams(path) == {"ada": "research", "grace": "research", "bob": "sales"}
    for text, said in (
        ("a: [x]\nb: [x]", "'x' is in 'a' and in 'b'"),
        ("a: x", "not a list"),
        ("- a", "names no teams"),
        ("a: [", "no YAML"),
    ):
        path.write_text(text, "utf-8")
        with pytest.raises(InputError, match=said):
            read_teams(path)
    with pytest.raises(NotFoundError):
        read_teams(tmp_path / "none.yaml")


def test_bad_rows_of_a_month_are_told_by_costs_also_those_whose_time_is_wrong(
    log_of: Callable[..., Any], tmp_path: Path
) -> None:
    good = [{}, {}]
    bad: list[dict[str, Any]] = [
        {"time": dt.datetime(2999, 1, 1, tzinfo=dt.UTC)},
        {"time": dt.datetime(2026, 8, 1, tzinfo=dt.UTC)},
        {"prompt_tokens": -1},
    ]
    parquet.write_table(log_of([*good, *bad]), tmp_path / "2026-10.parquet")
    found = costs(period="2026-10", usage=tmp_path)
    assert sum(line.requests for line in found.lines) == 2
    for why in ("ahead of the clock", "not of its month", "negative tokens"):
        assert f"1 row is set aside: {why}" in found.notes
