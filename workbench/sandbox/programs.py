"""What may be run: a command, Python source, or one function by its path."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.store.documents import dump_document

SOURCE_NAME = "program.py"
RESULT_NAME = ".result.json"
_PATH = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")

_CALL_SOURCE = f"""
import importlib, json
module, _, name = {{path!r}}.partition(":")
arguments = json.loads({{arguments!r}})
result = getattr(importlib.import_module(module), name)(*arguments[0], **arguments[1])
with open({RESULT_NAME!r}, "w", encoding="utf-8") as file:
    json.dump(result, file, allow_nan=False)
"""


@dataclass(frozen=True)
class Code:
    """Python source, run as a program; ``arguments`` stand in its ``sys.argv``."""

    source: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """One call of ``package.module:function``; arguments and result are plain data."""

    path: str
    arguments: Sequence[Any] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)


Program = Sequence[str] | Code | Call


def interpreter() -> str:
    """This environment's Python, under the name by which its packages are found."""
    own = Path(sys.prefix) / "bin" / "python"
    return str(own) if own.exists() else sys.executable


def prepare(program: Program) -> tuple[list[str], dict[str, bytes]]:
    """The command line of a program, and the files that it needs in its folder.

    Raises:
        InputError: It is empty, a function has no ``module:name``, or an argument no JSON form.
    """
    if isinstance(program, Call):
        if not _PATH.fullmatch(program.path):
            raise InputError(
                f"{program.path!r} is no path of a function", hint='Call("package.module:function")'
            )
        arguments = dump_document(
            [list(program.arguments), dict(program.keywords)], what=f"arguments of {program.path}"
        )
        program = Code(_CALL_SOURCE.format(path=program.path, arguments=arguments))
    if isinstance(program, Code):
        return [interpreter(), SOURCE_NAME, *program.arguments], {
            SOURCE_NAME: program.source.encode()
        }
    command = [program] if isinstance(program, str) else [str(part) for part in program]
    if not command or not command[0]:
        raise InputError("the command is empty", hint='run_isolated(["ls"]) or Code("print(1)")')
    if any("\0" in part for part in command):
        raise InputError(f"the command {command!r} has a null in it")
    return command, {}


def read_value(files: Mapping[str, bytes]) -> Any:
    """What a ``Call`` returned; None if it did not get that far."""
    try:
        return json.loads(files[RESULT_NAME])
    except (KeyError, ValueError):  # it is the program's own file: anything may stand there
        return None
