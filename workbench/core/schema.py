"""A function's signature as parameters, a JSON schema and validation with clear errors."""

from __future__ import annotations

import functools
import inspect
import json
import math
import operator
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import settings
from .errors import InputError
from .near_names import meant, near_names
from .plain import to_plain

MISSING: Any = inspect.Parameter.empty


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation. ``positional`` ones are a command's arguments."""

    name: str
    annotation: Any
    default: Any
    positional: bool
    help: str

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is MISSING


def parameters_of(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    """The parameters of a function with resolved types.

    Raises:
        TypeError: One has no type, or takes any number of arguments: there is no schema for it.
    """
    hints = typing.get_type_hints(function, include_extras=True)
    told = docstring_arguments(function)
    found = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) or name not in hints:
            raise TypeError(f"{function.__qualname__}: parameter {name!r} needs a name and a type")
        found.append(
            Parameter(
                name,
                hints[name],
                parameter.default,
                parameter.kind is not parameter.KEYWORD_ONLY,
                told.get(name, ""),
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class Example:
    """A useful number, beside the bounds in ``Annotated``: the first within them may be of none."""

    example: float


_NUMBERS = {int: "a whole number", float: "a finite number"}
_SETTING = re.compile(r"\(setting (\w+)\)")
_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def numbers_text(annotation: Any) -> str | None:
    """The numbers that a type allows, in words; None for what is not a number.

    One wording for all that is typed: "a whole number, at least 1 and at most 65535".
    """
    kind, bounds = _unwrapped(annotation)
    if kind not in _NUMBERS:
        return None
    told = [(_BOUNDS[name], value) for name, value in bounds if name in _BOUNDS]
    said = " and ".join(f"{words} {value:g}" for words, value in told)
    return _NUMBERS[kind] + (f", {said}" if said else "")


def example_of(parameter: Parameter, found: Any = None) -> Any:
    """A number or a choice that a parameter takes; None where its type is of another kind.

    Of several choices the one that is nearest to what was found; of numbers the default, or that of
    the setting which the parameter's help names, or its ``Example``, or the first within the bounds
    that is above 0 if one is: who allows 0 of something allows none of it.
    """
    kind, bounds = _unwrapped(parameter.annotation)
    if typing.get_origin(kind) is typing.Literal:
        choices = typing.get_args(kind)
        near = near_names(found, map(str, choices)) if isinstance(found, str) else []
        return near[0] if near else next(iter({parameter.default} & {*choices}), choices[0])
    if kind not in _NUMBERS:
        return None
    named = _SETTING.search(parameter.help)
    setting = settings.declared().get(named[1]) if named else None
    for value in (parameter.default, setting.default if setting else None):
        if isinstance(value, (int, float)) and value != 0:
            return value
    ends = dict(bounds)
    if "example" in ends:
        return ends["example"]
    low, high = ends.get("ge", ends.get("gt")), ends.get("le", ends.get("lt"))
    if low is not None and high is not None and kind is float:
        return (low + high) / 2
    if low is not None:
        first = low if "ge" in ends else low + 1
        return 1 if first <= 0 and _holds_one(ends) else first
    return 1 if high is None else high if "le" in ends else high - 1


def _holds_one(ends: Mapping[str, Any]) -> bool:
    """Whether 1 lies within the bounds."""
    checks = {"ge": operator.le, "gt": operator.lt, "le": operator.ge, "lt": operator.gt}
    return all(check(ends[name], 1) for name, check in checks.items() if name in ends)


def _unwrapped(annotation: Any) -> tuple[Any, list[tuple[str, Any]]]:
    """The type behind ``Annotated`` and ``| None``, and its bounds by their names."""
    bounds: list[tuple[str, Any]] = []
    while True:
        parts = typing.get_args(annotation)
        if typing.get_origin(annotation) is typing.Annotated:
            names = (*_BOUNDS, "example")
            told = [(name, getattr(each, name, None)) for each in parts[1:] for name in names]
            bounds += [(name, value) for name, value in told if value is not None]
        elif typing.get_origin(annotation) in (typing.Union, types.UnionType):
            parts = tuple(part for part in parts if part is not type(None))
            if len(parts) != 1:
                return annotation, bounds
        else:
            return annotation, bounds
        annotation = parts[0]


def docstring_arguments(function: Callable[..., Any]) -> dict[str, str]:
    """The ``Args:`` section of a Google-style docstring, by parameter."""
    lines = (inspect.getdoc(function) or "").splitlines()
    try:
        start = lines.index("Args:") + 1
    except ValueError:
        return {}
    told: dict[str, str] = {}
    name = ""
    for line in lines[start:]:
        if line and not line.startswith(" "):
            break
        text = line.strip()
        if line.startswith("    ") and not line.startswith("     ") and ":" in text:
            name, _, rest = text.partition(":")
            told[name] = rest.strip()
        elif text and name:
            told[name] = f"{told[name]} {text}"
    return told


def summary_of(function: Callable[..., Any]) -> str:
    """The docstring up to its first section."""
    kept = []
    for line in (inspect.getdoc(function) or "").splitlines():
        if line in ("Args:", "Returns:", "Raises:", "Yields:", "Example:", "Examples:"):
            break
        kept.append(line)
    return "\n".join(kept).strip()


class ParameterModel:
    """Validation and schema of one operation's parameters, built when first needed."""

    def __init__(self, operation: str, parameters: tuple[Parameter, ...], *, command: str) -> None:
        self.operation = operation
        self.command = command
        self.parameters = parameters
        self._fields = {f"field_{i}": parameter for i, parameter in enumerate(parameters)}

    @functools.cached_property
    def _pydantic(self) -> Any:
        import pydantic

        # Under names of our own: a parameter may be called `schema` or `copy`, as a method is.
        fields: dict[str, Any] = {}
        for name, parameter in self._fields.items():
            default = ... if parameter.required else parameter.default
            described = pydantic.Field(
                default, alias=parameter.name, description=parameter.help or None
            )
            fields[name] = (parameter.annotation, described)
        config = pydantic.ConfigDict(extra="forbid", allow_inf_nan=False)
        return pydantic.create_model(self.operation, __config__=config, **fields)

    def json_schema(self) -> dict[str, Any]:
        """The schema of the parameters as one JSON object."""
        schema: dict[str, Any] = self._pydantic.model_json_schema()
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        return schema

    def validate(self, params: Mapping[str, Any], *, from_text: bool) -> dict[str, Any]:
        """The parameters with their types; see ``Operation.validate``."""
        import pydantic

        unknown = sorted(set(params) - {parameter.name for parameter in self.parameters})
        if unknown:
            raise self._unknown(unknown[0])
        try:
            if from_text:
                model = self._pydantic.model_validate(dict(params), strict=False)
            else:
                # Through JSON, strictly: a path may be text, a float whole, but "5" is no number.
                text = json.dumps(
                    {name: self._plain(name, value) for name, value in params.items()}
                )
                model = self._pydantic.model_validate_json(text, strict=True)
        except pydantic.ValidationError as error:
            raise self._ill_typed(error) from None
        return {parameter.name: getattr(model, name) for name, parameter in self._fields.items()}

    def _plain(self, name: str, value: Any) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            # Its plain form is null, and null would pass where nothing need be given.
            raise InputError(
                f"parameter {name!r} of {self.operation}: it must be a finite number, "
                f"found {value}",
                hint=self._help,
                parameter=name,
            )
        try:
            return to_plain(value)
        except TypeError as error:
            raise InputError(
                f"parameter {name!r} of {self.operation}: {error}", hint=self._help, parameter=name
            ) from None

    @property
    def _help(self) -> str:
        return f"{self.command} --help"

    def _kind_of(self, where: tuple[Any, ...]) -> str | None:
        """What numbers a parameter takes, in words; None if it is none, or a part is meant."""
        found = [each for each in self.parameters if where == (each.name,)]
        return numbers_text(found[0].annotation) if found else None

    def _unknown(self, name: str) -> InputError:
        known = [parameter.name for parameter in self.parameters]
        near = near_names(name, known)
        said = meant(near) if near else f"it has: {', '.join(known) or 'none'}"
        return InputError(
            f"{self.operation} has no parameter {name!r}; {said}", hint=self._help, parameter=name
        )

    def _ill_typed(self, error: Any) -> InputError:
        first = error.errors(include_url=False)[0]
        hint = self._help
        where = ".".join(str(part) for part in first["loc"]) or "?"
        kind = self._kind_of(first["loc"])
        if first["type"] == "missing":
            said = "it is required"
        elif first["type"] == "string_too_short" and not first["input"]:
            said = "it is empty"
        elif first["type"] in ("literal_error", "enum"):
            said = _not_among(first["ctx"]["expected"], first["input"])
            hint = self._with_example(where, first["input"])
        elif kind is not None:
            said = f"it must be {kind}, found {first['input']!r:.80}"
            hint = self._with_example(where, first["input"])
        else:
            said = f"{first['msg'][:1].lower()}{first['msg'][1:]}, found {first['input']!r:.80}"
        return InputError(
            f"parameter {where!r} of {self.operation}: {said}", hint=hint, parameter=where
        )

    def _with_example(self, name: str, found: Any) -> str:
        """What may be given instead, as one gives it, and where all of it is told."""
        parameter = next((each for each in self.parameters if each.name == name), None)
        value = None if parameter is None else example_of(parameter, found)
        if parameter is None or value is None:
            return self._help
        given = f"{value}" if parameter.positional else f"{name}={value!r}"
        return f"for example {given}; {self._help}"


def _not_among(expected: str, found: Any) -> str:
    """What a choice must be, as pydantic lists it, and which one may have been meant."""
    near = near_names(found, re.findall(r"'([^']*)'", expected)) if isinstance(found, str) else []
    said = f"it must be {expected}, found {found!r:.80}"
    return f"{said}; {meant(near)}" if near else said
