"""How the settings look in a terminal."""

from __future__ import annotations

from typing import Any

from workbench.cli.drawing import print_table


def show_show(found: dict[str, dict[str, Any]]) -> None:
    """Each setting with its source."""
    rows = [[name, entry["value"], entry["source"]] for name, entry in found.items()]
    print_table(["setting", "value", "source"], rows)
