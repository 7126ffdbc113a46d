"""The typed parameters of a notebook, read from its ``parameters`` cell without running it.

    max_tokens: int = 16  # tokens; at least 1
    model: str = "smollm2-135m"
    profile: Literal["quick", "full"] = "quick"

Values per profile stand in the notebook's metadata: ``workbench.profiles.full.max_tokens = 128``.
A given parameter is stronger than the profile, and that than the cell. The comment beside a
number may end with its bounds; see ``parameter_bounds``.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from ..core.errors import InputError
from ..core.near_names import meant, near_names
from .notebooks import Notebook, find_notebooks
from .parameter_bounds import Bounds, split_comment
from .parameter_types import TypeSpec, fits, parse_text, parse_type, type_of

TAG = "parameters"
PROFILES = ("quick", "full")
_NOT_PARAMETERS = (ast.Import, ast.ImportFrom, ast.Pass)


@dataclass(frozen=True)
class NotebookParameter:
    """One parameter: its type as the cell spells it, its default, its unit and its bounds."""

    name: str
    type: TypeSpec
    default: Any
    unit: str = ""
    bounds: Bounds = field(default_factory=Bounds)

    @property
    def expected(self) -> str:
        """What a value must be, in words: ``int, at least 1``."""
        return f"{self.type.text}, {self.bounds.text}" if self.bounds.text else self.type.text

    def allows(self, value: Any) -> bool:
        """Whether a value is of the type, and within the bounds."""
        return fits(self.type, value) and self.bounds.hold(value)


def read_parameters(notebook: Path | Notebook) -> dict[str, NotebookParameter]:
    """The parameters of a notebook, by name; empty where no cell has the tag ``parameters``.

    Raises:
        InputError: The cell holds something other than typed literals, or more than one cell
            has the tag.
    """
    if not isinstance(notebook, Notebook):
        notebook = find_notebooks([notebook])[0]
    cells = [
        cell
        for cell in notebook.node.cells
        if cell.cell_type == "code" and TAG in cell.metadata.get("tags", [])
    ]
    if len(cells) > 1:
        raise InputError(
            f"{notebook.path} has {len(cells)} cells tagged {TAG!r}; one is allowed",
            hint="put all parameters into one cell",
        )
    return _read_cell(notebook, cells[0].source) if cells else {}


def resolve_parameters(
    notebook: Notebook, given: Mapping[str, Any], *, profile: str
) -> dict[str, Any]:
    """The values that this run sets, each of its parameter's type; defaults are left out.

    Args:
        notebook: The notebook that they are for.
        given: By name. Text is taken for another type only if all of it parses to that type.
        profile: ``"quick"`` or ``"full"``.

    Raises:
        InputError: One is unknown, ill-typed or out of bounds; the message names it, what it must
            be, and the notebook.
    """
    declared = read_parameters(notebook)
    values = _profile_values(notebook, declared, profile)
    if "profile" in declared and "profile" not in given:
        values["profile"] = _convert(notebook, declared["profile"], profile)
    for name, raw in given.items():
        if name not in declared:
            raise _unknown(notebook, name, declared)
        if name == "profile" and raw != profile:
            raise InputError(
                f"parameter 'profile' is {raw!r}, while the run's profile is {profile!r}",
                hint=f"workbench report run {notebook.path} --profile {raw}",
                parameter=name,
            )
        values[name] = _convert(notebook, declared[name], raw)
    return values


def _read_cell(notebook: Notebook, source: str) -> dict[str, NotebookParameter]:
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise InputError(
            f"the parameters cell of {notebook.path} is not Python: {error.msg} "
            f"(line {error.lineno})"
        ) from None
    comments = _comments(source)
    found: dict[str, NotebookParameter] = {}
    for statement in statements:
        if isinstance(statement, _NOT_PARAMETERS) or _is_docstring(statement):
            continue
        comment = comments.get(statement.end_lineno or 0, "")
        parameter = _read_statement(notebook, statement, comment)
        if parameter.name in found:
            raise InputError(
                f"parameter {parameter.name!r} of {notebook.path} is set twice in its cell"
            )
        found[parameter.name] = parameter
    return found


def _read_statement(notebook: Notebook, statement: ast.stmt, comment: str) -> NotebookParameter:
    target, value, annotation = _assignment(statement)
    if target is None or value is None:
        raise InputError(
            f"the parameters cell of {notebook.path} holds {ast.unparse(statement)!r}; only "
            "`name: type = value` may stand there",
            hint="move the rest to the next cell",
        )
    try:
        default = _literal(value)
        kind = parse_type(annotation) if annotation is not None else type_of(default)
    except ValueError as error:
        raise InputError(
            f"parameter {target!r} of {notebook.path}: {error}", parameter=target
        ) from None
    unit, bounds = split_comment(comment)
    if bounds.text and not _is_number(kind):
        raise InputError(
            f"parameter {target!r} of {notebook.path} is to be {bounds.text}; {kind.text} is no "
            "number",
            hint="take the bounds out of the comment beside it",
            parameter=target,
        )
    parameter = NotebookParameter(target, kind, default, unit, bounds)
    if not parameter.allows(default):
        raise InputError(
            f"parameter {target!r} of {notebook.path} is {default!r} by default; by its own line "
            f"it must be {parameter.expected}",
            parameter=target,
        )
    return parameter


def _is_number(kind: TypeSpec) -> bool:
    return (kind.item or kind).kind in ("int", "float")


def _assignment(statement: ast.stmt) -> tuple[str | None, ast.expr | None, ast.expr | None]:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id, statement.value, statement.annotation
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Name):
            return target.id, statement.value, None
    return None, None, None


def _literal(value: ast.expr) -> Any:
    """A literal's value, or that of ``Path("...")``."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "Path":
        parts = [_literal(argument) for argument in value.args]
        if not value.keywords and all(isinstance(part, str) for part in parts):
            return Path(*parts)
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError):
        raise ValueError(
            f"{ast.unparse(value)!r} is not a literal, and is not run to find out"
        ) from None


