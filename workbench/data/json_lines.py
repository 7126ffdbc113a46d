"""Small files of one JSON value a line, read whole: every line must be good."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, NotFoundError


def read_json_lines(path: Path, *, hint: str) -> tuple[list[tuple[int, Any]], str]:
    """The values of a file with the numbers of their lines, from 1, and the file's sha256.

    Empty lines are passed over. A line ends where a file's line ends and nowhere else: text in
    JSON may hold U+2028 and the other characters at which ``str.splitlines`` cuts.

    Args:
        path: The file, in UTF-8.
        hint: What a line looks like.

    Raises:
        NotFoundError: There is no such file.
        InputError: It is no file of UTF-8, or a line is no JSON; its number is named.
    """
    try:
        content = path.expanduser().read_bytes()
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {path}", hint=f"ls {path.parent}") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder, not a JSONL file", hint=hint) from None
    found = []
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found.append((number, json.loads(line.decode("utf-8"))))
        except UnicodeDecodeError as error:
            raise InputError(f"{path}, line {number} is not UTF-8: {error}", hint=hint) from None
        except ValueError as error:
            raise InputError(f"{path}, line {number} is no JSON: {error}", hint=hint) from None
    return found, hashlib.sha256(content).hexdigest()
