"""The home page: what it says on an empty machine, and that one bad tile takes no other with it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import ConfigError, ConflictError
from workbench.core.operations import Operation
from workbench.reports.history import write_index
from workbench.reports.palette import FAILED
from workbench.store import JobQueue
from workbench.studio import notebook_results, report_jobs, tile_jobs, tile_notebooks, tiles
from workbench.studio.chart import points
from workbench.studio.home_page import HomePage
from workbench.studio.job_worker import PageWorker
from workbench.studio.links import Links, current_links
from workbench.studio.notebook_facts import read_facts
from workbench.studio.notebook_rows import last_run
from workbench.studio.report_buttons import NotebooksTile
from workbench.studio.run_history import claims_held, page_of, recent_runs
from workbench.studio.server import _without_gone
from workbench.studio.tile_runs import duration_chart
from workbench.studio.vega_chart import specification


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project to stand in."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "workbench.toml").write_text("")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(autouse=True)
def own_tiles(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    tiles.all_tiles()
    monkeypatch.setattr(tiles, "_tiles", dict(tiles._tiles))
    monkeypatch.setattr(tile_jobs, "_shown", {})
    monkeypatch.setattr(tile_notebooks, "_shown", {})
    yield


def record(
    home: Path, run_id: str, *, ok: bool = True, slug: str = "tour", notebook: str = ""
) -> dict[str, Any]:
    claim = {"name": "rate", "value": 3.0, "low": 1.0, "high": None, "ok": ok, "unit": "1/s"}
    made = {
        "schema_version": 1,
        "run_id": run_id,
        "slug": slug,
        "notebook": notebook or f"notebooks/{slug}.ipynb",
        "title": "A <tour>",
        "status": "passed" if ok else "failed",
        "error": None if ok else {"message": "claim fails"},
        "started_at": "2026-01-02T03:04:05+00:00",
        "duration_s": 4.0,
        "claims": [claim],
    }
    path = home / "reports" / slug / f"{run_id}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(made))
    return made


def text_of(page: HomePage) -> str:
    return page.html().partition("</style>")[2]


def test_an_empty_machine_is_told_what_to_do(project: Path) -> None:
    text = text_of(HomePage())
    for said in (
        "There is no notebook in this folder yet",
        "No notebook has been run as a report yet",
        "workbench models pull smollm2-135m",
        "No job yet",
        "<th class='n'>Memory at most, reckoned for one job</th>",
    ):
        assert said in text
    assert "Traceback" not in text


def test_the_menu_leads_to_what_is_there(project: Path) -> None:
    text = text_of(HomePage())
    places = re.findall(r'href="#([^"]+)"', text)
    assert [place for place in places if f'id="{place}"' not in text] == []
    assert places[:3] == ["wb-notebooks", "wb-labs", "wb-dashboards"]


def test_labs_and_dashboards_are_tiles_right_after_the_notebooks(project: Path) -> None:
    (project / "notebooks" / "dashboards").mkdir(parents=True)
    (project / "notebooks" / "dashboards" / "other.ipynb").write_text('{"cells": []}')
    text = text_of(HomePage())
    headings = re.findall(r'<h2 id="wb-([^"]+)"', text)  # as one column has them, and a reader
    assert headings[:3] == ["notebooks", "labs", "dashboards"] and headings[-1] == "runs"
    parts = re.split(r'<div class="wb-column wb-column-(\w+)">', text)
    assert parts[1::2] == ["first", "side", "rest"]
    assert [re.findall(r'<h2 id="wb-([^"]+)"', part)[0] for part in parts[2::2]] == [
        "notebooks",
        "labs",
        "runs",
    ]
    assert "other" in text.partition('id="wb-dashboards"')[2].partition("</ul>")[0]
    assert "There is no lab in" in text


def test_it_makes_nothing_on_an_empty_machine(project: Path, home: Path) -> None:
    HomePage()
    assert not home.exists()


def test_runs_stand_with_their_claims_and_history(project: Path, home: Path) -> None:
    record(home, "20260101T000000000Z-aaaaaa")
    record(home, "20260102T000000000Z-bbbbbb", ok=False)
    text = text_of(HomePage())
    assert "A &lt;tour&gt;" in text
    assert "✗ failed" in text
    assert "rate in the last 2 runs: 3, 3" in text
    assert "at least 1" in text


def test_a_report_deleted_by_hand_is_not_linked(project: Path, home: Path) -> None:
    made = record(home, "20260101T000000000Z-aaaaaa")
    page = project / "reports" / "tour" / made["run_id"] / "report.html"
    assert page_of(made) is None
    assert "no page here" in text_of(HomePage())
    page.parent.mkdir(parents=True)
    page.write_text("x")
    assert page_of(made) == f"tour/{made['run_id']}/report.html"
    assert "/workbench/reports/tour/" in text_of(HomePage())


def test_a_run_written_elsewhere_leaves_the_last_report_that_is_here(
    project: Path, home: Path
) -> None:
    here, elsewhere = (record(home, f"20260102T00000000{n}Z-aaaaaa", slug="tour") for n in range(2))
    page = project / "reports" / "tour" / here["run_id"] / "report.html"
    page.parent.mkdir(parents=True)
    page.write_text("x")
    said = last_run([here, elsewhere], current_links())
    assert here["run_id"] in said and "report of " in said
    assert "last report" in last_run([elsewhere, here], current_links())


def test_a_value_that_was_tried_and_failed_does_not_hide_that_the_notebook_passed(
    home: Path,
) -> None:
    good = record(home, "20260101T000000-a")
    tried = {**record(home, "20260102T000000-b", ok=False), "parameters_set": {"engine": "<mlx>"}}
    said = last_run([good, tried], current_links())
    assert "with engine = &lt;mlx&gt;" in said
    assert said.index("failed") < said.index("with engine") < said.index("passed")
    assert "with other values, " in said
    for runs in ([tried], [good, good], [{**good, "status": "failed"}, tried], [tried, good]):
        assert "with other values" not in last_run(runs, current_links())
    twice = {**good, "parameters_set": {"engine": "<mlx>"}}
    assert "with other values" not in last_run([twice, tried], current_links())


def add_notebook(project: Path, path: str) -> None:
    (project / path).parent.mkdir(parents=True, exist_ok=True)
    (project / path).write_text('{"cells": []}')


def notebooks_tile(page: HomePage) -> str:
    return text_of(page).partition('id="wb-notebooks"')[2].partition('id="wb-labs"')[0]


@pytest.mark.parametrize("newest", ["copy", "original"])
def test_a_notebooks_last_result_is_that_of_the_original_or_the_copy(
    project: Path, home: Path, newest: str
) -> None:
    add_notebook(project, "notebooks/tour.ipynb")
    add_notebook(project, "work/notebooks/tour.ipynb")
    days = {"copy": 1, "original": 1, newest: 2}
    original, copy = (f"202601{days[each]:02}T000000000Z-aaaaaa" for each in ("original", "copy"))
    record(home, original, ok=newest == "copy")
    record(home, copy, ok=newest == "original", slug="work-tour",
           notebook="work/notebooks/tour.ipynb")  # fmt: skip
    said = notebooks_tile(HomePage())
    assert "✗ failed" in said and "✓ passed" not in said  # the newest one is the one that failed
    assert ("your copy" if newest == "copy" else "the original") in said
    (project / "work/notebooks/tour.ipynb").unlink()
    assert "✗ failed" in notebooks_tile(HomePage())  # what the copy came to is still known


def test_where_there_is_a_copy_the_command_runs_the_copy(project: Path, home: Path) -> None:
    add_notebook(project, "notebooks/tour.ipynb")
    assert "workbench report run notebooks/tour.ipynb" in notebooks_tile(HomePage())
    add_notebook(project, "work/notebooks/tour.ipynb")
    assert "workbench report run work/notebooks/tour.ipynb" in notebooks_tile(HomePage())


def test_a_lab_of_the_same_name_lends_no_result(project: Path, home: Path) -> None:
    add_notebook(project, "notebooks/tour.ipynb")
    record(home, "20260101T000000000Z-aaaaaa", ok=False, notebook="labs/a/tour.ipynb")
    said = notebooks_tile(HomePage())
    assert "Not run yet" in said and "✗ failed" not in said


def test_runs_of_one_title_are_told_apart_by_their_paths(project: Path, home: Path) -> None:
    record(home, "20260101T000000000Z-aaaaaa")
    one = text_of(HomePage()).partition('id="wb-runs"')[2]
    assert "notebooks/tour.ipynb" not in one  # one title needs no path
    record(home, "20260102T000000000Z-bbbbbb", slug="work-tour",
           notebook="work/notebooks/tour.ipynb")  # fmt: skip
    runs = text_of(HomePage()).partition('id="wb-runs"')[2]
    summaries = re.findall(r"<summary>.*?</summary>", runs)
    assert len(summaries) == 2
    assert "your copy, work/notebooks/tour.ipynb" in summaries[0]
    assert ">notebooks/tour.ipynb<" in summaries[1]


def test_a_damaged_record_hides_no_other(project: Path, home: Path) -> None:
    record(home, "20260101T000000000Z-aaaaaa")
    (home / "reports" / "tour" / "20260102T000000000Z-bbbbbb.json").write_text("{")
    assert [run["run_id"][-6:] for run in recent_runs()["tour"]] == ["aaaaaa"]


def test_a_cancelled_run_does_not_hide_the_last_whole_one(project: Path, home: Path) -> None:
    record(home, "20260101T000000000Z-aaaaaa")
    stopped = record(home, "20260102T000000000Z-bbbbbb", ok=False)
    stopped |= {"error": {"kind": "cancelled", "message": "stopped by the user"}}
    path = home / "reports" / "tour" / f"{stopped['run_id']}.json"
    path.write_text(json.dumps(stopped))
    assert [run["status"] for run in recent_runs()["tour"]] == ["passed"]
    text = text_of(HomePage())
    assert "✓ passed" in text and "✗ failed" not in text


def test_a_broken_notebook_is_said_plainly(project: Path) -> None:
    (project / "notebooks").mkdir()
    (project / "notebooks" / "mine.ipynb").write_text("{oops")
    text = text_of(HomePage())
    assert "notebooks/mine.ipynb is not a valid notebook any more" in text
    assert "git restore notebooks/mine.ipynb" in text


def test_a_lab_stands_with_how_far_the_learner_went(project: Path, home: Path) -> None:
    from workbench.learning import lab, records
    from workbench.learning.catalogue import find_lab
    from workbench.learning.source import notebook_text

    shutil.copytree(Path(__file__).parents[1] / "learning" / "labs", project / "labs")
    spec = find_lab("arithmetic/01_sums")
    spec.notebook.write_text(notebook_text(spec))
    text = text_of(HomePage())
    assert "Not begun." in text
    assert not home.exists(), "looking made a store"
    lab(spec.name, {"number": 42}).check("q1")
    assert "public checks of 1 of 2 tasks passed, <time" in text_of(HomePage())
    graded = {"score": 1, "score_possible": 4, "ok": False, "time": "2026-01-02T03:04:05+00:00"}
    records.record_grade(spec.name, graded, actor="me")
    text = text_of(HomePage())
    assert "· in progress" in text
    assert "graded 1 of 4 points; public checks of 1 of 2 tasks passed, <time" in text
    records.record_grade(spec.name, {**graded, "score": 4, "ok": True}, actor="me")
    assert "✓ passed" in text_of(HomePage())


def test_the_lab_to_begin_with_stands_first_and_says_so(project: Path, home: Path) -> None:
    from workbench.learning import records

    ours = Path(__file__).resolve().parents[2]
    shutil.copytree(ours / "labs", project / "labs")
    text = text_of(HomePage())
    listed = text.partition('id="wb-labs"')[2].partition("</ul>")[0]
    assert listed.count("begin here") == 1
    assert "begin here" in listed.partition("</li>")[0] and "First answers" in listed[:600]
    graded = {"score": 16, "score_possible": 16, "ok": True, "time": "2026-01-02T03:04:05+00:00"}
    records.record_grade("serving/01_first_answers", graded, actor="me")
    assert "begin here" not in text_of(HomePage())  # whoever passed it is told nothing


def test_a_room_whose_results_cannot_be_read_is_left_out(
    project: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> list[Any]:
        raise ConfigError("lab.toml cannot be read")

    JobQueue()  # there is a store
    made = Operation("learning.progress", broken, "Progress", produces="notebook results")
    monkeypatch.setattr(notebook_results, "all_operations", lambda: [made])
    assert notebook_results.notebook_results() == {}
    assert "could not be drawn" not in text_of(HomePage())


def test_a_tile_that_fails_says_so_and_the_others_stand(project: Path) -> None:
    @tiles.tile("broken", title="Broken")
    def draw() -> str:
        raise RuntimeError("no <such> thing")

    text = text_of(HomePage())
    assert "RuntimeError: no &lt;such&gt; thing" in text
    assert "No job yet" in text


def test_low_rooms_offer_tiles_as_plain_data(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def usage(*, days: int = 7) -> dict[str, Any]:
        return {"tokens": 12_345, "days": days}

    made = Operation("monitoring.usage", usage, "Usage this week", produces="tile")
    monkeypatch.setattr(tiles, "all_operations", lambda: [made])
    text = text_of(HomePage())
    assert "Usage this week" in text
    assert "12,345" in text


def test_a_name_taken_is_refused() -> None:
    with pytest.raises(ConflictError, match=r"already drawn by workbench\.studio\.tile_jobs"):
        tiles.tile("jobs", title="Mine")(lambda: "")


def test_jobs_are_shown_and_cancelled(project: Path) -> None:
    job = JobQueue().enqueue("models.list", {})
    tile = tile_jobs.JobsTile()
    tile.refresh()
    assert "1 job waits for a worker" in tile.box.children[0].value
    row = tile.box.children[1].children[0]
    button = row.children[1]
    assert "models.list" in row.children[0].value
    tile.refresh()
    assert tile.box.children[1].children[0].children[1] is button  # focus stays where it is
    button.click()
    assert JobQueue().get(job.id).state == "cancelled"
    assert tile.box.children[1].children == ()
    assert "– cancelled" in tile.box.children[2].value
    tile.cancel(job.id)  # pressed in another window as well
    assert f"job {job.id} is cancelled" in tile.box.children[0].value


def test_only_what_changed_is_drawn_again(project: Path, home: Path) -> None:
    drawn = []

    @tiles.tile("counted", title="Counted", stamp=lambda: home.exists())
    def draw() -> str:
        drawn.append(1)
        return "x"

    page = HomePage()
    page.refresh()
    assert len(drawn) == 1
    home.mkdir()
    page.refresh()
    assert len(drawn) == 2


def test_links_follow_the_server() -> None:
    lab, alone = Links("/base/"), Links("/", has_lab=False)
    assert lab.notebook("notebooks/a b.ipynb") == "/base/workbench/open/notebooks/a%20b.ipynb"
    assert alone.notebook("notebooks/a.ipynb") is None
    assert lab.dashboard("notebooks/dashboards/d.ipynb").endswith("notebooks/dashboards/d.ipynb")
    assert alone.dashboard("notebooks/dashboards/d.ipynb") == "/voila/render/d.ipynb"


def test_the_times_of_many_notebooks_are_a_line_each(home: Path) -> None:
    records = [record(home, f"r{n:02}", slug=f"{n % 13:02}_a_notebook") for n in range(30)]
    records[-1]["status"] = "failed"
    chart = duration_chart(records)
    assert chart is not None
    assert chart.categories == list(dict.fromkeys(each["slug"] for each in reversed(records)))
    assert set(chart.groups) == {"last run", "earlier run", "failed"}
    looks = {trace.name: (trace.marker.color, trace.marker.symbol) for trace in chart.figure().data}
    assert looks["failed"] == (FAILED, "x")  # not the green of the third series
    assert sum(row["which"] == "last run" for row in chart.rows) == 12
    assert duration_chart(records[:1]) is None


def test_a_mark_means_the_same_whichever_runs_there_are(home: Path) -> None:
    """The newest notebook's runs came first, and with them their colours."""

    def looks(*failed: int) -> dict[str, tuple[str, str]]:
        records = [record(home, f"r{n:02}", slug=f"{n % 2}_a_notebook") for n in range(6)]
        for place in failed:
            records[place]["status"] = "failed"
        chart = duration_chart(records)
        assert chart is not None
        legend = specification(chart)["encoding"]["color"]["legend"]["values"]
        traces = chart.figure().data
        assert {trace.name for trace in traces} == set(legend)
        return {trace.name: (trace.marker.color, trace.marker.symbol) for trace in traces}

    usual = looks(0)
    assert usual == looks(5) and set(usual) == {"last run", "earlier run", "failed"}
    for found in (looks(), looks(4, 5)):
        assert found == {name: usual[name] for name in found}
    assert "last run" not in looks(4, 5)


