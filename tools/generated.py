"""Files that are made from others: written, or compared with what stands there."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Set
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]


def drifted(files: Mapping[str, str]) -> list[str]:
    """The files that differ from what they are made from, or are missing."""
    return [
        name
        for name, content in files.items()
        if not (REPO / name).is_file() or (REPO / name).read_text(encoding="utf-8") != content
    ]


def write_or_check(files: Mapping[str, str], *, executable: Set[str] = frozenset()) -> None:
    """Write the files that differ; with ``--check`` name them and end with 1."""
    changed = drifted(files)
    if "--check" in sys.argv[1:]:
        for name in changed:
            print(f"{name} is not what it is made from; make generate", file=sys.stderr)
        sys.exit(1 if changed else 0)
    for name in changed:
        path = REPO / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[name], encoding="utf-8")
        print(f"wrote {name}")
    for name in executable:
        (REPO / name).chmod(0o755)
