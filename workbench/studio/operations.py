"""What a user can ask of the studio."""

from __future__ import annotations

from typing import Literal

from workbench.core.operations import operation
from workbench.studio.notebook_facts import NotebookFacts


@operation("studio.notebooks", title="List notebooks, labs and dashboards", produces="notebooks")
def list_notebooks(
    *, kind: Literal["notebook", "lab", "dashboard"] | None = None
) -> list[NotebookFacts]:
    """List the notebooks, labs and dashboards of this project with the question each asks.

    Args:
        kind: Only those of this kind.
    """
    from workbench.studio.links import find_project
    from workbench.studio.notebook_facts import find_notebook_facts

    found = find_notebook_facts(find_project())
    return [each for each in found if kind in (None, each.kind)]
