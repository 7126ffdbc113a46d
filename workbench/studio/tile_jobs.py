"""The tile of jobs: what waits, what runs and how far it is, with a button that stops it."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Any

from workbench.core.errors import WorkbenchError
from workbench.core.optional import require
from workbench.store.job_rows import FINISHED, Job
from workbench.studio.links import find_project
from workbench.studio.markup import duration, escape, number, pill, size, when
from workbench.studio.notebook_results import database_files, database_stamp
from workbench.studio.tiles import tile

if TYPE_CHECKING:
    from workbench.store.jobs import JobQueue

log = logging.getLogger(__name__)

_SHOWN_FINISHED = 5
_EMPTY = (
    '<div class="wb-empty"><p>No job yet. A job runs an operation later, in a worker, and outlives '
    "the notebook that asked for it.</p><p>Submit one: "
    '<code>workbench store submit models.pull \'{"name": "smollm2-135m"}\'</code>, and run '
    "what waits: <code>workbench store work --drain</code></p></div>"
)


class JobsTile:
    """The list. Its buttons stay the same widgets while a job goes on, so that focus stays too."""

    def __init__(self) -> None:
        self._widgets = require("ipywidgets", extra="studio")
        self._rows: dict[int, tuple[Any, Any]] = {}
        self._note = self._widgets.HTML()
        self._list = self._widgets.VBox()
        self._done = self._widgets.HTML()
        self.box = self._widgets.VBox([self._note, self._list, self._done])

    def refresh(self) -> None:
        """Read the queue and show what changed."""
        if not database_files()[0].exists():  # nothing was ever submitted: make no store for it
            self._show([], _EMPTY, "")
            return
        from workbench.store import JobQueue

        queue = JobQueue()
        open_jobs = [job for job in queue.list(limit=50) if job.state not in FINISHED]
        finished = [job for job in queue.list(limit=50) if job.state in FINISHED]
        if not open_jobs and not finished:
            self._show([], _EMPTY, "")
            return
        note = _who_runs(queue) if open_jobs else "Nothing waits and nothing runs."
        said = f'<p class="q">{note}</p>' if note else ""
        self._show(open_jobs, said, _finished(finished[:_SHOWN_FINISHED]))

    def _show(self, jobs: list[Job], note: str, done: str) -> None:
        self._note.value, self._done.value = note, done
        self._rows = {job.id: self._rows.get(job.id) or self._row(job) for job in jobs}
        for job in jobs:
            text, button = self._rows[job.id]
            text.value = _describe(job)
            button.disabled = job.cancel_requested
        boxes = []
        for text, button in self._rows.values():
            if not hasattr(button, "row"):
                button.row = self._widgets.Box([text, button])
                button.row.add_class("wb-job")
            boxes.append(button.row)
        if self._list.children != tuple(boxes):
            self._list.children = boxes

    def _row(self, job: Job) -> tuple[Any, Any]:
        button = self._widgets.Button(
            description="Cancel", tooltip=f"Cancel job {job.id}, {job.operation}"
        )
        button.on_click(lambda _: self.cancel(job.id))
        return self._widgets.HTML(), button

    def cancel(self, job_id: int) -> None:
        """Ask for the end of a job; one that has just ended by itself is shown as it is."""
        from workbench.store import JobQueue

        try:
            JobQueue().cancel(job_id)
        except WorkbenchError as error:
            self.refresh()
            self._note.value = f'<p class="wb-trouble">{escape(error.message)}</p>'
            return
        self.refresh()


def runner_of(lane: str | None) -> str:
    """The command that runs jobs of a lane; ordinary workers leave those alone."""
    return "workbench store work --drain" if lane is None else "workbench finetuning queue run"


def _who_runs(queue: JobQueue) -> str:
    """What waits while nobody of its kind runs anything, and what would run it."""
    from workbench.finetuning.scheduling.demand import LANE
    from workbench.store.lanes import Lane

    trainings = Counter(job.state for job in Lane(queue, LANE).open_jobs())
    others = Counter(queue.count())
    others.subtract(trainings)
    parts = []
    for lane, counts, whom in ((None, others, "a worker"), (LANE, trainings, "the training queue")):
        if counts["queued"] and not counts["running"]:
            parts.append(
                f"{_waiting(counts['queued'])} for {whom}. If none runs: "
                f"<code>{runner_of(lane)}</code>"
            )
    return "<br>".join(parts)


def _waiting(jobs: int) -> str:
    return f"{jobs} job waits" if jobs == 1 else f"{jobs} jobs wait"


def _describe(job: Job) -> str:
    told = ", ".join(f"{name} {value}" for name, value in job.params.items())
    what = escape(told.replace(f"{find_project()}/", "")[:120])  # the reader knows where they stand
    asked = " <span class='q'>stopping…</span>" if job.cancel_requested else ""
    return (
        f"<div><strong>{escape(job.operation)}</strong> <span class='q'>{what}</span></div>"
        f"<div>{pill(job.state)} <span class='q'>job {job.id}</span>{asked}</div>"
        f"{progress_html(job)}"
    )


def progress_html(job: Job) -> str:
    """How far a running job is, as a bar with words; empty while nothing is told."""
    told = job.progress or {}
    if job.state != "running" or not told:
        return ""
    done, total, unit = told.get("done") or 0, told.get("total"), told.get("unit") or ""
    label = escape(f"{told.get('label', '')} {told.get('message', '')}".strip())
    if total:
        bar = f'<progress max="{total}" value="{done}" aria-label="{label}"></progress>'
    else:
        bar = f'<progress aria-label="{label}"></progress>'
    return f'{bar}<div class="q">{label} {escape(amount(done, total, unit))}</div>'


def amount(done: float, total: float | None, unit: str) -> str:
    """How far something is: ``3 of 10 rows``; nothing where nothing is counted."""
    if not (done or total or unit):
        return ""
    if unit == "bytes":
        return f"{size(done)} of {size(total)}" if total else size(done)
    shown = number(int(done) if float(done).is_integer() else done)
    if not total:
        return f"{shown} {unit}".strip()
    whole = number(int(total) if float(total).is_integer() else total)
    return f"{shown} of {whole} {unit}".strip()


def _finished(jobs: list[Job]) -> str:
    if not jobs:
        return ""
    rows = "".join(
        f"<li><span class='name'>{escape(job.operation)}</span><span class='side'>"
        f"{pill(job.state)}</span><p class='facts'><span>job {job.id}</span>"
        f"<span>{when(job.finished_s) if job.finished_s else ''}</span><span>{_took(job)}</span>"
        f"{_trouble(job)}</p></li>"
        for job in jobs
    )
    return f'<h3>Finished last</h3><ul class="wb-rows">{rows}</ul>'


def _took(job: Job) -> str:
    if job.started_s is None or job.finished_s is None:
        return ""
    return duration(job.finished_s - job.started_s)


def _trouble(job: Job) -> str:
    if not job.error or job.state != "failed":
        return ""
    return f"<span>{escape(job.error.get('message', ''))[:300]}</span>"


_shown: dict[str, JobsTile] = {}


@tile("jobs", title="Jobs", order=40, stamp=database_stamp)
def draw_jobs() -> Any:
    """The list as a widget; the same one each time, brought up to date."""
    made = _shown.setdefault("jobs", JobsTile())
    made.refresh()
    return made.box
