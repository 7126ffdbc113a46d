"""Which imports a fork server does: read from the cells, never run."""

from __future__ import annotations

from pathlib import Path

import nbformat

from workbench.reports.preload import (
    Import,
    heavy_imports_of_file,
    imports_of_source,
    plan_imports,
)


def test_imports_are_found_wherever_they_stand() -> None:
    source = (
        "%matplotlib inline\n!ls\nimport torch, numpy as np\n"
        "def f():\n    from transformers import AutoModel\n"
    )
    assert imports_of_source(source) == [
        Import("torch"),
        Import("numpy"),
        Import("transformers", "AutoModel"),
    ]


def test_a_cell_that_is_no_python_gives_its_import_lines() -> None:
    assert imports_of_source("import torch\nthis is wrong\nfrom . import x") == [Import("torch")]
    assert imports_of_source("%%bash\nls -l /") == []


def test_the_plan_begins_with_the_commonest_and_leaves_out_what_must_not_fork() -> None:
    cells = [
        ["import json, mlx.core, xllamacpp", "import pandas"],
        ["import torch"],
        ["import torch", "import torch"],
    ]
    nodes = [
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
        for sources in cells
    ]
    assert plan_imports(nodes, ["plotly"]) == [
        Import("torch"),
        Import("pandas"),
        Import("plotly"),
    ]


def test_a_module_of_ours_tells_what_its_functions_import(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text("import json\ndef f():\n    import torch\n    import rich, mlx\n")
    assert heavy_imports_of_file(path) == [Import("torch")]
