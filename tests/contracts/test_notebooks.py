"""The form of the notebooks that are committed: one question, executed, held to claims, light."""

from __future__ import annotations

import ast
import copy
import importlib.util
import json
import re
import statistics
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbench.reports.parameters import read_parameters
from workbench.studio.notebook_facts import read_facts

REPO = Path(__file__).resolve().parents[2]
MOST_BYTES = 500_000
MACHINE = re.compile(r"(?<![\w.<])/(?:root|home|Users|tmp|work)/\w")
STAMP = "application/vnd.workbench.stamp+json"
Notebook = dict[str, Any]


def source(cell: Notebook) -> str:
    return "".join(cell["source"])


def code_lines(cell: Notebook) -> int:
    return len([line for line in source(cell).splitlines() if line.strip()])


def form_faults(notebook: Notebook) -> list[str]:
    """What holds for every notebook, dashboards too."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    found = []
    counts = [cell["execution_count"] for cell in code]
    if counts != list(range(1, len(code) + 1)):
        found.append("the counts are not 1..n")
    outputs = [output for cell in code for output in cell["outputs"]]
    if any(output["output_type"] == "error" for output in outputs):
        found.append("an output is an error")
    if any("!pip" in source(cell) or "pip install" in source(cell) for cell in code):
        found.append("it installs packages")
    if MACHINE.search(json.dumps([notebook["cells"], notebook["metadata"]])):
        found.append("it names a machine's path")
    stamps = [output["data"][STAMP] for output in outputs if STAMP in output.get("data", {})]
    if any("holds_this_file" not in stamp["commit"] for stamp in stamps):
        found.append("its stamp names a commit before its own")
    if any(code_lines(cell) > 25 for cell in code):
        found.append("a code cell has over 25 lines")
    return found + definition_faults(code)


def definition_faults(code: list[Notebook]) -> list[str]:
    nodes = [node for cell in code for node in ast.walk(ast.parse(source(cell)))]
    functions = [n for n in nodes if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    found = [f"{len(functions)} functions are defined"] if len(functions) > 3 else []
    if any(isinstance(node, ast.ClassDef) for node in nodes):
        found.append("a class is defined")
    return found


def story_faults(notebook: Notebook) -> list[str]:
    """What holds for notebooks that are reports: length, parameters, claims."""
    cells = notebook["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    found = []
    if not 25 <= len(cells) <= 60:
        found.append(f"{len(cells)} cells, not 25 to 60")
    if statistics.median(code_lines(cell) for cell in code) > 6:
        found.append("code cells have a median over 6 lines")
    tags = [tag for cell in cells for tag in cell["metadata"].get("tags", [])]
    if tags.count("parameters") != 1:
        found.append("there is not one cell tagged parameters")
    calls = [
        node.func
        for cell in code
        for node in ast.walk(ast.parse(source(cell)))
        if isinstance(node, ast.Call)
    ]
    names = [getattr(func, "id", getattr(func, "attr", "")) for func in calls]
    return found + [f"{name}( is never called" for name in ("claim", "stamp") if name not in names]


def never_run(notebook: Notebook) -> bool:
    """Whether no cell was executed and none has an output."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return all(cell["execution_count"] is None and not cell["outputs"] for cell in code)


def read(path: Path) -> Notebook:
    found: Notebook = json.loads(path.read_text("utf-8"))
    return found


def test_committed_notebooks_have_the_form(tracked: list[Path]) -> None:
    found = {}
    for path in (
        path for path in tracked if path.parts[0] == "notebooks" and path.suffix == ".ipynb"
    ):
        notebook = read(REPO / path)
        faults = form_faults(notebook)
        if "dashboards" not in path.parts:
            faults += story_faults(notebook)
        elif never_run(notebook):  # Voila runs it for each visitor
            faults.remove("the counts are not 1..n")
        if (REPO / path).stat().st_size > MOST_BYTES:
            faults.append("over 500 kB")
        if faults:
            found[str(path)] = faults
    assert found == {}