def test_a_low_figure_of_names_has_room_for_its_legend_and_tells_every_name(home: Path) -> None:
    records = [record(home, f"r{n:02}", slug=f"{n % 2}_a_notebook") for n in range(4)]
    records[0]["status"] = "failed"
    chart = duration_chart(records)
    assert chart is not None
    layout = chart.figure().layout
    assert layout.height == 136 + 3 * 30 + 60
    assert (layout.yaxis.tickmode, layout.yaxis.dtick) == ("linear", 1)
    assert list(layout.yaxis.categoryarray) == chart.categories


def test_many_names_of_series_stand_below_and_not_on_the_title() -> None:
    rows = [{"x": n, "y": 1.0, "name": f"a series with number {n}"} for n in range(13)]
    words = {"title": "Made", "x_title": "x", "y_title": "y", "series": "name"}
    assert points(rows, "x", "y", **words).figure().layout.legend.y == 0
    assert points(rows[:1], "x", "y", **words).figure().layout.legend.y > 1


def test_the_index_that_is_served_leads_to_no_run_that_was_deleted(
    project: Path, home: Path
) -> None:
    reports = project / "reports"
    for slug in ("tour", "gone"):
        made = record(home, "20260102T000000000Z-aaaaaa", slug=slug)
        folder = reports / slug / made["run_id"]
        folder.mkdir(parents=True)
        told = {**made, "profile": "quick", "kernel": "fork"}
        (folder / "record.json").write_text(json.dumps(told))
        (folder / "report.html").write_text("x")
    write_index(reports)
    page = reports / "index.html"
    assert 'href="gone/' in page.read_text()
    shutil.rmtree(reports / "gone")
    _without_gone(reports)
    assert 'href="gone/' not in page.read_text() and 'href="tour/' in page.read_text()
    (reports / "index.json").write_text("{")
    _without_gone(reports)  # a damaged one is left as it is, and still served


