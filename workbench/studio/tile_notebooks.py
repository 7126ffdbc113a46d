"""The tile of notebooks, labs and dashboards: what each asks, what it costs, how it went last."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from workbench.studio.links import Links, current_links, find_project
from workbench.studio.markup import duration, escape, pill, when
from workbench.studio.notebook_facts import NotebookFacts, find_notebook_facts, find_notebooks
from workbench.studio.notebook_results import (
    NotebookResult,
    database_stamp,
    notebook_results,
)
from workbench.studio.run_history import claims_held, last_with_page, recent_runs, records_stamp
from workbench.studio.tiles import tile

_GROUPS = (("notebook", "Notebooks"), ("lab", "Labs"), ("dashboard", "Dashboards"))
_HOME = "notebooks/dashboards/home.ipynb"


def _stamp() -> Hashable:
    paths = [path for path, _ in find_notebooks(find_project())]
    return (
        records_stamp(),
        database_stamp(),
        tuple((str(p), p.stat().st_mtime_ns) for p in paths if p.exists()),
    )


def _sections() -> list[tuple[str, str]]:
    """The groups beside the first, where there are such notebooks."""
    project = find_project()
    kinds = {kind for path, kind in find_notebooks(project) if path != project / _HOME}
    return [(f"wb-{title.lower()}", title) for kind, title in _GROUPS[1:] if kind in kinds]


@tile("notebooks", title="Notebooks", order=10, wide=True, stamp=_stamp, sections=_sections)
def draw_notebooks() -> str:
    """A list in groups, or what to do where there is none."""
    facts = [each for each in find_notebook_facts(find_project()) if each.path != _HOME]
    runs, results, links = recent_runs(), notebook_results(), current_links()
    facts.sort(key=lambda each: not each.begin_here)
    groups = [(title, [each for each in facts if each.kind == kind]) for kind, title in _GROUPS]
    shown = [(title, found) for title, found in groups if found]
    if not shown:
        return (
            '<div class="wb-empty"><p>There is no notebook in this folder yet.</p><p>Put one into '
            "<code>notebooks/</code>, or start the server where they are: "
            "<code>make lab</code> in the project's folder.</p></div>"
        )
    return "".join(
        (
            f'<h3 id="wb-{title.lower()}">{title}</h3>' if title != "Notebooks" else ""
        )  # the tile says that already
        + '<ul class="wb-rows">'
        + "".join(
            _row(
                each,
                runs.get(each.slug, []),
                results.get((find_project() / each.path).resolve()),
                links,
            )
            for each in found
        )
        + "</ul>"
        for title, found in shown
    )


def _row(
    facts: NotebookFacts,
    runs: list[dict[str, Any]],
    result: NotebookResult | None,
    links: Links,
) -> str:
    cost = " · ".join(filter(None, (facts.time, facts.memory)))
    question = f'<p class="ask">{escape(facts.question)}</p>' if facts.question else ""
    if facts.problem:
        told = f"{pill('failed')} {escape(facts.path)} {escape(facts.problem)}"
        hint = "Mend it, or take its last version: <code>git restore " + escape(facts.path)
        return (
            f'<li><span class="name">{escape(facts.title)}</span>'
            f'<p class="ask">{told}</p><p class="facts">{hint}</code></p></li>'
        )
    is_next = facts.begin_here and (result is None or result.result != "passed")
    mark = ' <span class="pill good">▸ begin here</span>' if is_next else ""
    return (
        f'<li><span class="name">{_title(facts, runs, links)}{mark}</span>'
        f'<span class="side">{escape(cost)}</span>{question}'
        f'<p class="facts">{_last(facts, runs, result, links)}</p></li>'
    )


def _title(facts: NotebookFacts, runs: list[dict[str, Any]], links: Links) -> str:
    if facts.kind == "dashboard":
        href: str | None = links.dashboard(facts.path)
    else:
        href = links.notebook(facts.path)
        found = last_with_page(runs) if href is None else None
        href = links.report(found[1]) if found else href
    title = escape(facts.title)
    return f'<a href="{escape(href)}">{title}</a>' if href else title


def _last(
    facts: NotebookFacts,
    runs: list[dict[str, Any]],
    result: NotebookResult | None,
    links: Links,
) -> str:
    if facts.kind == "dashboard":
        return f"<span>{escape(facts.path)}</span>"
    if facts.kind == "lab":
        return _learned(result) + _where(facts, links)
    if not runs:
        return f"<span>Not run yet: <code>workbench report run {escape(facts.path)}</code></span>"
    return _last_run(runs, links)


def _learned(result: NotebookResult | None) -> str:
    """How far the learner went in a lab."""
    if result is None or not result.summary:
        return "<span>Not begun.</span>"
    mark = pill("passed" if result.result == "passed" else "begun")  # a learner has not failed
    return f"{mark}<span>{escape(result.summary)}, {when(result.time)}</span>"


def _where(facts: NotebookFacts, links: Links) -> str:
    if links.has_lab:
        return f"<span>{escape(facts.path)}</span>"
    return f"<span>{escape(facts.path)}: open it with <code>make lab</code></span>"


def _last_run(runs: list[dict[str, Any]], links: Links) -> str:
    last = runs[-1]
    held = claims_held(last)
    said = f"{held}, " if held else ""
    seen = "<span>no page of it in this project's reports; run it again for one</span>"
    if found := last_with_page(runs):
        run, page = found
        name = "last report" if run is last else f"report of {when(run['started_at'])}"
        seen = f'<a href="{escape(links.report(page))}">{name}</a>'
    return (
        f"{pill(last['status'])}<span>{said}{duration(last['duration_s'])}, "
        f"{when(last['started_at'])}</span>{seen}"
    )