def test_committed_notebooks_say_their_question_and_their_cost(tracked: list[Path]) -> None:
    """As the home page reads them: "a minute" is no figure for it."""
    stories = [
        path
        for path in tracked
        if path.suffix == ".ipynb"
        and path.parts[0] == "notebooks"
        and "dashboards" not in path.parts
    ]
    told = [read_facts(REPO / path, REPO, "notebook") for path in stories]
    assert len(told) > 8
    silent = [f.path for f in told if not (f.question and f.time and f.memory)]
    assert not silent


def test_committed_notebooks_say_which_numbers_they_take(tracked: list[Path]) -> None:
    """What is out of bounds is then refused before the run, by its name."""
    stories = [path for path in tracked if path.parts[0] == "notebooks" and path.suffix == ".ipynb"]
    numbers = {
        f"{path}: {parameter.name}": parameter.bounds.text
        for path in stories
        for parameter in read_parameters(REPO / path).values()
        if parameter.type.kind in ("int", "float")
    }
    assert len(numbers) > 60
    assert [name for name, bounds in numbers.items() if not bounds] == []


def cell(kind: str, text: str, **more: Any) -> Notebook:
    made = {"cell_type": kind, "source": [text], "metadata": {}, **more}
    return made if kind == "markdown" else {"outputs": [], "execution_count": 1, **made}


@pytest.fixture
def sound() -> Notebook:
    """A notebook without a fault."""
    parameters = cell("code", "limit: int = 3", metadata={"tags": ["parameters"]})
    claimed = cell("code", "stamp()\nclaim('a', 1, low=0)", execution_count=2)
    words = [cell("markdown", "Words.") for _ in range(24)]
    return {"cells": [parameters, claimed, *words], "metadata": {}}


def test_a_sound_notebook_has_no_fault(sound: Notebook) -> None:
    assert form_faults(sound) + story_faults(sound) == []


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        ("the counts are not 1..n", {"execution_count": None}),
        ("the counts are not 1..n", {"execution_count": 3}),
        ("an output is an error", {"outputs": [{"output_type": "error"}]}),
        ("it installs packages", {"source": ["%pip install x"]}),
        ("it names a machine's path", {"outputs": [{"output_type": "x", "text": "/tmp/a.gguf"}]}),
        (
            "its stamp names a commit before its own",
            {"outputs": [{"output_type": "x", "data": {STAMP: {"commit": {"sha": "a"}}}}]},
        ),
        ("a code cell has over 25 lines", {"source": ["a = 1\n"] * 26}),
        ("4 functions are defined", {"source": [f"def f{i}(): ...\n" for i in range(4)]}),
        ("a class is defined", {"source": ["class A: ..."]}),
        ("code cells have a median over 6 lines", {"source": ["a = 1\n"] * 20}),
        ("there is not one cell tagged parameters", {"metadata": {"tags": ["parameters"]}}),
        ("claim( is never called", {"source": ["# claim('a', 1, low=0)"]}),
        ("stamp( is never called", {"source": ["claim('a', 1, low=0)"]}),
    ],
)
def test_each_fault_is_seen(sound: Notebook, fault: str, change: Notebook) -> None:
    if "installs" in fault:
        change = {"source": ["import os; os.system('pip install x')"]}
    broken = copy.deepcopy(sound)
    broken["cells"][1].update(change)
    assert fault in form_faults(broken) + story_faults(broken)


def test_length_is_seen(sound: Notebook) -> None:
    short = {**sound, "cells": sound["cells"][:10]}
    assert "10 cells, not 25 to 60" in story_faults(short)


def test_a_folder_of_one_run_has_no_name_in_what_is_committed(tmp_path: Path) -> None:
    own = f"{tempfile.gettempdir()}/pipeline-axv_1"
    output = nbformat.v4.new_output(
        "display_data",
        data={"text/plain": f"in {own}/home/a.jsonl", "application/json": {"at": [own]}},
    )
    cell = nbformat.v4.new_code_cell("a = 1", outputs=[output])
    path = tmp_path / "one.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    assert MACHINE.search(path.read_text())
    spec = importlib.util.spec_from_file_location("put_back", REPO / "tools" / "notebooks.py")
    assert spec is not None and spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    kept = tool.as_committed(path, path)
    assert not MACHINE.search(json.dumps(kept.cells))
    assert kept.cells[0].outputs[0].data["text/plain"] == "in a-temporary-folder/home/a.jsonl"