@pytest.mark.parametrize(
    ("oks", "kind", "said"),
    [
        ([True], None, "1 of 1 claim holds"),
        ([True, False], "claim", "1 of 2 claims hold"),
        ([True], "cell", "1 claim held before it stopped"),
        ([], None, ""),
    ],
)
def test_claims_that_were_never_reached_are_not_counted(
    oks: list[bool], kind: str | None, said: str
) -> None:
    told = {"claims": [{"ok": ok} for ok in oks], "error": {"kind": kind} if kind else None}
    assert claims_held(told) == said


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The workers that a page would start."""
    started: list[Any] = []
    monkeypatch.setattr(PageWorker, "start", lambda self, queue: started.append(queue))
    return started


def pressed(project: Path, path: str = "notebooks/tour.ipynb") -> tuple[Any, Any, Any]:
    """The tile of notebooks with the text and the button of one."""
    add_notebook(project, path)
    made = NotebooksTile(lambda: [read_facts(project / path, project, "notebook")])
    made.refresh()
    (line,) = made.box.children[1].children
    return made, *line.children


def test_a_notebook_is_run_as_a_report_once_however_often_it_is_pressed(
    project: Path, home: Path, begun: list[Any]
) -> None:
    made, text, button = pressed(project)
    assert button.description == "Run as report" and button.tooltip == "Run as report: tour"
    assert not home.exists(), "looking made a store"
    button.click()
    button.click()
    NotebooksTile(made._find).run(made._find()[0])  # in another window
    (job,) = JobQueue().list()
    assert job.operation == "reports.run" and job.max_attempts == 1
    assert job.params == {
        "notebooks": [str(project / "notebooks" / "tour.ipynb")],
        "out": str(project / "reports"),
    }
    assert len(begun) == 3  # a worker that died is replaced
    assert "already" in made.box.children[0].value and 'role="status"' in made.box.children[0].value
    assert "waits for its turn" in text.value and button.description == "Waiting…"
    assert made.box.children[1].children[0].children[1] is button  # focus stays where it is
    JobQueue().cancel(job.id)
    made.refresh()
    assert button.description == "Run as report" and "waits" not in text.value
    button.click()
    assert [each.state for each in JobQueue().list()] == ["queued", "cancelled"]


def test_windows_that_press_at_once_make_one_job(
    project: Path, begun: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_notebook(project, "notebooks/tour.ipynb")
    first, _ = report_jobs.queue_report("notebooks/tour.ipynb")
    monkeypatch.setattr(report_jobs, "report_jobs", dict)  # neither saw the other's
    assert report_jobs.queue_report("notebooks/tour.ipynb")[0].id == first.id
    JobQueue().cancel(first.id)
    assert report_jobs.queue_report("notebooks/tour.ipynb")[0].id != first.id  # it has ended


def test_the_copy_is_what_is_run_and_the_page_says_so(project: Path, begun: list[Any]) -> None:
    made, _, button = pressed(project)
    add_notebook(project, "work/notebooks/tour.ipynb")
    made.refresh()
    assert button.tooltip == "Run as report: tour, your copy work/notebooks/tour.ipynb"
    button.click()
    (job,) = JobQueue().list()
    assert job.params["notebooks"] == [str(project / "work" / "notebooks" / "tour.ipynb")]
    assert "(your copy)" in made.box.children[0].value


def test_progress_and_the_fault_of_a_job_stand_at_its_notebook(
    project: Path, home: Path, begun: list[Any]
) -> None:
    made, text, button = pressed(project)
    button.click()
    lease = JobQueue().lease("a worker")
    assert lease is not None
    told = {"label": "tour", "message": "cell 3 of 9", "done": 2, "total": 9, "unit": "cells"}
    JobQueue().heartbeat(lease, progress=told)
    made.refresh()
    assert "cell 3 of 9" in text.value and 'max="9" value="2"' in text.value
    assert button.description == "Running…" and 'href="#wb-jobs"' in text.value
    JobQueue().fail(lease, {"code": "input", "message": "no <room>", "hint": None}, retry=False)
    made.refresh()
    assert "no &lt;room&gt;" in text.value and button.description == "Run as report"
    made_record = record(home, "20990101T000000000Z-aaaaaa")
    path = home / "reports" / "tour" / f"{made_record['run_id']}.json"
    path.write_text(json.dumps(made_record | {"started_at": "2099-01-01T00:00:00+00:00"}))
    made.refresh()
    assert "no &lt;room&gt;" not in text.value  # it was run since


def test_a_broken_notebook_has_no_button(project: Path, home: Path) -> None:
    made, _, button = pressed(project)
    (project / "notebooks" / "tour.ipynb").write_text("{oops")
    made.refresh()
    assert button.layout.display == "none"
