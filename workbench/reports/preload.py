"""Which modules a fork server imports for a set of notebooks: found by reading, not by running."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Start threads, take a device or keep handles when imported: a fork of these is not sound.
DENIED = {
    "cv2",
    "debugpy",
    "jax",
    "llama_cpp",
    "llguidance",
    "mlx",
    "mlx_lm",
    "mlx_vlm",
    "multiprocess",
    "opentelemetry",
    "pyspark",
    "ray",
    "tensorflow",
    "vllm",
    "xllamacpp",
}
# What our own modules import inside functions is worth having only where it is slow to import.
HEAVY = {
    "altair",
    "anywidget",
    "captum",
    "datasets",
    "fairlearn",
    "ipywidgets",
    "matplotlib",
    "numpy",
    "pandas",
    "peft",
    "plotly",
    "pyarrow",
    "scipy",
    "shap",
    "sklearn",
    "tokenizers",
    "torch",
    "transformers",
}
_IMPORT_LINE = re.compile(r"^\s*(?:import|from)\s+\S.*$", re.MULTILINE)
_MAGIC_LINE = re.compile(r"^\s*[%!?].*$", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Import:
    """``import module`` or ``from module import name``; both load the same lazy parts."""

    module: str
    name: str = ""

    @property
    def top(self) -> str:
        """The package's name."""
        return self.module.partition(".")[0]


def plan_imports(paths: Iterable[Path]) -> list[Import]:
    """The imports of some notebooks that a fork server may do for them, the commonest first.

    Modules that a notebook names itself, in its metadata under ``workbench.preload``, are among
    them. A file that is no notebook gives none: it is read here before it is checked, without
    nbformat, whose import takes as long as the server needs for half of its own.
    """
    counted: Counter[Import] = Counter()
    for path in paths:
        counted.update(set(_of_file(path)))
    allowed = [found for found in counted if is_allowed(found)]
    return sorted(allowed, key=lambda found: (-counted[found], found))


def is_allowed(found: Import) -> bool:
    """Whether a fork server may import it: not denied, and not in the standard library."""
    return found.top not in DENIED and found.top not in sys.stdlib_module_names


def imports_of_source(source: str) -> list[Import]:
    """The imports in a cell or a file, wherever they stand. Magics are left out."""
    text = _MAGIC_LINE.sub("", source)
    try:
        tree = ast.parse(text)
    except SyntaxError:  # a cell of another language, or one that is meant to be wrong
        return [found for line in _IMPORT_LINE.findall(text) for found in _of_line(line.strip())]
    return list(_of_tree(tree))


def heavy_imports_of_file(path: Path) -> list[Import]:
    """What a module of ours imports somewhere, its functions included, that is slow to import."""
    found = imports_of_source(path.read_text(encoding="utf-8"))
    return [each for each in found if each.top in HEAVY and is_allowed(each)]


def _of_file(path: Path) -> Iterator[Import]:
    try:
        plain = json.loads(path.read_bytes())
        yield from (Import(str(name)) for name in _preload_setting(plain))
        for cell in plain["cells"]:
            if cell["cell_type"] == "code":
                yield from imports_of_source("".join(cell["source"]))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return  # whoever reads it to run it says what is wrong with it


def _preload_setting(plain: Any) -> list[Any]:
    return list(plain.get("metadata", {}).get("workbench", {}).get("preload", []))


def _of_line(line: str) -> list[Import]:
    try:
        return list(_of_tree(ast.parse(line)))
    except SyntaxError:
        return []


def _of_tree(tree: ast.AST) -> Iterator[Import]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = (alias.name for alias in node.names)
            yield from (Import(node.module, "" if name == "*" else name) for name in names)
