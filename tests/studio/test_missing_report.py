"""The page of a report that is not there proposes only what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbench.studio.missing_report import say_missing


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for path in ("notebooks/00_tour.ipynb", "notebooks/serving/01_one.ipynb", "labs/a/01_one.ipynb",
                 "notebooks/dashboards/home.ipynb", "work/notebooks/00_tour.ipynb"):  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("{}")
    return tmp_path


def add_page(project: Path, slug: str, run: str) -> None:
    page = project / "reports" / slug / run / "report.html"
    page.parent.mkdir(parents=True)
    page.write_text("x")


def said(project: Path, path: str) -> str:
    reports = project / "reports"
    text = say_missing(path, reports=reports, project=project, address="/workbench/reports/")
    for command in re.findall(r"workbench report run (\S+?)(?:<|\n|$)", text):
        assert (project / command).is_file(), command
    return text


@pytest.mark.parametrize("slug", ["nope", "home", "<b>", "report-of-nothing"])
def test_what_does_not_exist_is_not_proposed(project: Path, slug: str) -> None:
    add_page(project, "00_tour", "20260101T000000000Z-aaaaaa")
    text = said(project, f"{slug}/gone/report.html")
    assert f"notebooks/{slug}.ipynb" not in text and "<b>" not in text
    assert "No notebook of this project is called" in text
    assert 'href="/workbench/reports/00_tour/20260101T000000000Z-aaaaaa/report.html"' in text
    assert "workbench report run " in text


def test_a_notebook_in_a_folder_is_named_where_it_lies(project: Path) -> None:
    text = said(project, "01_one/gone/report.html")
    assert "workbench report run notebooks/serving/01_one.ipynb" in text
    assert "workbench report run labs/a/01_one.ipynb" in text
    assert "No notebook" not in text


def test_a_copys_report_is_made_of_the_copy(project: Path) -> None:
    text = said(project, "work-00_tour/gone/report.html")
    assert "workbench report run work/notebooks/00_tour.ipynb" in text
    (project / "work/notebooks/00_tour.ipynb").unlink()
    assert "called <code>work-00_tour</code>" in said(project, "work-00_tour/gone/report.html")


def test_the_last_report_that_is_left_is_led_to(project: Path) -> None:
    for n in (1, 2):
        add_page(project, "00_tour", f"2026010{n}T000000000Z-aaaaaa")
    text = said(project, "00_tour/gone/report.html")
    assert "The last report of it that is here" in text
    assert "20260102T" in text and "20260101T" not in text


def test_a_misspelt_name_is_met_with_the_near_one(project: Path) -> None:
    assert "Was one of these meant?" in said(project, "00_tuor/gone/report.html")


def test_an_empty_project_is_told_so(tmp_path: Path) -> None:
    text = said(tmp_path, "index.html")
    assert "There is no notebook" in text and "workbench report run" not in text
