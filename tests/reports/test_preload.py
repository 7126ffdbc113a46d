"""Which imports a fork server does: read from the cells, never run."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.reports.preload import (
    Import,
    heavy_imports_of_file,
    imports_of_source,
    plan_imports,
)

from .conftest import make_notebook


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


def test_the_plan_begins_with_the_commonest_and_leaves_out_what_must_not_fork(
    tmp_path: Path,
) -> None:
    cells = [
        ["import json, mlx.core, xllamacpp", "import pandas"],
        ["import torch"],
        ["import torch", "import torch"],
    ]
    paths = [
        make_notebook(tmp_path / f"{number}.ipynb", *sources, preload=["plotly"] * (number == 0))
        for number, sources in enumerate(cells)
    ]
    assert plan_imports(paths) == [
        Import("torch"),
        Import("pandas"),
        Import("plotly"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        '{"cells": 3}',
        '{"cells": [{"cell_type": "code"}]}',
        '{"metadata": []}',
        "\xff",
    ],
)
def test_a_file_that_is_no_notebook_gives_no_imports(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.ipynb"
    path.write_bytes(content.encode("latin-1"))
    assert plan_imports([path, tmp_path / "missing.ipynb"]) == []


def test_a_module_of_ours_tells_what_its_functions_import(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text("import json\ndef f():\n    import torch\n    import rich, mlx\n")
    assert heavy_imports_of_file(path) == [Import("torch")]
