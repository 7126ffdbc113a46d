"""A signature as a schema, and validation whose errors name the parameter and what is allowed."""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import annotated_types as limits
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import InputError
from workbench.core.schema import (
    Example,
    ParameterModel,
    docstring_arguments,
    example_of,
    numbers_text,
    parameters_of,
    summary_of,
)


class Colour(enum.Enum):
    RED = "red"


@dataclass(frozen=True)
class Point:
    x: int
    y: int = 0


def sample(
    name: str,
    *,
    count: Annotated[int, limits.Ge(1)] = 3,
    rate: float = 0.5,
    force: bool = False,
    folder: Path | None = None,
    engine: Literal["auto", "mlx"] = "auto",
    tags: list[str] | None = None,
    extra: dict[str, Any] | None = None,
    colour: Colour | None = None,
    point: Point | None = None,
    ends: tuple[str, ...] = (),
) -> None:
    """Do a thing.

    It has a second line.

    Args:
        name: The name
            on two lines.
        count: How many: at least one.

    Returns:
        Nothing.
    """


def make(function: Callable[..., Any], name: str = "test.sample") -> ParameterModel:
    return ParameterModel(
        name, parameters_of(function), command=f"workbench {name.replace('.', ' ')}"
    )


MODEL = make(sample)


def test_what_the_docstring_says() -> None:
    assert docstring_arguments(sample) == {
        "name": "The name on two lines.",
        "count": "How many: at least one.",
    }
    assert summary_of(sample) == "Do a thing.\n\nIt has a second line."
    assert docstring_arguments(make) == {}
    assert summary_of(make) == ""


