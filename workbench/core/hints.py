"""Hints name an operation's arguments as Python does; each surface says them in its own words."""

from __future__ import annotations

import re
from collections.abc import Callable

# A call as a whole, or an argument that stands alone, perhaps with what is given to it.
_ARGUMENT = re.compile(
    r"[\w.]+\([^()]*\)|(?<![\w.\[-])(?P<name>[a-z]\w*)\b"
    r"(?:=(?P<quote>['\"]?)(?P<value>[^\s'\",;()\[\]]+)(?P=quote))?(?![\w\].=])"
)


def rename_arguments(hint: str, say: Callable[[str, str | None], str | None]) -> str:
    """A hint with its arguments in other words.

    ``on_bad='quarantine'`` is an argument with what is given to it, ``min_rows`` one alone. A name
    of one word stays where nothing is given to it (it may be English: the model), and so do calls
    and lines of the settings' file.

    Args:
        hint: As an error has it.
        say: Of an argument's name and value (None where nothing is given) the words, or None where
            it stays.

    >>> rename_arguments("or lower min_rows", lambda name, value: "--" + name.replace("_", "-"))
    'or lower --min-rows'
    """
    if "workbench.toml" in hint:
        return hint

    def said(match: re.Match[str]) -> str:
        name, value = match["name"] or "", match["value"]
        if not name or ("_" not in name and value is None):
            return match[0]
        return say(name, value) or match[0]

    return _ARGUMENT.sub(said, hint)
