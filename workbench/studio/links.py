"""Where the pages link to: it depends on who shows them, JupyterLab's server or Voila alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

# Set by the dashboards' own server, in which there is no JupyterLab to open a notebook in.
DASHBOARDS_VARIABLE = "WORKBENCH_DASHBOARDS_ONLY"
_PROJECT_MARKS = ("workbench.toml", "pyproject.toml", ".git")


@dataclass(frozen=True)
class Links:
    """Addresses on the server that shows the page.

    ``base_url`` ends in a slash. ``has_lab`` says whether a notebook can be opened for work.
    """

    base_url: str = "/"
    has_lab: bool = True

    def notebook(self, path: str) -> str | None:
        """The reader's own copy of a notebook in JupyterLab, or None where there is none.

        Paths are the project's.
        """
        return f"{self.base_url}workbench/open/{quote(path)}" if self.has_lab else None

    def dashboard(self, path: str) -> str:
        """A notebook as a page that runs."""
        shown = path if self.has_lab else path.rpartition("/")[2]
        return f"{self.base_url}voila/render/{quote(shown)}"

    def report(self, path: str = "index.html") -> str:
        """A page below the folder of the reports."""
        return f"{self.base_url}workbench/reports/{quote(path)}"


def current_links() -> Links:
    """The addresses that hold in this kernel."""
    base_url = os.environ.get("VOILA_BASE_URL") or os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "/")
    return Links(base_url.rstrip("/") + "/", not os.environ.get(DASHBOARDS_VARIABLE))


def find_project(folder: Path | None = None) -> Path:
    """The project that a folder (by default the working one) lies in; itself if in none."""
    start = (folder or Path.cwd()).resolve()
    for candidate in (start, *start.parents):
        if any((candidate / mark).exists() for mark in _PROJECT_MARKS):
            return candidate
    return start
