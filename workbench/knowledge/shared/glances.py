"""One page or one value of many states, without reading the rest of any.

A state is files; those of which the digests are as before were read before.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from .contents import DECISIONS, PAGES, STATEMENTS, TEXTS
from .decisions import read_decision
from .statements import read_statement
from .states import file_digest

Get = Callable[[str], bytes]


def page_text(get: Get, state: str, path: str) -> str | None:
    """The text of the page at a path of a state; None where there is none."""
    digest = file_digest(state, f"{TEXTS}{path}", get)
    return None if digest is None else get(digest).decode()


class PageGlance:
    """The text of one page, by its id, in one state after another.

    Args:
        get: Reads a value by its digest.
        key: The page's id.
    """

    def __init__(self, get: Get, key: str) -> None:
        self._get, self._key = get, key
        self._paths: dict[str, str | None] = {}
        self._texts: dict[str, str] = {}

    def text(self, state: str) -> str | None:
        """Its text in a state; None where it is not there."""
        index = file_digest(state, PAGES, self._get)
        path = None if index is None else self._path(index)
        digest = None if path is None else file_digest(state, f"{TEXTS}{path}", self._get)
        if digest is None:
            return None
        if digest not in self._texts:
            self._texts[digest] = self._get(digest).decode()
        return self._texts[digest]

    def _path(self, index: str) -> str | None:
        if index not in self._paths:
            rows = (json.loads(line) for line in self._get(index).decode().split("\n") if line)
            self._paths[index] = next(
                (str(row["path"]) for row in rows if row["id"] == self._key), None
            )
        return self._paths[index]


class ValueGlance:
    """What one statement or decision says, by its key, in one state after another.

    Args:
        get: Reads a value by its digest.
        key: The key, or the beginning of it: the first that is found is meant from then on.
    """

    def __init__(self, get: Get, key: str) -> None:
        self._get, self.key = get, key
        self.is_whole = False
        self._known: dict[str, dict[str, str]] = {}

    def said(self, state: str) -> str:
        """What it says in a state, as text; empty where it is not there."""
        values: dict[str, str] = {}
        for name in (f"{STATEMENTS}{self.key[:2]}.jsonl", DECISIONS):
            digest = file_digest(state, name, self._get)
            values |= {} if digest is None else self._values(digest, name)
        if not self.is_whole:
            found = next((each for each in sorted(values) if each.startswith(self.key)), None)
            if found is None:
                return ""
            self.key, self.is_whole = found, True
        return values.get(self.key, "")

    def _values(self, digest: str, name: str) -> dict[str, str]:
        if digest not in self._known:
            read = read_decision if name == DECISIONS else read_statement
            rows = [json.loads(line) for line in self._get(digest).decode().split("\n") if line]
            values = (read(row) for row in rows)
            self._known[digest] = {
                each.key: " ".join(f"{k}={v}" for k, v in sorted(each.plain().items()))
                for each in values
            }
        return self._known[digest]