def test_the_schema_is_json_schema() -> None:
    schema = MODEL.json_schema()
    json.dumps(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == "test.sample"
    assert schema["required"] == ["name"]
    assert schema["additionalProperties"] is False
    properties = schema["properties"]
    assert list(properties) == [parameter.name for parameter in MODEL.parameters]
    assert properties["name"]["description"] == "The name on two lines."
    assert properties["count"]["minimum"] == 1
    assert properties["count"]["default"] == 3
    assert properties["engine"]["enum"] == ["auto", "mlx"]


def test_defaults_fill_in() -> None:
    found = MODEL.validate({"name": "a"}, from_text=False)
    assert list(found) == [parameter.name for parameter in MODEL.parameters]
    assert found["count"] == 3
    assert found["ends"] == ()


@pytest.mark.parametrize(
    ("params", "name", "value"),
    [
        ({"count": 5}, "count", 5),
        ({"rate": 1}, "rate", 1.0),
        ({"folder": "a/b"}, "folder", Path("a/b")),
        ({"folder": Path("a/b")}, "folder", Path("a/b")),
        ({"tags": ("a", "b")}, "tags", ["a", "b"]),
        ({"ends": ["a", "b"]}, "ends", ("a", "b")),
        ({"extra": {"a": [1, None]}}, "extra", {"a": [1, None]}),
        ({"colour": "red"}, "colour", Colour.RED),
        ({"colour": Colour.RED}, "colour", Colour.RED),
        ({"point": {"x": 1}}, "point", Point(1)),
        ({"point": Point(1, 2)}, "point", Point(1, 2)),
    ],
)
def test_python_and_json_values(params: dict[str, Any], name: str, value: Any) -> None:
    assert MODEL.validate({"name": "a", **params}, from_text=False)[name] == value


@pytest.mark.parametrize(
    ("params", "name", "value"),
    [
        ({"count": "5"}, "count", 5),
        ({"rate": "1e-3"}, "rate", 0.001),
        ({"force": "yes"}, "force", True),
        ({"folder": "a/b"}, "folder", Path("a/b")),
        ({"tags": ["1", "2"]}, "tags", ["1", "2"]),
    ],
)
def test_typed_values(params: dict[str, Any], name: str, value: Any) -> None:
    assert MODEL.validate({"name": "a", **params}, from_text=True)[name] == value


@pytest.mark.parametrize("from_text", [False, True])
@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, "parameter 'name' of test.sample: it is required"),
        ({"name": "a", "engine": "atuo"}, r"found 'atuo'; did you mean 'auto'\?"),
        ({"name": "a", "cuont": 1}, "test.sample has no parameter 'cuont'; did you mean 'count'?"),
        ({"name": "a", "zzz": 1}, "it has: name, count, rate"),
        (
            {"name": "a", "count": 0},
            "'count' of test.sample: it must be a whole number, at least 1, found",
        ),
        (
            {"name": "a", "count": "many"},
            "'count'.*it must be a whole number, at least 1, found 'many'",
        ),
        ({"name": "a", "count": 1.5}, "'count'.*it must be a whole number, at least 1, found 1.5"),
        ({"name": "a", "engine": "cuda"}, "'engine'.*'auto' or 'mlx'.*found 'cuda'"),
        ({"name": "a", "colour": "rde"}, r"it must be 'red', found 'rde'; did you mean 'red'\?"),
        ({"name": "a", "tags": [1, 2]}, r"'tags\.0'.*string"),
        ({"name": None}, "'name'.*string"),
        ({"name": "a", "point": {"y": 1}}, r"'point\.x' of test.sample: it is required"),
    ],
)
def test_an_error_names_the_parameter_and_what_is_allowed(
    params: dict[str, Any], words: str, from_text: bool
) -> None:
    with pytest.raises(InputError, match=words) as caught:
        MODEL.validate(params, from_text=from_text)
    assert (caught.value.hint or "").endswith("workbench test sample --help")
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize(
    "params",
    [{"count": "5"}, {"rate": "1"}, {"force": "yes"}, {"force": 1}, {"name": 5}, {"count": True}],
)
def test_a_python_value_is_not_taken_for_another_type(params: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        MODEL.validate({"name": "a", **params}, from_text=False)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_only_finite_numbers(value: float) -> None:
    def optional(*, rate: float | None = None) -> None: ...

    for function in (sample, optional):
        for given_value, from_text in ((value, False), (str(value), True)):
            with pytest.raises(InputError, match=r"'rate' of .*finite number"):
                make(function).validate(
                    {"name": "a", "rate": given_value}
                    if function is sample
                    else {"rate": given_value},
                    from_text=from_text,
                )


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (int, "a whole number"),
        (float | None, "a finite number"),
        (Annotated[int, limits.Ge(1)] | None, "a whole number, at least 1"),
        (Annotated[float, limits.Gt(0), limits.Lt(1)], "a finite number, above 0 and below 1"),
        (Annotated[int, limits.Interval(ge=0, le=65535)], "a whole number, at least 0 and at most"),
        (str, None),
        (bool, None),
        (int | str, None),
        (list[int], None),
    ],
)
def test_numbers_in_words(annotation: Any, words: str | None) -> None:
    said = numbers_text(annotation)
    assert said is None if words is None else (said or "").startswith(words)


def ports(
    first: Annotated[int, limits.Ge(2)],
    *,
    port: Annotated[int, limits.Interval(ge=0, le=65535)] | None = None,
    count: int | None = None,
    share: Annotated[float, limits.Gt(0), limits.Lt(1)] | None = None,
    most: Annotated[int, limits.Lt(4)] | None = None,
    draws: Annotated[int, limits.Ge(100)] = 4000,
    share_used: Annotated[float, limits.Ge(0)] | None = None,
    shift: Annotated[int, limits.Interval(ge=-3, le=-1)] | None = None,
    tokens: Annotated[int, limits.Ge(0), Example(900)] | None = None,
    held: Annotated[float, limits.Ge(0), limits.Lt(1)] = 0.0,
    engine: Literal["auto", "mlx"] = "auto",
    kernels: Literal["fork", "cold"] | None = None,
    name: str = "a",
) -> None:
    """Open.

    Args:
        port: Where to listen (setting serve_port).
    """