def _comments(source: str) -> dict[int, str]:
    """The comment at the end of each line: the unit."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.lstrip("# ").strip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _profile_values(
    notebook: Notebook, declared: dict[str, NotebookParameter], profile: str
) -> dict[str, Any]:
    profiles = notebook.settings.get("profiles", {})
    for name in profiles:
        if name not in PROFILES:
            raise InputError(
                f"{notebook.path} has values for a profile {name!r}; there are "
                + " and ".join(PROFILES)
            )
    # Each profile is checked on every run: one that is wrong should not wait for its day.
    checked: dict[str, dict[str, Any]] = {}
    for name, values in profiles.items():
        for parameter in values:
            if parameter not in declared:
                raise _unknown(notebook, parameter, declared, where=f" in its profile {name!r}")
        checked[name] = {
            parameter: _convert(notebook, declared[parameter], value)
            for parameter, value in values.items()
        }
    return checked.get(profile, {})


def _convert(notebook: Notebook, parameter: NotebookParameter, raw: Any) -> Any:
    value = str(raw) if isinstance(raw, PurePath) else raw
    if isinstance(value, tuple):
        value = list(value)
    try:
        converted = parse_text(parameter.type, value) if isinstance(value, str) else value
    except ValueError:
        converted = value
    if not parameter.allows(converted):
        raise InputError(
            f"parameter {parameter.name!r} of {notebook.path} is {raw!r}; it must be "
            f"{parameter.expected}",
            hint=f"workbench report run {notebook.path} -p {parameter.name} VALUE",
            parameter=parameter.name,
            expected=parameter.expected,
            notebook=str(notebook.path),
        )
    if parameter.type.kind == "float" and isinstance(converted, int):
        return float(converted)
    return converted


def _unknown(
    notebook: Notebook, name: str, declared: Sequence[str] | Mapping[str, Any], where: str = ""
) -> InputError:
    near = near_names(name, declared)
    said = meant(near) if near else f"it has: {', '.join(declared) or 'none'}"
    return InputError(
        f"{notebook.path} has no parameter {name!r}{where}; {said}",
        hint="the parameters of a notebook stand in its cell tagged 'parameters'",
        parameter=name,
        near=near,
        notebook=str(notebook.path),
    )
