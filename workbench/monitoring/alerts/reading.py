"""Read the rules: those that ship, with what ``alerts.yaml`` of the home says instead.

Every scalar is read as the text that it is and made a number by its rule: YAML 1.1 itself would
make 1320 of ``22:00`` and a word of ``1e9``. A key that stands twice is refused.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from workbench.core import settings
from workbench.core.errors import ConfigError, NotFoundError
from workbench.core.near_names import meant, near_names
from workbench.core.optional import require
from workbench.core.table_faults import fault_of

from .rules import RuleFile

FILE = "alerts.yaml"
_PACKAGED = Path(__file__).with_name(FILE)
_OFF = ("off", "no", "false")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_PARTS = ("quiet_hours", "rules")
Where = tuple[str, ...]


class _Told:
    """A file's content as text in mappings and lists, with the line of every key."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Where, int] = {}
        self._yaml = yaml = require("yaml", extra="monitoring")
        try:
            node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f"line {mark.line + 1}: " if mark else ""
            problem = getattr(error, "problem", None) or error
            raise self._wrong(f"{where}{problem}") from None
        except (UnicodeDecodeError, OSError) as error:
            raise self._wrong(f"it cannot be read: {error}") from None
        try:
            self.content: Any = {} if node is None else self._taken(node, ())
        except RecursionError:
            raise self._wrong("something in it stands within itself") from None

    def _taken(self, node: Any, where: Where) -> Any:
        if isinstance(node, self._yaml.MappingNode):
            found: dict[str, Any] = {}
            for key, value in node.value:
                name, line = str(key.value), key.start_mark.line + 1
                if name in found:
                    raise self._wrong(
                        f"line {line}: {'.'.join((*where, name))} stands twice, first in line "
                        f"{self.lines[(*where, name)]}"
                    )
                self.lines[(*where, name)] = line
                found[name] = self._taken(value, (*where, name))
            return found
        if isinstance(node, self._yaml.SequenceNode):
            return [self._taken(each, (*where, str(at))) for at, each in enumerate(node.value)]
        return node.value

    def refuse(self, where: Where, problem: str) -> ConfigError:
        """An error that names the nearest key that the file has, and its line."""
        for length in range(len(where), 0, -1):
            if where[:length] in self.lines:
                said = f"line {self.lines[where[:length]]}: {'.'.join(where)}: {problem}"
                return self._wrong(said)
        return self._wrong(f"{'.'.join(where)}: {problem}" if where else problem)

    def _wrong(self, said: str) -> ConfigError:
        return ConfigError(f"{self.path}: {said}", hint=f"edit {self.path}", path=str(self.path))


def read_rules(file: Path | None = None) -> RuleFile:
    """The rules that hold.

    Args:
        file: Another one than the home's.

    Raises:
        ConfigError: A file is not valid; the message names the line and the key.
        NotFoundError: There is no such file.
    """
    shipped = _Told(_PACKAGED)
    own = settings.home() / FILE if file is None else file
    if file is not None and not file.is_file():
        raise NotFoundError(f"there is no file {file}", hint=f"ls {file.parent}")
    if not own.is_file():
        return _checked(shipped.content, shipped)
    told = _Told(own)
    return _checked(_merged(shipped.content, told), told)


def _merged(shipped: dict[str, Any], told: _Told) -> dict[str, Any]:
    content = told.content
    if not isinstance(content, dict):
        raise told.refuse((), "a mapping with rules and quiet_hours was expected")
    for part in content:
        if part not in _PARTS:
            near = near_names(part, _PARTS)
            more = f"; {meant(near)}" if near else f"; there are {' and '.join(_PARTS)}"
            raise told.refuse((part,), f"no such part{more}")
        if not isinstance(content[part], dict) and content[part] not in ("", "~", "null"):
            raise told.refuse((part,), "names with their keys were expected")
    rules = dict(shipped["rules"])
    for name, said in (content.get("rules") or {}).items():
        if not _NAME.fullmatch(name):
            raise told.refuse(("rules", name), "a rule is named by small letters, digits, _ and -")
        if isinstance(said, str) and said.lower() in _OFF:
            if name not in rules:
                raise told.refuse(("rules", name), "there is no such rule to take away")
            del rules[name]
        elif isinstance(said, dict):
            rules[name] = _over(rules.get(name, {}), said)
        else:
            raise told.refuse(("rules", name), f"keys, or `off`, were expected, not {said!r}")
    return {"quiet_hours": content.get("quiet_hours") or {}, "rules": rules}


def _over(old: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """A rule with what is said instead; a new side or level takes the old levels away."""
    kept = dict(old)
    if "above" in said or "below" in said:
        for key in ("above", "below"):
            kept.pop(key, None)
        if "clear" not in said:
            kept.pop("clear", None)
    return {**kept, **said}


def _checked(content: dict[str, Any], told: _Told) -> RuleFile:
    try:
        return RuleFile.model_validate(content)
    except ValidationError as error:
        fault = fault_of(error, RuleFile)
        where = tuple(fault.key.split(".")) if fault.key else ()
        raise told.refuse(where, fault.said) from None
