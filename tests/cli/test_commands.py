"""Every operation as a command: its arguments, options, help, and how typed text becomes values."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest

from workbench.cli.commands import command_of
from workbench.core.operations import Operation, all_operations, find


def names(operation: Operation) -> str:
    return operation.name


@pytest.fixture
def echo(run: Any, probe: Path) -> Any:
    """Run ``probe echo`` and give back what the operation got, without what was not given."""

    def echo(*arguments: object) -> dict[str, Any]:
        found = run("probe", "echo", "--json", *arguments)
        assert found.status == 0, found.err
        values: dict[str, Any] = json.loads(found.out)
        return values

    return echo


@pytest.fixture
def refuse(run: Any, probe: Path) -> Any:
    """Run ``probe echo`` and give back why it was refused."""

    def refuse(*arguments: object) -> str:
        found = run("probe", "echo", "n", *arguments)
        assert (found.status, found.out) == (2, "")
        assert "Traceback" not in found.err
        return str(found.err)

    return refuse


@pytest.mark.parametrize(
    ("typed", "name", "value"),
    [
        (["--count", "5"], "count", 5),
        (["--rate", "1e-3"], "rate", 0.001),
        (["--force"], "force", True),
        (["--no-careful"], "careful", False),
        (["--folder", "a/b"], "folder", "a/b"),
        (["--engine", "mlx"], "engine", "mlx"),
        (["--tags", "1", "--tags", "b"], "tags", ["1", "b"]),
        (["--sizes", "1", "--sizes", "2"], "sizes", [1, 2]),
        (["--sizes", "1,2", "--sizes", "3"], "sizes", [1, 2, 3]),
        (["--tags", "1,b"], "tags", ["1,b"]),  # a text may have a comma
        (["--extra", '{"a": [1, null]}'], "extra", {"a": [1, None]}),
        (["--rows", '{"a": 1}', "--rows", '{"b": 2}'], "rows", [{"a": 1}, {"b": 2}]),
        (["-p", "a", "1", "-p", "b", "x y"], "parameters", {"a": "1", "b": "x y"}),
        (["--parameters", "a", "1"], "parameters", {"a": "1"}),
        (["more", "names"], "rest", ["more", "names"]),
        (["--", "-x"], "rest", ["-x"]),
    ],
)
def test_what_is_typed_becomes_a_value(
    echo: Any, typed: list[str], name: str, value: object
) -> None:
    assert echo("n", *typed)[name] == value


def test_what_is_not_typed_keeps_its_default(echo: Any) -> None:
    values = echo("n")
    assert values.pop("name") == "n"
    assert values.pop("count") == 3
    assert values.pop("zero") == 0
    assert values.pop("careful") is True
    assert values.pop("force") is False
    assert values.pop("sizes") == []
    assert set(values.values()) == {None}


def test_an_object_from_a_file(echo: Any, refuse: Any, tmp_path: Path) -> None:
    file = tmp_path / "extra.json"
    file.write_text('{"é": 1}', encoding="utf-8")
    assert echo("n", "--extra", f"@{file}")["extra"] == {"é": 1}
    assert "missing.json: No such file" in refuse("--extra", f"@{tmp_path}/missing.json")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["--count", "many"], "'count' of probe.echo: .*whole number, at least 1, found 'many'"),
        (["--count", "0"], "it must be a whole number, at least 1, found '0'"),
        (["--count", "many"], "hint: for example --count 3; workbench probe echo --help"),
        (["--engine", "mxl"], "hint: for example --engine mlx; workbench probe echo --help"),
        (["--rate", "nan"], "'rate' of probe.echo: .*finite"),
        (["--engine", "cuda"], "it must be 'auto' or 'mlx', found 'cuda'"),
        (["--extra", "[1]"], "'extra' must be a JSON object, found list"),
        (["--extra", "{a: 1}"], "'extra' is not valid JSON"),
        (["--rows", "1"], "'rows' must be a JSON object, found int"),
        (["-p", "a"], "takes a name and a value"),
        (["--sizes", "x"], r"'sizes\.0' of probe.echo"),
        (["--cuont", "1"], "--count"),
    ],
)
def test_a_mistake_names_the_parameter(refuse: Any, typed: list[str], words: str) -> None:
    assert re.search(words, refuse(*typed))


def test_the_help_of_each_parameter(run: Any, probe: Path) -> None:
    shown = " ".join(run("probe", "echo", "--help").out.split())
    for words in (
        "NAME A name.",
        "[REST]... More names.",
        "--count N How many. [default: 3]",
        "--zero N From where. [default: 0]",
        "--rate X How fast.",
        "--force / --no-force Even if it is there.",
        "--careful / --no-careful With care. [default: yes]",
        "--folder PATH Where.",
        "--engine [auto|mlx] With what.",
        "--tags TEXT Words.",
        "--extra JSON|@FILE An object.",
        "-p, --parameters NAME VALUE Values by name.",
    ):
        assert words in shown


def test_results_in_a_terminals_words(run: Any, probe: Path) -> None:
    assert run("probe", "talk").out == "name  size\na        1\nbb      20\n"
    assert run("probe", "judge").out == "ok     yes\nvalue  1.5\n"
    assert run("probe", "setting", "model").out == "smollm2-135m\n"


@pytest.mark.parametrize("operation", all_operations(), ids=names)
def test_every_operation_is_a_command_with_help_for_each_parameter(operation: Operation) -> None:
    command = command_of(operation)
    with click.Context(command, info_name=operation.verb) as ctx:
        shown = " ".join(command.get_help(ctx).split())
    assert command.short_help == operation.title
    assert operation.help.split("\n")[0].replace("``", "") in shown
    untold = [p.name for p in operation.parameters if not p.help]
    assert untold == []
    for parameter in operation.parameters:
        assert " ".join(parameter.help.replace("``", "").split()) in shown, parameter.name


@pytest.mark.parametrize("operation", all_operations(), ids=names)
def test_no_two_parameters_share_a_flag(operation: Operation) -> None:
    flags = [
        flag
        for param in command_of(operation).params
        for flag in (*param.opts, *param.secondary_opts)
    ]
    assert len(flags) == len(set(flags))


def test_the_check_sees_a_parameter_without_help(probe: Path) -> None:
    from dataclasses import replace

    def untold(a: int) -> None:
        """Say nothing of it."""

    operation = replace(find("probe.echo"), function=untold)
    with pytest.raises(AssertionError):
        test_every_operation_is_a_command_with_help_for_each_parameter(operation)


def test_no_help_shows_markup() -> None:
    shown = []
    for operation in all_operations():
        command = command_of(operation)
        with click.Context(command, info_name=operation.verb) as ctx:
            shown.append(command.get_help(ctx))
    assert any("``" in operation.help for operation in all_operations()), "nothing to take out"
    assert not [text for text in shown if "``" in text]
