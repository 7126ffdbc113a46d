"""Which files of a graph's folders could not even be asked for, and why, at its last update.

Files that were read and say nothing are documents with a fault. These are not: links to nothing,
files that may not be opened, are too large, or need a part that is not installed. Nothing follows
from them, so they stand in a file beside the graph and have no history.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from workbench.store import files

from .graphs import Graph

_FILE_NAME = "left_out.json"


def keep_left_out(graph: Graph, faults: Mapping[str, str]) -> None:
    """Say of each file why; the next update says it anew."""
    if dict(faults) != read_left_out(graph):
        files.write_json(graph.folder / _FILE_NAME, dict(sorted(faults.items())))


def read_left_out(graph: Graph) -> dict[str, str]:
    """Of each file why."""
    try:
        found: dict[str, str] = json.loads((graph.folder / _FILE_NAME).read_bytes())
    except (OSError, ValueError):
        return {}  # none was left out, or the file was damaged: the next update makes it again
    return found
