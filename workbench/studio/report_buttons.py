"""The list of notebooks on the home page, with a button at each that runs it as a report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.optional import require
from workbench.store.job_rows import FINISHED, Job
from workbench.studio.job_worker import PageWorker
from workbench.studio.links import current_links, find_project
from workbench.studio.markup import escape
from workbench.studio.notebook_facts import NotebookFacts
from workbench.studio.notebook_rows import row
from workbench.studio.pages import trouble
from workbench.studio.report_jobs import job_of, queue_report, report_jobs
from workbench.studio.run_history import copy_of, runs_by_notebook, runs_of

_READY = "Run as report"
_DOING = {"queued": "Waiting…", "running": "Running…"}


class NotebooksTile:
    """The list. Buttons stay the same widgets while a job goes on, so that focus stays too.

    Args:
        find: The notebooks to show, in their order.
    """

    def __init__(self, find: Callable[[], list[NotebookFacts]]) -> None:
        self._widgets = require("ipywidgets", extra="studio")
        self._find = find
        self._worker = PageWorker()
        self._lines: dict[str, tuple[Any, Any, Any]] = {}
        self._said = self._widgets.HTML()
        self._list = self._widgets.VBox()
        self.box = self._widgets.VBox([self._said, self._list])

    def refresh(self) -> None:
        """Read the notebooks, their runs and jobs, and show what changed."""
        runs, jobs, links = runs_by_notebook(), report_jobs(), current_links()
        found = self._find()
        self._lines = {each.path: self._lines.get(each.path) or self._line(each) for each in found}
        for facts in found:
            _, text, button = self._lines[facts.path]
            job = job_of(facts.path, jobs)
            line = row(facts, runs_of(facts.path, runs), None, links, job)
            text.value = f'<ul class="wb-rows">{line}</ul>'
            button.layout.display = "none" if facts.problem else None
            self._name(button, facts, job)
        boxes = tuple(box for box, _, _ in self._lines.values())
        if self._list.children != boxes:
            self._list.children = boxes

    def _line(self, facts: NotebookFacts) -> tuple[Any, Any, Any]:
        button = self._widgets.Button(description=_READY)
        button.add_class("wb-run-report")
        button.on_click(lambda _: self.run(facts))
        text = self._widgets.HTML()
        box = self._widgets.Box([text, button])
        box.add_class("wb-line")
        return box, text, button

    @staticmethod
    def _name(button: Any, facts: NotebookFacts, job: Job | None) -> None:
        """What the button says; its tooltip, with the notebook's title, is its whole name."""
        is_open = job is not None and job.state not in FINISHED
        said = _DOING[job.state] if job is not None and is_open else _READY
        copy = copy_of(facts.path, find_project())
        which = f", your copy {copy}" if copy else ""
        button.description, button.tooltip = said, f"{said}: {facts.title}{which}"

    def run(self, facts: NotebookFacts) -> None:
        """Queue the notebook's run, and start a worker if none is at it; or say why not."""
        from workbench.store import JobQueue

        try:
            job, is_new = queue_report(facts.path)
            self._worker.start(JobQueue())
        except WorkbenchError as error:
            self._said.value = f'<div role="status">{trouble(error.message, error.hint)}</div>'
            return
        copy = " (your copy)" if copy_of(facts.path, find_project()) else ""
        what = f"Job {job.id} runs {facts.title!r}{copy}"
        told = f"{what}; it goes on when this page is closed." if is_new else f"{what} already."
        self._said.value = f'<p class="q" role="status">{escape(told)}</p>'
        self.refresh()
