"""Starting a run from a page: a job that outlives the page, and a worker if none is at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, WorkbenchError
from workbench.core.optional import require
from workbench.studio.job_worker import PageWorker
from workbench.studio.markup import escape
from workbench.studio.operation_forms import Field, OperationForm
from workbench.studio.pages import trouble

_FIELDS = (
    Field("data", "Data file", hint="rows.jsonl, with prompt and response"),
    Field("model", "Model", "smollm2-135m"),
    Field("preset", "Preset", "steady", choices=("steady", "fast-cpu", "facts", "quality")),
    Field("name", "Adapter's name", hint="the file's"),
    Field("seed", "Seed", 0),
    Field("samples", "Answers to show", 2),
    Field("epsilon", "Epsilon of a private run", hint="none: not private"),
    Field("user_column", "Whose a row is, of a private run", hint="none: a row is protected"),
)
_OPERATION = "finetuning.run"


class TrainingForm(OperationForm):
    """The form; its button queues a job instead of running in this kernel."""

    def __init__(self) -> None:
        super().__init__(_OPERATION, _FIELDS, button="Start training")
        self._worker = PageWorker()

    def run(self) -> None:
        """Queue the job, or say plainly why not."""
        widgets = require("ipywidgets", extra="studio")
        try:
            said = self._queue()
        except WorkbenchError as error:
            said = trouble(error.message, error.hint)
        self._place.children = (widgets.HTML(f'<div role="status">{said}</div>'),)

    def _queue(self) -> str:
        from workbench.finetuning.training.operations import privacy_of
        from workbench.store import JobQueue

        values = self.values()
        privacy_of(values)  # whether it can be, before it waits for its turn
        path = Path(str(values.get("data", "")).strip()).expanduser()
        if not path.is_file():
            raise InputError(
                f"there is no file {str(path)!r}{_looked_in(path)}"
                if path.name
                else "no data file was named",
                hint='a .jsonl of rows like {"prompt": "...", "response": "..."}',
            )
        values["data"] = str(path.resolve())  # a worker may stand in another folder
        queue = JobQueue()
        # Once: a run that broke goes on when it is started again, which is for people to decide.
        job = queue.enqueue(_OPERATION, values, max_attempts=1)
        self._start_worker(queue)
        return f"<p>✓ Job {job.id} waits for its turn; it goes on when this page is closed.</p>"

    def _start_worker(self, queue: Any) -> None:
        self._worker.start(queue)


def _looked_in(path: Path) -> str:
    """The folder that a path without one was looked for in: this page's, which nothing shows."""
    return "" if path.is_absolute() else f" in {Path.cwd()}"


def start_hint() -> str:
    """How a run is begun, where there is none yet."""
    command = escape("workbench finetuning run --model smollm2-135m --data rows.jsonl")
    return (
        '<div class="wb-empty"><p>Nothing was trained in this home yet. Begin with the form '
        f"<a href='#wb-start'>Start a run</a>, or with <code>{command}</code></p><p>A row is "
        "<code>{&quot;prompt&quot;: …, &quot;response&quot;: …}</code>; sixty of them are enough "
        "to teach a dozen facts. Runs of every process are found by themselves.</p></div>"
    )
