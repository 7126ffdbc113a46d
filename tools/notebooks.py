"""Run the notebooks in the quick profile and put them back as executed, for the repository.

    python tools/notebooks.py notebooks/00_tour.ipynb

What differs by run without telling a reader anything (papermill's times, its paths) is left out,
so that a commit shows what changed; a stamp names the commit that the notebook is put into, not
the one before it. A notebook that fails is not put back.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path

import nbformat

from workbench.reports.display import STAMP_MIME
from workbench.reports.operations import run
from workbench.reports.stamps import without_commit

KEPT_CELL_METADATA = ("tags", "jupyter")


def as_committed(executed: Path, source: Path) -> nbformat.NotebookNode:
    """The executed notebook with the source's cells and metadata, and its own outputs."""
    node, original = nbformat.read(executed, 4), nbformat.read(source, 4)
    node.cells = [c for c in node.cells if "injected-parameters" not in c.metadata.get("tags", [])]
    for count, cell in enumerate((c for c in node.cells if c.cell_type == "code"), start=1):
        cell.execution_count = count
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = count
            if STAMP_MIME in output.get("data", {}):
                output.data = nbformat.from_dict(without_commit(output.data))
        cell.outputs = [without_temporary_folder(each) for each in cell.outputs]
    for cell, before in zip(node.cells, original.cells, strict=True):
        cell.id = before.id
        cell.metadata = {k: v for k, v in before.metadata.items() if k in KEPT_CELL_METADATA and v}
    node.metadata = original.metadata
    return node


def without_temporary_folder(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """An output in which the folder that one run made for itself, and took away, has no name."""
    own = re.compile(rf"{re.escape(tempfile.gettempdir())}/[\w-]+")
    return nbformat.from_dict(json.loads(own.sub("a-temporary-folder", json.dumps(output))))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, default=[Path("notebooks")])
    chosen = parser.parse_args().notebooks
    with tempfile.TemporaryDirectory() as folder:
        report = run(chosen, profile="quick", out=Path(folder))
        for made in report.runs:
            print(f"{made.status}  {made.notebook}  {made.duration_s:.0f} s")
            if made.status != "passed":
                print(made.error, file=sys.stderr)
                continue
            source = Path(made.notebook)
            node = as_committed(Path(made.folder) / source.name, source)
            nbformat.write(node, source)
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
