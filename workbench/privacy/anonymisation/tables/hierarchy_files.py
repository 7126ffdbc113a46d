"""Hierarchies as a user writes them down: a CSV file a column, or YAML for several.

A CSV file has a heading and a line for each value: the value, then its coarser names, the finest
first. The first word of the heading is the column's name; the others name the levels::

    town,country,continent
    Rome,Italy,Europe

YAML says the same as a tree, or as the parent of each name (JSON is YAML)::

    town:                        town:
      Europe:                      Rome: Italy
        Italy: [Rome, Bari]        Italy: Europe
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.core.optional import require

from .hierarchies import Hierarchy

KINDS = (".csv", ".tsv", ".yaml", ".yml", ".json")
_MOST_LEVELS = 32


def read_hierarchies(files: Sequence[Path], quasi: Sequence[str]) -> dict[str, Hierarchy]:
    """The hierarchies of some files by their column.

    Args:
        files: Each of one of ``KINDS``.
        quasi: The columns that may have one.

    Raises:
        NotFoundError: There is no such file, or a hierarchy is of another column.
        InputError: A file is of another kind, or a column has two hierarchies.
        DataError: A file cannot be read, a value has no parent or two, names go round in a circle,
            or values have unequally many names above them.
    """
    found: dict[str, Hierarchy] = {}
    for file in files:
        suffix = file.suffix.lower()
        if suffix not in KINDS:
            raise InputError(f"{file.name} is no hierarchy", hint=", ".join(KINDS))
        text = _read(file)
        columns = _of_csv(file, text) if suffix in (".csv", ".tsv") else _of_yaml(file, text)
        for column, above in columns:
            if column not in quasi:
                raise NotFoundError.among("quasi-identifier", column, list(quasi))
            if column in found:
                raise InputError(f"{file.name}: column {column!r} has two hierarchies")
            try:
                found[column] = Hierarchy(above)
            except InputError as error:
                raise DataError(f"{_at(file, column)}: {error}", hint=error.hint) from None
    return found


def _read(file: Path) -> str:
    if not file.is_file():
        raise NotFoundError(f"there is no file {file}", hint=f"ls {file.parent}")
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is not UTF-8 ({error.reason})", hint="iconv -t UTF-8") from None


def _at(file: Path, column: str) -> str:
    return f"{file.name}, column {column!r}"


def _of_csv(file: Path, text: str) -> Iterator[tuple[str, dict[str, tuple[str, ...]]]]:
    head = text.partition("\n")[0]
    mark = max(",;\t", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True))
    except csv.Error as error:
        raise DataError(f"{file.name} is not well-formed: {error}", hint="mend it first") from None
    if len(rows) < 2 or len(rows[0]) < 2:
        raise DataError(
            f"{file.name} has no levels", hint="a heading (column,level,...), then a line a value"
        )
    column, *levels = (name.strip() for name in rows[0])
    above: dict[str, tuple[str, ...]] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        value, *names = (name.strip() for name in row)
        where = f"{_at(file, column)}, line {number}"
        if len(names) != len(levels):
            raise DataError(
                f"{where}: {value!r} has {len(names)} names above it, the heading {len(levels)}",
                hint="repeat a name where a level is missing, so that all have equally many",
            )
        if not all(names):
            level = levels[names.index("")]
            raise DataError(f"{where}: {value!r} has no parent at {level!r}", hint="name it")
        if above.setdefault(value, tuple(names)) != tuple(names):
            raise DataError(f"{where}: {value!r} was given other names before", hint="keep one")
    yield column, above


def _of_yaml(file: Path, text: str) -> Iterator[tuple[str, dict[str, tuple[str, ...]]]]:
    plain = _plain_yaml(file, text)
    if not isinstance(plain, dict) or not plain:
        raise DataError(
            f"{file.name} is no mapping of columns", hint="column: {value: parent, ...}"
        )
    for column, told in plain.items():
        if not isinstance(told, dict) or not told:
            raise DataError(f"{_at(file, column)}: no mapping of names", hint="value: parent")
        edges = [isinstance(below, str) for below in told.values()]
        if any(edges) and not all(edges):
            name = list(told)[edges.index(not edges[0])]
            raise DataError(
                f"{_at(file, column)}: {name!r} is written otherwise than the names before it",
                hint="either each name with its parent, or each with what is below it",
            )
        parents = told if edges[0] else dict(_edges(_at(file, column), told))
        yield column, _paths(_at(file, column), parents)


def _plain_yaml(file: Path, text: str) -> Any:
    """All scalars as text (``no`` is a country here), names that come twice refused."""
    yaml: Any = require("yaml", extra="privacy")

    class Loader(yaml.BaseLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("an alias (*name)")
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            names = [key.value for key, _ in node.value]
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                line = node.start_mark.line + 1
                raise yaml.YAMLError(f"{twice!r} stands twice in the mapping from line {line}")
            return super().construct_mapping(node, deep=deep)

    try:
        return yaml.load(text, Loader=Loader)
    except (yaml.YAMLError, TypeError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise DataError(f"{file.name} cannot be read: {said}", hint="mend it first") from None


def _edges(where: str, tree: Mapping[str, Any], top: str = "") -> Iterator[tuple[str, str]]:
    """The parent of each name below the first level; a name comes once."""
    seen: dict[str, str] = {}

    def walk(below: Any, parent: str) -> Iterator[tuple[str, str]]:
        names = list(below) if isinstance(below, (dict, list)) else []
        if not names or not all(isinstance(name, str) for name in names):
            raise DataError(
                f"{where}: {parent!r} is given neither values nor names below it",
                hint="name: [value, value] or name: {name: [value]}",
            )
        for name in names:
            if seen.setdefault(name, parent) != parent:
                raise DataError(
                    f"{where}: {name!r} stands below both {seen[name]!r} and {parent!r}",
                    hint="a name has one parent",
                )
            yield name, parent
            if isinstance(below, dict):
                yield from walk(below[name], name)

    for name, below in tree.items():
        yield from walk(below, name)


def _paths(where: str, parents: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """From each value, which is nobody's parent, up to the name that has none."""
    for name, parent in parents.items():
        if not parent:
            raise DataError(f"{where}: {name!r} has no parent", hint=f"{name}: what it is part of")
    above: dict[str, tuple[str, ...]] = {}
    inner = set(parents.values())
    for start in parents:
        path, name = [start], start
        while name in parents:
            name = parents[name]
            if name in path:
                circle = " -> ".join([*path[path.index(name) :], name])
                raise DataError(f"{where}: names go round in a circle: {circle}", hint="break it")
            path.append(name)
            if len(path) > _MOST_LEVELS:
                raise DataError(f"{where}: over {_MOST_LEVELS} levels above {start!r}")
        if start not in inner:
            above[start] = tuple(path[1:])
    return above
