"""A line of the home page for each notebook, lab and dashboard: its question, cost, last result."""

from __future__ import annotations

import datetime as dt
from typing import Any

from workbench.store.job_rows import FINISHED, Job
from workbench.studio.links import Links, find_project
from workbench.studio.markup import duration, escape, pill, when
from workbench.studio.notebook_facts import NotebookFacts
from workbench.studio.notebook_results import NotebookResult
from workbench.studio.run_history import claims_held, copy_of, is_copy, last_with_page
from workbench.studio.tile_jobs import progress_html

_TOLD_VALUES = 3


def row(
    facts: NotebookFacts,
    runs: list[dict[str, Any]],
    result: NotebookResult | None,
    links: Links,
    job: Job | None = None,
) -> str:
    """The line as HTML: an item of a list, or with ``job`` what its notebook's job does now."""
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
        f'<p class="facts">{_last(facts, runs, result, links)}</p>{_job(job, runs)}</li>'
    )


def _job(job: Job | None, runs: list[dict[str, Any]]) -> str:
    """How far a job is; of one that failed why, until the notebook was run again."""
    if job is None or job.state in ("succeeded", "cancelled"):
        return ""
    if job.state not in FINISHED:
        where = '<a href="#wb-jobs" aria-label="Jobs: there it is cancelled">cancel</a>'
        waits = " waits for its turn" if job.state == "queued" else ""
        return (
            f'<div class="facts job"><span>{pill(job.state)} job {job.id}{waits}</span>{where}'
            f"{progress_html(job)}</div>"
        )
    ended = dt.datetime.fromtimestamp(job.finished_s or 0, dt.UTC)
    later = any(dt.datetime.fromisoformat(run["started_at"]) > ended for run in runs)
    message = (job.error or {}).get("message", "")
    return "" if later else f'<p class="facts">{pill("failed")} job {job.id}: {escape(message)}</p>'


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
    copy = copy_of(facts.path, find_project())
    if not runs:
        command = escape(f"workbench report run {copy or facts.path}")
        return f"<span>Not run yet: <code>{command}</code></span>"
    return last_run(runs, links, has_copy=copy is not None)


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


def last_run(runs: list[dict[str, Any]], links: Links, *, has_copy: bool = False) -> str:
    """How the last run of a notebook or of its copy went, and the last page of either.

    Args:
        runs: Those of both, the oldest first.
        links: Addresses on this server.
        has_copy: There is a copy, so that a run of the original is said to be one.
    """
    last = runs[-1]
    held = claims_held(last)
    said = f"{held}, " if held else ""
    several = has_copy or any(map(is_copy, runs))
    which = f"<span>{_which(last)}</span>" if several else ""
    seen = "<span>no page of it in this project's reports; run it again for one</span>"
    if found := last_with_page(runs):
        run, page = found
        name = "last report" if run is last else f"report of {when(run['started_at'])}"
        if several and is_copy(run) != is_copy(last):
            name += f", {_which(run)}"
        seen = f'<a href="{escape(links.report(page))}">{name}</a>'
    return (
        f"{pill(last['status'])}{which}<span>{said}{duration(last['duration_s'])}, "
        f"{when(last['started_at'])}</span>{_tried(runs)}{seen}"
    )


def _tried(runs: list[dict[str, Any]]) -> str:
    """Of a last run that failed with other values than one that passed before: which they were.

    Else somebody who tries a value would read that the notebook itself is broken.
    """
    last = runs[-1]
    values = last.get("parameters_set") or {}
    others = [run for run in runs[:-1] if (run.get("parameters_set") or {}) != values]
    passed = [run for run in others if run["status"] == "passed"]
    if last["status"] != "failed" or not values or not passed:
        return ""
    told = ", ".join(f"{name} = {value}" for name, value in list(values.items())[:_TOLD_VALUES])
    more = ", …" if len(values) > _TOLD_VALUES else ""
    before = f"{pill('passed')}<span>with other values, {when(passed[-1]['started_at'])}</span>"
    return f"<span>with {escape(told)}{more}</span>{before}"


def _which(record: dict[str, Any]) -> str:
    return "your copy" if is_copy(record) else "the original"
