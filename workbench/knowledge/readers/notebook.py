"""Notebooks: the sources of their cells. Outputs are what the code says, and are not read."""

from __future__ import annotations

import json
from typing import Any

from workbench.core.errors import DataError

from .code import add_python
from .decoding import decode
from .markdown import add_markdown
from .reading import Reading, Script
from .sections import Sections


def read_notebook(content: bytes) -> Reading:
    """Markdown and code cells, each block with its cell's number from 1.

    Raises:
        DataError: It is no notebook.
    """
    text, encoding = decode(content)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"this is no notebook: {error}", hint="open and save it") from None
    script, sections = Script(), Sections()
    for number, cell in enumerate(_cells(found), start=1):
        source = cell.get("source", cell.get("input", ""))  # `input` up to format 3
        source = "".join(map(str, source)) if isinstance(source, list) else str(source)
        if cell.get("cell_type") == "markdown":
            add_markdown(script, source, sections=sections, cell=number)
        elif cell.get("cell_type") == "code":
            add_python(script, source, cell=number, section=sections.path)
        elif cell.get("cell_type") == "heading":
            path = sections.enter(int(cell.get("level", 1)), source)
            script.add(source, "heading", section=path, cell=number)
        else:
            script.add(source, section=sections.path, cell=number)
    return script.finish(encoding=encoding)


def _cells(found: Any) -> list[dict[str, Any]]:
    cells = found.get("cells") if isinstance(found, dict) else None
    if cells is None and isinstance(found, dict) and isinstance(found.get("worksheets"), list):
        sheets = [each for each in found["worksheets"] if isinstance(each, dict)]
        cells = [cell for sheet in sheets for cell in sheet.get("cells", [])]
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise DataError("this is JSON, but no notebook: it has no cells", hint="leave it out")
    return cells
