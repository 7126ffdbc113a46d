"""A notebook's outputs as a document; what its cells say stays as its author wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.core.errors import DataError

from .documents import Document
from .leaves import Leaves

_TAG = re.compile(r"<(?:style|script)\b.*?</(?:style|script)>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_WITHHELD = "[WITHHELD: {mime}, which no recogniser here can read]"


def open_notebook(path: Path, text: str) -> Document:
    """Outputs only: what the cells say is the author's. Pictures are dropped and said to be."""
    notebook, cells = _cells_of(path, text)
    leaves = Leaves()
    html: set[int] = set()
    dropped: list[str] = []
    for cell in cells:
        cell["outputs"] = [_output(each, leaves, html, dropped) for each in cell.get("outputs", [])]
        if cell.get("cell_type") != "code":
            del cell["outputs"]
    if "widgets" in notebook.get("metadata", {}):
        notebook["metadata"]["widgets"] = leaves.take(notebook["metadata"]["widgets"], keys=False)
    views = [_TAG.sub(_blank, said) if at in html else said for at, said in enumerate(leaves.texts)]

    def assemble(made: Sequence[str]) -> bytes:
        return (
            json.dumps(leaves.put(notebook, made), ensure_ascii=False, indent=1) + "\n"
        ).encode()

    kept = ["".join(cell.get("source", "")) for cell in cells]
    return Document(
        leaves.texts, assemble, views=views, dropped=tuple(dropped), kept=kept, places=leaves.places
    )


def _cells_of(path: Path, text: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The notebook and its cells, each with the outputs that a code cell must have.

    Raises:
        DataError: It is no notebook of nbformat 4.
    """
    refused = DataError(f"{path} is not a notebook", hint="nbformat 4: a JSON with cells")
    try:
        notebook = json.loads(text)
        cells = notebook["cells"]
    except (ValueError, KeyError, TypeError):
        raise refused from None
    sound = isinstance(cells, list) and all(
        isinstance(cell, dict)
        and isinstance(cell.get("source", ""), str | list)
        and isinstance(cell.get("outputs", []), list)
        and all(isinstance(each, dict) and isinstance(each.get("data", {}), dict)
                for each in cell.get("outputs", []))
        for cell in cells
    )  # fmt: skip
    if not sound:
        raise refused
    return notebook, cells


def _output(output: dict[str, Any], leaves: Leaves, html: set[int], dropped: list[str]) -> Any:
    kept: dict[str, Any] = {}
    for name, value in output.items():
        if name == "data":
            kept[name] = _bundle(value, leaves, html, dropped)
        elif name == "metadata":
            kept[name] = leaves.take(value, keys=False)
        elif name in ("text", "traceback", "evalue"):
            joined = "".join(value) if name == "text" and isinstance(value, list) else value
            kept[name] = leaves.take(joined)
        else:
            kept[name] = value
    return kept


def _bundle(
    bundle: dict[str, Any], leaves: Leaves, html: set[int], dropped: list[str]
) -> dict[str, Any]:
    """An output's forms, without those that nobody can judge: a plain text says what went."""
    pictures = [mime for mime in bundle if _is_no_text(mime)]
    dropped += pictures
    left = {mime: _joined(value) for mime, value in bundle.items() if mime not in pictures}
    if pictures:
        told = [_WITHHELD.format(mime=mime) for mime in pictures]
        if isinstance(left.get("text/plain"), str):
            told.append(left["text/plain"])
        left["text/plain"] = "\n".join(told)
    kept = {}
    for mime, value in left.items():
        if mime in ("text/html", "image/svg+xml") and isinstance(value, str):
            html.add(len(leaves.texts))
            kept[mime] = leaves.take_page(value)
        else:
            kept[mime] = leaves.take(value)
    return kept


def _is_no_text(mime: str) -> bool:
    media = mime.startswith(("image/", "audio/", "video/", "application/pdf"))
    return media and "svg" not in mime


def _joined(value: Any) -> Any:
    """A text that is kept by its lines, as one."""
    lines = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return "".join(value) if lines else value


def _blank(hit: re.Match[str]) -> str:
    """A tag as empty lines: what stands in two cells of a table is not one name."""
    return "\n" * len(hit.group())
