"""The tiles of notebooks, labs and dashboards: what each asks, costs, and how it went last."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from workbench.studio.links import current_links, find_project
from workbench.studio.notebook_facts import (
    Kind,
    NotebookFacts,
    find_notebook_facts,
    find_notebooks,
)
from workbench.studio.notebook_results import database_stamp, notebook_results
from workbench.studio.notebook_rows import row
from workbench.studio.report_buttons import NotebooksTile
from workbench.studio.run_history import records_stamp, runs_by_notebook, runs_of
from workbench.studio.tiles import tile

_HOME = "notebooks/dashboards/home.ipynb"
_NO_NOTEBOOK = (
    '<div class="wb-empty"><p>There is no notebook in this folder yet.</p><p>Put one into '
    "<code>notebooks/</code>, or start the server where they are: "
    "<code>make lab</code> in the project's folder.</p></div>"
)
_NO_LAB = '<div class="wb-empty"><p>There is no lab in <code>labs/</code> of this folder.</p></div>'
_NO_DASHBOARD = (
    '<div class="wb-empty"><p>There is no dashboard beside this page in '
    "<code>notebooks/dashboards/</code>.</p></div>"
)


def _stamp() -> Hashable:
    project = find_project()
    paths = [path for path, _ in find_notebooks(project)]
    copies = [project / "work" / path.relative_to(project) for path in paths]
    return (
        records_stamp(),
        database_stamp(),
        tuple((str(p), p.stat().st_mtime_ns) for p in paths if p.exists()),
        tuple(copy.exists() for copy in copies),
    )


def _found(kind: Kind) -> list[NotebookFacts]:
    """Those of a kind, the one to begin with first."""
    found = [
        each
        for each in find_notebook_facts(find_project())
        if each.kind == kind and each.path != _HOME
    ]
    return sorted(found, key=lambda each: not each.begin_here)


def _rows(found: list[NotebookFacts]) -> str:
    project, links = find_project(), current_links()
    runs, results = runs_by_notebook(), notebook_results()
    lines = (
        row(each, runs_of(each.path, runs), results.get((project / each.path).resolve()), links)
        for each in found
    )
    return f'<ul class="wb-rows">{"".join(lines)}</ul>'


_shown: dict[str, NotebooksTile] = {}


@tile("notebooks", title="Notebooks", order=10, wide=True, stamp=_stamp)
def draw_notebooks() -> Any:
    """The list as a widget, the same one each time; or what to do where there is none."""
    found = _found("notebook")
    if not found:
        return _NO_NOTEBOOK
    made = _shown.setdefault("notebooks", NotebooksTile(lambda: _found("notebook")))
    made.refresh()
    return made.box


@tile("labs", title="Labs", order=12, stamp=_stamp)
def draw_labs() -> str:
    """The labs with how far the learner went."""
    found = _found("lab")
    return _rows(found) if found else _NO_LAB


@tile("dashboards", title="Dashboards", order=14, stamp=_stamp)
def draw_dashboards() -> str:
    """The other dashboards."""
    found = _found("dashboard")
    return _rows(found) if found else _NO_DASHBOARD
