"""What draws a result is found by its operation's name: one that no operation has draws nothing."""

from __future__ import annotations

import importlib
import importlib.util

from workbench.core.operations import all_operations


def undrawn(rooms: dict[str, set[str]]) -> list[str]:
    """The functions of ``cli/<room>.py`` that no operation of the room leads to."""
    found = []
    for room, verbs in rooms.items():
        name = f"workbench.cli.{room}"
        if importlib.util.find_spec(name) is None:
            continue
        found += [
            f"{room}.{function}"
            for function in dir(importlib.import_module(name))
            if function.startswith(("show_", "listen_")) and function.partition("_")[2] not in verbs
        ]
    return found


def rooms() -> dict[str, set[str]]:
    known: dict[str, set[str]] = {}
    for operation in all_operations():
        room, _, verb = operation.name.partition(".")
        known.setdefault(room, set()).add(verb)
    return known


def test_every_function_draws_an_operations_result() -> None:
    assert undrawn(rooms()) == []


def test_a_function_that_is_named_after_a_result_is_found() -> None:
    known = rooms()
    known["monitoring"].remove("rebuild")
    assert undrawn(known) == ["monitoring.show_rebuild"]
