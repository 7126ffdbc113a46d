"""What a run of notebooks comes back with, and what each run's record holds."""

from __future__ import annotations

import datetime as dt
import html
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from .claims import Claim

SCHEMA_VERSION = 1
RECORD_NAME = "record.json"
PAGE_NAME = "report.html"

Status = Literal["passed", "failed", "cancelled"]


@dataclass(frozen=True)
class RunError:
    """Why a run failed, or where it was cancelled.

    ``kind`` is ``cell`` (a cell raised), ``claim`` (a claim lies outside its bounds), ``deadline``,
    ``kernel`` (the kernel died), ``cancelled``, ``notebook`` (the file is none) or
    ``runner``. ``cell`` is the number that stands beside the cell, ``path`` the notebook.
    """

    kind: str
    message: str
    path: str
    cell: int | None = None
    name: str = ""


@dataclass(frozen=True)
class NotebookRun:
    """One notebook's run. ``folder`` holds the executed notebook, the page and the record."""

    notebook: str
    status: Status
    duration_s: float
    claims: list[Claim]
    error: RunError | None
    run_id: str
    kernel: Literal["fork", "cold"]
    kernel_reason: str
    folder: Path


@dataclass(frozen=True)
class ReportRun:
    """The runs of one ``reports.run``, in the order of the notebooks, and the index they are in."""

    runs: list[NotebookRun]
    index: Path
    duration_s: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every notebook passed."""
        return all(run.status == "passed" for run in self.runs)

    @property
    def exit_status(self) -> int:
        """What the command line ends with: 1 if a notebook failed."""
        return 0 if self.ok else 1

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        rows = "".join(f"<li>{html.escape(_line(run))}</li>" for run in self.runs)
        text = "\n".join(_line(run) for run in self.runs)
        return {"text/html": f"<ul>{rows}</ul>", "text/plain": text}


@dataclass(frozen=True)
class RunPlan:
    """A notebook's run before it starts: everything about it that is already certain."""

    slug: str
    shown_path: str
    path: Path
    title: str
    sha256: str
    root: Path
    parameters: dict[str, Any]
    defaults: dict[str, Any]
    profile: str
    out: Path
    timeout_s: float
    standalone: bool = False
    run_id: str = field(default_factory=lambda: new_run_id())

    @property
    def folder(self) -> Path:
        """Where the run's files go."""
        return self.out / self.slug / self.run_id

    @property
    def executed(self) -> Path:
        """The executed notebook."""
        return self.folder / self.path.name


def new_run_id() -> str:
    """A name for a run that sorts by its time and that no other run has."""
    now = dt.datetime.now(dt.UTC)
    return f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}Z-{secrets.token_hex(3)}"


def _line(run: NotebookRun) -> str:
    passed = sum(claim.ok for claim in run.claims)
    said = f"{run.notebook}: {run.status}, {run.duration_s:.1f} s"
    if run.claims:
        said += f", {passed} of {len(run.claims)} claims hold"
    return said + (f"; {run.error.message}" if run.error else "")
