"""The API reference: a page a room, with each public name's signature and docstring.

Not by Sphinx's autodoc, which reads docstrings as reStructuredText; ours are plain text with
backticks, which MyST reads as it stands. Rooms are lazy, so only what has a public name is loaded.
"""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

REPO = Path(__file__).resolve().parents[1]
SECTION = re.compile(r"^(Args|Arguments|Returns|Raises|Yields|Attributes):$")
ITEM = re.compile(r"^(\*{0,2}[\w.]+(?: \([^)]*\))?): (.*)$")


class _Plain(str):
    """An annotation that is shown as it was written, without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def rooms() -> list[str]:
    """The rooms of the package, in the order of their names."""
    return sorted(path.parent.name for path in (REPO / "workbench").glob("*/__init__.py"))


def public_names(room: str) -> list[str]:
    """What a room offers."""
    return list(getattr(importlib.import_module(f"workbench.{room}"), "__all__", []))


def signature_of(thing: Any) -> str:
    """The parameters as they were written; defaults without a readable form become ``...``."""
    try:
        found = inspect.signature(thing)
    except (TypeError, ValueError):
        return "()"

    def plain(value: Any) -> Any:
        return _Plain(value) if isinstance(value, str) else value

    parameters = []
    for each in found.parameters.values():
        if each.name in ("self", "cls"):
            continue
        default = each.default
        if default is not each.empty and repr(default).startswith("<"):
            default = _Plain("...")
        parameters.append(each.replace(annotation=plain(each.annotation), default=default))
    made = found.replace(parameters=parameters, return_annotation=plain(found.return_annotation))
    return str(made)


def text_of(docstring: str) -> str:
    """A docstring as Markdown: its sections become bold words with lists, doctests are fenced."""
    lines: list[str] = []
    in_section = in_example = False
    for line in inspect.cleandoc(docstring).splitlines():
        if in_example and not line.strip():
            lines, in_example = [*lines, "```"], False
        if line.lstrip().startswith(">>>") and not in_example:
            lines, in_example = [*lines, "```python"], True
        if in_example:
            lines.append(line.strip())
        elif section := SECTION.match(line):
            lines, in_section = [*lines, "", f"**{section[1]}**", ""], True
        elif in_section and line.startswith("    "):
            item = ITEM.match(line[4:])
            lines.append(f"- `{item[1]}`: {item[2]}" if item else f"  {line.strip()}")
        else:
            in_section = in_section and not line.strip()
            lines.append(line)
    return "\n".join([*lines, "```"] if in_example else lines)


def described(kind: str, name: str, signature: str, docstring: str, *, inside: str = "") -> str:
    """One directive; ``inside`` holds its members."""
    fence = "`" * (6 if kind == "class" else 5)
    body = "\n\n".join(part for part in (text_of(docstring), inside) if part)
    return f"{fence}{{py:{kind}}} {name}{signature}\n\n{body}\n{fence}\n"


def members_of(cls: type) -> str:
    """The public methods and properties that a class has of its own."""
    found = []
    for name, member in vars(cls).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property) or type(member).__name__ == "cached_property":
            found.append(described("property", name, "", inspect.getdoc(member) or ""))
        elif inspect.isfunction(member) or isinstance(member, (classmethod, staticmethod)):
            function = getattr(cls, name)
            text = inspect.getdoc(function) or ""
            found.append(described("method", name, signature_of(function), text))
    return "\n".join(found)


def described_name(path: str, thing: Any) -> str:
    """One public name with all that belongs to it."""
    docstring = inspect.getdoc(thing) or ""
    if inspect.isclass(thing):
        inside = members_of(thing)
        return described("class", path, signature_of(thing), docstring, inside=inside)
    if callable(thing):
        return described("function", path, signature_of(thing), docstring)
    return described("data", path, "", "" if type(thing).__module__ == "builtins" else docstring)


def module_names(module: ModuleType) -> list[str]:
    """The public names that a module defines itself; all of ``__all__`` if it has one."""
    if hasattr(module, "__all__"):
        return sorted(module.__all__)
    own = [
        name
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(thing) or inspect.isfunction(thing))
        and thing.__module__ == module.__name__
    ]
    return sorted(own)


def room_page(room: str) -> str:
    """One room: what it is for, its names, then its modules with theirs."""
    package = importlib.import_module(f"workbench.{room}")
    parts = [f"# {room}\n", text_of(package.__doc__ or ""), ""]
    names = {name: getattr(package, name) for name in public_names(room)}
    modules = {name: thing for name, thing in names.items() if isinstance(thing, ModuleType)}
    for name, thing in names.items():
        if name not in modules:
            parts.append(f"## `{name}`\n\n{described_name(f'workbench.{room}.{name}', thing)}")
    for name, module in modules.items():
        parts.append(f"## `{name}`, a module\n\n{text_of(module.__doc__ or '')}\n")
        for inner in module_names(module):
            if inner not in names:
                path = f"{module.__name__}.{inner}"
                parts.append(described_name(path, getattr(module, inner)))
    if not names:
        parts.append("It offers no names to import; it is used from the command line.\n")
    return "\n".join(parts)


def render() -> dict[str, str]:
    """Each page by its path below ``docs/reference/api/``."""
    table = [f"| [{room}]({room}.md) | {len(public_names(room))} |" for room in rooms()]
    listed = "\n".join(rooms())
    index = (
        "# API\n\nWhat each room offers to import; what is not here is nobody's to rely on.\n\n"
        "| room | names |\n|---|---|\n" + "\n".join(table) + "\n\n"
        f"```{{toctree}}\n:hidden:\n\n{listed}\n```\n"
    )
    return {"index.md": index} | {f"{room}.md": room_page(room) for room in rooms()}
