"""A secret that somebody types: asked for in a terminal, or a line of standard input.

It is never an argument: those are seen in the list of processes and kept in a shell's history.
"""

from __future__ import annotations

import getpass
import sys

from workbench.core.errors import InputError


def read_secret(what: str) -> str:
    """Ask for it twice in a terminal, without showing it; else take the first line of the input.

    Args:
        what: What it is, as the question says it.

    Raises:
        InputError: Nothing was typed, or the two differ.
    """
    if sys.stdin is not None and sys.stdin.isatty():
        text = getpass.getpass(f"{what}: ")
        if text and getpass.getpass("once more: ") != text:
            raise InputError("the two differ; nothing was changed")
    else:
        text = sys.stdin.readline().rstrip("\r\n") if sys.stdin is not None else ""
    if not text:
        raise InputError(
            f"no {what} was given",
            hint="type it in a terminal, or send it as the first line of standard input",
        )
    return text
