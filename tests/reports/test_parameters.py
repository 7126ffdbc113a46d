"""Typed parameters: what a cell may hold, and what a run may set."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.cli.main import main
from workbench.core.errors import InputError
from workbench.reports.notebooks import find_notebooks
from workbench.reports.parameter_types import fits, parse_text, parse_type
from workbench.reports.parameters import read_parameters, resolve_parameters

from .conftest import WriteNotebook

CELL = """#parameters
from pathlib import Path
from typing import Literal

max_tokens: int = 16  # tokens; at least 1
rate: float = 1e-3  # per step
model: str = "smollm2-135m"
verbose: bool = False
size: Literal["small", "large", 3] = "small"
layers: list[int] = [1, 2]
data: Path = Path("data")
limit: int | None = None
plain = 7
"""


def resolve(path: Path, given: dict[str, Any], profile: str = "quick") -> dict[str, Any]:
    return resolve_parameters(find_notebooks([path])[0], given, profile=profile)


def test_the_cell_is_read_without_being_run(write_notebook: WriteNotebook) -> None:
    found = read_parameters(write_notebook("a", CELL))
    assert {name: p.type.text for name, p in found.items()} == {
        "max_tokens": "int",
        "rate": "float",
        "model": "str",
        "verbose": "bool",
        "size": "Literal['small', 'large', 3]",
        "layers": "list[int]",
        "data": "Path",
        "limit": "int | None",
        "plain": "int",
    }
    assert found["max_tokens"].unit == "tokens"
    assert found["max_tokens"].expected == "int, at least 1"
    assert found["data"].default == Path("data")


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("max_tokens", "32", 32),
        ("max_tokens", 32, 32),
        ("rate", "2", 2.0),
        ("rate", 2, 2.0),
        ("verbose", "true", True),
        ("size", "3", 3),
        ("size", "large", "large"),
        ("layers", "[3, 4]", [3, 4]),
        ("layers", [], []),
        ("data", "other", Path("other")),
        ("model", "5", "5"),
        ("limit", "None", None),
        ("limit", "5", 5),
    ],
)
def test_values_take_the_parameters_type(
    write_notebook: WriteNotebook, name: str, given: Any, value: Any
) -> None:
    found = resolve(write_notebook("a", CELL), {name: given})[name]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("max_tokens", "many"),
        ("max_tokens", "16.0"),
        ("max_tokens", 16.0),
        ("max_tokens", True),
        ("max_tokens", "1_000"),
        ("max_tokens", None),
        ("rate", "fast"),
        ("rate", "nan"),
        ("verbose", 1),
        ("verbose", "maybe"),
        ("model", 5),
        ("size", "medium"),
        ("layers", "1, 2"),
        ("layers", [1, "2"]),
        ("data", ""),
    ],
)
def test_an_ill_typed_value_is_refused_by_name(
    write_notebook: WriteNotebook, name: str, given: Any
) -> None:
    path = write_notebook("a", CELL)
    with pytest.raises(InputError) as caught:
        resolve(path, {name: given})
    assert repr(name) in str(caught.value) and str(path) in str(caught.value)
    assert caught.value.context["expected"] in str(caught.value)


@pytest.mark.parametrize(
    ("line", "inside", "outside"),
    [
        ("n: int = 1  # tokens; at least 1", [1, 10**6, "7"], [0, -5, "-5"]),
        ("n: int = 4  # at least 1 and at most 1_000", [1, 1000], [0, 1001]),
        ("n: float = 0.5  # share; above 0 and below 1", [1e-9, 0.99], [0, 1, 1.0, "1"]),
        ("n: float = 1e-6  # delta; above 0 and at most 1e-5", [1e-5], [1.1e-5, 0.0]),
        ("n: int = 0  # at most 9007199254740993", [2**53 + 1], [2**53 + 2]),
        ("n: list[int] = [1]  # layers; at least 0", [[], [0, 3]], [[1, -1]]),
        ("n: int | None = None  # rows; at least 2", [None, 2], [1]),
        ("n: int = 0  # rows; at least one", [-1], []),  # prose, not a bound
        ("n: int = 0  # at least 1 of them; 0 is all", [-1], []),
    ],
)
def test_a_value_out_of_its_bounds_is_refused_by_name(
    write_notebook: WriteNotebook, line: str, inside: list[Any], outside: list[Any]
) -> None:
    path = write_notebook("a", f"#parameters\n{line}")
    for value in inside:
        assert resolve(path, {"n": value})["n"] == (int(value) if value == "7" else value)
    for value in outside:
        with pytest.raises(InputError, match=r"parameter 'n' of .* it must be") as caught:
            resolve(path, {"n": value})
        assert caught.value.context["parameter"] == "n"


def test_the_command_line_refuses_it_before_anything_runs(
    write_notebook: WriteNotebook, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_notebook("a", CELL)
    with pytest.raises(SystemExit) as ended:
        main(["report", "run", str(path), "--out", str(out), "-p", "max_tokens", "-5"])
    assert ended.value.code == 2
    assert "'max_tokens'" in capsys.readouterr().err
    assert not out.exists()


def test_an_unknown_parameter_is_refused_with_near_matches(write_notebook: WriteNotebook) -> None:
    with pytest.raises(InputError, match="no parameter 'max_token'; did you mean 'max_tokens'"):
        resolve(write_notebook("a", CELL), {"max_token": 1})
    with pytest.raises(InputError, match="it has: none"):
        resolve(write_notebook("b", "x = 1"), {"x": 1})


def test_profiles_give_way_to_what_is_given(write_notebook: WriteNotebook) -> None:
    cell = '#parameters\nn: int = 1\nm: int = 2\nprofile: str = "quick"'
    path = write_notebook("a", cell, profiles={"full": {"n": 10, "m": 20}})
    assert resolve(path, {}) == {"profile": "quick"}
    assert resolve(path, {"m": "3"}, "full") == {"profile": "full", "n": 10, "m": 3}
    with pytest.raises(InputError, match="profile is 'quick'"):
        resolve(path, {"profile": "full"})


@pytest.mark.parametrize(
    ("profiles", "said"),
    [
        ({"full": {"n": "many"}}, "must be int"),
        ({"full": {"n": 0}}, "must be int, at least 1"),
        ({"full": {"nn": 1}}, "no parameter 'nn' in its profile 'full'"),
        ({"fast": {"n": 1}}, "profile 'fast'"),
    ],
)
def test_a_wrong_profile_is_found_on_any_run(
    write_notebook: WriteNotebook, profiles: dict[str, Any], said: str
) -> None:
    cell = "#parameters\nn: int = 1  # at least 1"
    path = write_notebook("a", cell, profiles=profiles)
    with pytest.raises(InputError, match=said):
        resolve(path, {})


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("n: int = open('x')", "not a literal"),
        ("n: int = 'x'", "by its own line it must be int"),
        ("n: int = 0  # rows; at least 1", "by its own line it must be int, at least 1"),
        ("n: str = 'x'  # at most 5", "str is no number"),
        ("n: complex = 1j", "allowed are"),
        ("n = None", "needs a type"),
        ("print(1)", "only `name: type = value`"),
        ("n: int", "only `name: type = value`"),
        ("n = 1\nn = 2", "set twice"),
        ("n: int = (", "not Python"),
    ],
)
def test_a_cell_that_holds_something_else_is_refused(
    write_notebook: WriteNotebook, cell: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        read_parameters(write_notebook("a", f"#parameters\n{cell}"))


def test_two_parameter_cells_are_refused(write_notebook: WriteNotebook) -> None:
    with pytest.raises(InputError, match="2 cells tagged"):
        read_parameters(write_notebook("a", "#parameters\nn = 1", "#parameters\nm = 1"))


VALUES = {
    "int": st.integers(),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
    "list[int]": st.lists(st.integers()),
    "list[str]": st.lists(st.text()),
}


@given(st.sampled_from(sorted(VALUES)).flatmap(lambda t: st.tuples(st.just(t), VALUES[t])))
def test_a_value_survives_being_typed(case: tuple[str, Any]) -> None:
    text, value = case
    kind = parse_type(ast.parse(text, mode="eval").body)
    again = parse_text(kind, repr(value))
    assert again == value and fits(kind, again)
