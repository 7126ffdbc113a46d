"""What is wrong with a table of settings is told in our words, and by its key."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import annotated_types as limits
import pydantic
import pytest

from workbench.core.table_faults import fault_of

STRICT = pydantic.ConfigDict(extra="forbid", strict=True)


class Part(pydantic.BaseModel):
    model_config = STRICT

    weight: Annotated[float, limits.Ge(0)] = 1.0
    way: Literal["message", "flags"] = "message"


class Whole(pydantic.BaseModel):
    model_config = STRICT

    name: str = pydantic.Field(min_length=1)
    tokens: int | None = pydantic.Field(None, ge=16, le=64)
    quick: bool = False
    kind: str = pydantic.Field("auto", pattern="^(auto|llamacpp|onnx)$")
    models: list[str] | dict[str, str] = []
    hosts: list[str] = []
    part: Part | None = None
    parts: dict[str, Part] = {}
    prices: dict[str, Annotated[float, limits.Gt(0)]] = {}
    by: dict[Literal["team", "user"], str] = {}


@pytest.mark.parametrize(
    ("table", "key", "said"),
    [
        ({"nam": "x"}, "nam", "there is no such key; did you mean 'name'?"),
        ({"name": "x", "zzz": 1}, "zzz", "there is no such key; it has: name, tokens, quick, "),
        ({"part": {"wieght": 1}}, "part.wieght", "no such key; did you mean 'weight'?"),
        ({"parts": {"a": {"ways": 1}}}, "parts.a.ways", "no such key; did you mean 'way'?"),
        ({}, "name", "it is missing"),
        ({"name": ""}, "name", "it must be text, not empty, found ''"),
        ({"tokens": "5"}, "tokens", "it must be a whole number, at least 16 and at most 64, found"),
        ({"tokens": 5}, "tokens", "at least 16 and at most 64, found 5"),
        ({"quick": "yes"}, "quick", "it must be true or false, found 'yes'"),
        ({"kind": "llamacp"}, "kind", "'auto', 'llamacpp' or 'onnx', found 'llamacp'; did"),
        ({"models": 5}, "models", "it must be a list of text or a table, found 5"),
        ({"models": [5]}, "models", "it must be a list of text or a table"),
        ({"hosts": [True]}, "hosts.0", "it must be text, found true"),
        ({"part": {"weight": -1.0}}, "part.weight", "a finite number, at least 0, found -1.0"),
        ({"part": {"way": "flag"}}, "part.way", "'message' or 'flags', found 'flag'; did you mean"),
        ({"part": 5}, "part", "it must be a table, found 5"),
        ({"by": {"users": "a"}}, "by.users", "'team' or 'user', found 'users'; did you"),
        ({"prices": {"a": 0.0}}, "prices.a", "a finite number, above 0, found 0.0"),
    ],
)  # fmt: skip
def test_a_fault_is_told_by_its_key(table: dict[str, Any], key: str, said: str) -> None:
    given = table if table in ({}, {"nam": "x"}) else {"name": "x", **table}
    with pytest.raises(pydantic.ValidationError) as caught:
        Whole.model_validate(given)
    fault = fault_of(caught.value, Whole)
    assert (fault.key, said in fault.said) == (key, True), fault
    told = str(fault).lower()
    assert not any(words in told for words in ("input", "permitted", "valid ", "should"))


def test_what_is_no_table_at_all() -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        Whole.model_validate(5)
    assert str(fault_of(caught.value, Whole)) == "it: it must be a table, found 5"