@pytest.mark.parametrize(
    ("given", "example"),
    [
        ({"first": 1}, "for example 2; "),
        ({"first": 2, "port": 70000}, "for example port=8400; "),
        ({"first": 2, "count": "x"}, "for example count=1; "),
        ({"first": 2, "share": 2}, "for example share=0.5; "),
        ({"first": 2, "most": 4}, "for example most=3; "),
        ({"first": 2, "draws": 4}, "for example draws=4000; "),
        ({"first": 2, "share_used": -1}, "for example share_used=1; "),
        ({"first": 2, "shift": 1}, "for example shift=-3; "),
        ({"first": 2, "tokens": -1}, "for example tokens=900; "),
        ({"first": 2, "held": 1}, "for example held=0.5; "),
        ({"first": 2, "engine": "cuda"}, "for example engine='auto'; "),
        ({"first": 2, "engine": "mxl"}, "for example engine='mlx'; "),
        ({"first": 2, "kernels": "cool"}, "for example kernels='cold'; "),
        ({"first": 2, "name": 5}, ""),
        ({}, ""),
    ],
)
def test_the_hint_gives_an_example_that_would_be_taken(given: dict[str, Any], example: str) -> None:
    model = make(ports, "test.ports")
    with pytest.raises(InputError) as caught:
        model.validate(given, from_text=False)
    assert caught.value.hint == example + "workbench test ports --help"
    shown = {"first": 2} | {each.name: example_of(each) for each in model.parameters}
    taken = {name: value for name, value in shown.items() if value is not None}
    assert set(taken) == set(shown) - {"name"}
    model.validate(taken, from_text=False)


def test_a_value_without_plain_form_names_its_parameter() -> None:
    with pytest.raises(InputError, match=r"parameter 'extra' of test.sample: object has no plain"):
        MODEL.validate({"name": "a", "extra": {"x": object()}}, from_text=False)


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(InputError) as caught:
        MODEL.validate({"name": "a", "count": "x" * 1000}, from_text=False)
    assert len(caught.value.message) < 250


def test_parameters_may_have_the_names_of_a_models_methods() -> None:
    def awkward(schema: str, *, copy: int = 1, json: int = 2, model_config: int = 3) -> None: ...

    model = make(awkward)
    assert model.validate({"schema": "s"}, from_text=False) == {
        "schema": "s",
        "copy": 1,
        "json": 2,
        "model_config": 3,
    }
    assert list(model.json_schema()["properties"]) == ["schema", "copy", "json", "model_config"]
    with pytest.raises(InputError, match=r"parameter 'copy' of test.sample"):
        model.validate({"schema": "s", "copy": "x"}, from_text=True)


def test_an_operation_without_parameters() -> None:
    def nothing() -> None: ...

    model = make(nothing)
    assert model.validate({}, from_text=False) == {}
    with pytest.raises(InputError, match="it has: none"):
        model.validate({"x": 1}, from_text=True)


@given(
    st.fixed_dictionaries(
        {"name": st.text(st.characters(exclude_categories=["Cs"]))},
        optional={
            "count": st.integers(1, 10**30),
            "rate": st.floats(allow_nan=False, allow_infinity=False),
            "force": st.booleans(),
            "tags": st.lists(st.text(st.characters(exclude_categories=["Cs"]))),
            "extra": st.dictionaries(st.sampled_from("abc"), st.none() | st.integers()),
        },
    )
)
def test_what_is_valid_comes_back_as_it_was_and_is_valid_again(params: dict[str, Any]) -> None:
    found = MODEL.validate(params, from_text=False)
    assert {name: found[name] for name in params} == params
    assert MODEL.validate(found, from_text=False) == found


@given(
    st.dictionaries(
        st.sampled_from(["name", "count", "rate", "force", "tags", "nonsense", ""]),
        st.none() | st.booleans() | st.floats() | st.text() | st.lists(st.integers(), max_size=2),
    ),
    st.booleans(),
)
def test_nothing_but_an_input_error_comes_of_bad_values(
    params: dict[str, Any], from_text: bool
) -> None:
    try:
        MODEL.validate(params, from_text=from_text)
    except InputError as error:
        assert error.hint
