"""What the notebooks, labs and dashboards of a project say of themselves, broken ones included."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workbench.core.viewers import Viewable

Kind = Literal["notebook", "lab", "dashboard"]
_SKIPPED = {".ipynb_checkpoints", "node_modules", ".venv", "solutions"}
_HEADING = re.compile(r"^#\s+(.+?)\s*#*\s*$", re.MULTILINE)
_QUESTION = re.compile(r"\*\*Question\.?\*\*[.:]?\s*(.+?)(?:\n\s*\n|\Z)", re.DOTALL)
_TIME = re.compile(r"([\d.,]+(?:\s*(?:to|-|–)\s*[\d.,]+)?)\s*(minutes?|min|seconds?|s)\b")
_MEMORY = re.compile(r"([\d.,]+)\s*(GB|MB)\b")
_MARKS = re.compile(r"[*`]")
_LOOKED_AT = 3  # texts at the head, in which the question and the cost stand


@dataclass(frozen=True)
class NotebookFacts(Viewable):
    """One notebook at a glance.

    ``path`` is below the project. ``problem`` says why it cannot be opened, empty if it can.
    ``time`` and ``memory`` are in the notebook's own words. ``begin_here`` is the first of its kind
    to open, as its metadata say.
    """

    path: str
    kind: Kind
    title: str
    question: str = ""
    time: str = ""
    memory: str = ""
    problem: str = ""
    begin_here: bool = False

    @property
    def slug(self) -> str:
        """The name that its runs go by."""
        return Path(self.path).stem


def find_notebook_facts(project: Path) -> list[NotebookFacts]:
    """The notebooks, labs and dashboards of a project, in order of their paths."""
    return [read_facts(path, project, kind) for path, kind in find_notebooks(project)]


def find_notebooks(project: Path) -> list[tuple[Path, Kind]]:
    """Their files and what each is, in order of their paths; none is opened for it."""
    found: list[tuple[Path, Kind]] = []
    for folder in ("notebooks", "labs"):
        for path in sorted((project / folder).rglob("*.ipynb")):
            inside = path.relative_to(project).parts
            if _SKIPPED & set(inside):
                continue
            is_dashboard = "dashboards" in inside[:-1]
            kind: Kind = "lab" if folder == "labs" else "notebook"
            found.append((path, "dashboard" if is_dashboard else kind))
    return found


def read_facts(path: Path, project: Path, kind: Any) -> NotebookFacts:
    """Read one notebook. One that a user broke comes back with its problem in words."""
    shown = path.relative_to(project).as_posix()
    try:
        node = json.loads(path.read_text(encoding="utf-8"))
        cells = node["cells"]
        texts = [_text(cell) for cell in cells if cell.get("cell_type") == "markdown"]
        told = dict(node.get("metadata", {}).get("workbench", {}))
    except OSError as error:
        return NotebookFacts(shown, kind, path.stem, problem=f"cannot be read: {error.strerror}")
    except (ValueError, KeyError, TypeError, AttributeError):
        problem = "is not a valid notebook any more"
        return NotebookFacts(shown, kind, path.stem, problem=problem)
    head = "\n\n".join(texts[:_LOOKED_AT])
    title = _HEADING.search(head)
    question = _QUESTION.search(head)
    # Only before the story begins: later sentences speak of other times.
    cost = _cost_line(texts[:_LOOKED_AT])
    time, memory = _TIME.search(cost), _MEMORY.search(cost)
    return NotebookFacts(
        shown,
        kind,
        title=_plain(title.group(1)) if title else str(told.get("title") or path.stem),
        question=_plain(question.group(1)) if question else str(told.get("question") or ""),
        time=f"{time.group(1)} {_short(time.group(2))}" if time else "",
        memory=f"{memory.group(1)} {memory.group(2)}" if memory else "",
        begin_here=told.get("begin_here") is True,
    )


def _text(cell: Any) -> str:
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else str(source)


def _cost_line(texts: list[str]) -> str:
    lines = [line for text in texts for line in text.splitlines()]
    return next((line for line in lines if _TIME.search(line) and "**Question" not in line), "")


def _short(unit: str) -> str:
    return "min" if unit.startswith("m") else "s"


def _plain(text: str) -> str:
    return _MARKS.sub("", " ".join(text.split()))
