"""One operation as one command: its parameters as arguments and options."""

from __future__ import annotations

import json
import types
import typing
from pathlib import Path
from typing import Any

import click

from workbench.core.errors import InputError, WorkbenchError
from workbench.core.hints import rename_arguments
from workbench.core.operations import Operation
from workbench.core.schema import Parameter


class OperationCommand(click.Command):
    """A command whose help also says what its arguments are."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; what its parser refuses knows which command's help to name."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The arguments, then the options."""
        told = [
            (param.make_metavar(ctx), getattr(param, "told", ""))
            for param in self.params
            if isinstance(param, click.Argument)
        ]
        if told:
            with formatter.section("Arguments"):
                formatter.write_dl(told)
        super().format_options(ctx, formatter)


def command_of(operation: Operation, *, name: str | None = None) -> click.Command:
    """The command that validates, runs and prints one operation."""
    params: list[click.Parameter] = [_click_parameter(p) for p in operation.parameters]
    params.append(
        click.Option(["--json", "as_json"], is_flag=True, help="Print the result as JSON.")
    )

    def run(as_json: bool, **given: Any) -> int:
        from workbench.cli.drawing import drawn, print_json

        values = {p.name: _value(p, given[p.name]) for p in operation.parameters}
        values = {name: value for name, value in values.items() if value is not None}
        try:
            with drawn(operation.name, quiet=as_json) as show:
                result = operation.run(values, from_text=True)
        except WorkbenchError as error:
            error.hint = error.hint and as_options(error.hint, operation)
            raise
        if as_json:
            print_json(result)
        else:
            show(result)
        return 0 if getattr(result, "ok", True) else 1

    return OperationCommand(
        name or operation.words[-1],
        params=params,
        callback=run,
        help=_as_text(operation.help),
        short_help=operation.title,
    )


def as_options(hint: str, operation: Operation) -> str:
    """A hint in the words of the command: its options, where a hint names arguments of Python's.

    ``on_bad='quarantine'`` becomes ``--on-bad quarantine``, and min_rows --min-rows.
    """
    flags = {
        parameter.name: "--" + parameter.name.replace("_", "-")
        for parameter in operation.parameters
        if not parameter.positional and _shape(parameter.annotation)[0] not in (bool, dict)
    }

    def typed(name: str, value: str | None) -> str | None:
        flag = flags.get(name)
        return f"{flag} {value}" if flag and value is not None else flag

    return rename_arguments(hint, typed)


def _click_parameter(parameter: Parameter) -> click.Parameter:
    kind, many, choices = _shape(parameter.annotation)
    if parameter.positional:
        argument = click.Argument(
            [parameter.name], required=parameter.required, nargs=-1 if many else 1
        )
        argument.told = _help(parameter)  # type: ignore[attr-defined]
        return argument
    flag = "--" + parameter.name.replace("_", "-")
    options: dict[str, Any] = {"help": _help(parameter), "required": parameter.required}
    if kind is bool:
        return click.Option([f"{flag}/--no-{flag[2:]}", parameter.name], default=None, **options)
    if kind is dict and parameter.name == "parameters":
        return click.Option(
            ["-p", flag, parameter.name], nargs=2, multiple=True, metavar="NAME VALUE", **options
        )
    if kind is dict:
        options["metavar"] = "JSON|@FILE"
    elif choices:
        options["type"] = _Choice(choices)
    elif kind in (int, float, Path):
        options["metavar"] = {int: "N", float: "X", Path: "PATH"}[kind]
    return click.Option([flag, parameter.name], multiple=many, **options)


class _Choice(click.Choice[str]):
    """Names what is allowed in the help; what was typed is judged with all other parameters."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value as it is: the operation refuses it in the words that it has for everything."""
        return value


def _help(parameter: Parameter) -> str:
    default, said = parameter.default, _as_text(parameter.help)
    if parameter.required or default is None or default is False or default in ("", (), [], {}):
        return said
    return f"{said} [default: {'yes' if default is True else default}]"


def _as_text(docstring: str) -> str:
    """A docstring for a terminal, which draws no markup: without the marks around code."""
    return docstring.replace("``", "")


def _shape(annotation: Any) -> tuple[Any, bool, list[str]]:
    """What one value is, whether there may be many, and the choices if they are named."""
    while typing.get_origin(annotation) in (typing.Annotated, typing.Union, types.UnionType):
        first = typing.get_args(annotation)
        if typing.get_origin(annotation) is not typing.Annotated:
            first = tuple(part for part in first if part is not type(None))
        annotation = first[0]
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return str, False, [str(choice) for choice in typing.get_args(annotation)]
    if origin in (list, tuple, set):
        return _shape(typing.get_args(annotation)[0])[0], True, []
    return origin or annotation, False, []


def _value(parameter: Parameter, given: Any) -> Any:
    """What was typed, in the form that the operation validates; None if nothing was."""
    kind, many, _ = _shape(parameter.annotation)
    if given is None or (given == () and not parameter.required):
        return None
    if kind is Path and "" in (given if many else [given]):
        # Path("") is the folder one stands in, which nobody means by an empty name.
        raise InputError(f"parameter {parameter.name!r} is empty", hint="name a file or a folder")
    if kind is dict and parameter.name == "parameters":
        return dict(given)
    if kind is dict:
        texts = given if many else [given]
        objects = [_json_object(parameter.name, text) for text in texts]
        return objects if many else objects[0]
    if many and kind in (int, float):  # numbers have no commas in them: `--epsilons 1.2,8.6`
        return [part for text in given for part in str(text).split(",")]
    return list(given) if many else given


def _json_object(name: str, text: str) -> dict[str, Any]:
    """A JSON object that was typed, or stands in the file after ``@``."""
    try:
        if text.startswith("@"):
            text = Path(text[1:]).expanduser().read_text(encoding="utf-8")
        value = json.loads(text)
    except OSError as error:
        raise InputError(
            f"parameter {name!r}: {text[1:]}: {error.strerror}", parameter=name
        ) from None
    except json.JSONDecodeError as error:
        raise InputError(
            f"parameter {name!r} is not valid JSON: {error}", hint='\'{"key": "value"}\' or @FILE'
        ) from None
    if not isinstance(value, dict):
        raise InputError(f"parameter {name!r} must be a JSON object, found {type(value).__name__}")
    return value
