"""A field at fault is told in plain words, with both bounds, wherever it stands."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta, Struct

from workbench.core.errors import InputError
from workbench.serving.admin import read_query
from workbench.serving.admin_types import CacheQuery
from workbench.serving.dialects.reading import decode, read_options


class Item(Struct):
    size: Annotated[int, Meta(gt=0, lt=9)] = 1


class Asked(Struct, forbid_unknown_fields=True):
    count: Annotated[int, Meta(ge=1, le=128)] | None = None
    score: Annotated[float, Meta(ge=-1, le=1)] = 0.0
    rate: float | None = None
    words: list[str] | str | None = None
    bias: dict[str, float] | None = None
    name: Annotated[str, Meta(min_length=1)] | None = None
    comment: Annotated[str, Meta(max_length=3)] = ""
    items: Annotated[list[Item], Meta(min_length=2)] | None = None
    done: bool | None = None
    how: bool | Literal["fast", "slow"] | None = None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"count": 0}', "it must be a whole number, at least 1 and at most 128, or null"),
        ('{"count": "x"}', 'count is "x"; it must be a whole number, at least 1 and at most 128,'),
        ('{"score": 2}', "score is 2; it must be a number, at least -1 and at most 1"),
        ('{"rate": "x"}', 'rate is "x"; it must be a number or null'),
        ('{"words": 3}', "words is 3; it must be a list, text or null"),
        ('{"words": [3]}', "words[0] is 3; it must be text"),
        ('{"bias": {"a": "x"}}', "it must be a number"),
        ('{"bias": 4}', "bias is 4; it must be an object or null"),
        ('{"name": ""}', 'name is ""; it must be text of at least 1 character or null'),
        ('{"comment": "long"}', 'comment is "long"; it must be text of at most 3 characters'),
        ('{"items": []}', "items is []; it must be a list of at least 2 items or null"),
        ('{"items": [{"size": 9}]}', "items[0].size is 9; it must be a whole number, above 0 and"),
        ('{"done": 1}', "done is 1; it must be true, false or null"),
        ('{"how": 1}', 'how is 1; it must be true, false, "fast", "slow" or null'),
        ("[]", "the body is []; it must be an object"),
    ],
)  # fmt: skip
def test_what_is_allowed_is_said_in_words(body: str, said: str) -> None:
    with pytest.raises(InputError) as told:
        decode(msgspec.json.Decoder(Asked), body.encode())
    assert said in told.value.message


class Needing(Struct, forbid_unknown_fields=True):
    messages: list[str]
    prompt_cache_key: str | None = None


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ('{"prompt": "x"}', "leave it out, and send what is missing: messages"),
        ('{"mesages": []}', "did you mean 'messages'?"),
        ('{"messages": [], "prompt_cache_kee": "x"}', "did you mean 'prompt_cache_key'?"),
        ('{"messages": [], "zzz": 1}', "remove it"),
    ],
)
def test_an_unknown_field_in_place_of_one_that_is_needed(body: str, hint: str) -> None:
    with pytest.raises(InputError, match="there is no field") as told:
        decode(msgspec.json.Decoder(Needing), body.encode())
    assert told.value.hint == hint


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("timeout-s", "0", "it must be a number, above 0, or null"),
        ("priority", "x", "it must be a whole number, at least -100 and at most 100, or null"),
        ("cache", "of", 'allowed: "exact", "off", "on", "refresh", "semantic"'),
        ("timeout", "1", "did you mean"),
    ],
)
def test_the_same_in_headers(name: str, value: str, said: str) -> None:
    with pytest.raises(InputError, match=f"header x-workbench-{name}: ") as told:
        read_options(None, {f"x-workbench-{name}": value})
    assert said in f"{told.value.message} {told.value.hint}"
    assert told.value.context["parameter"] == f"header x-workbench-{name}"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (b"older_than_s=x", 'older_than_s is "x"; it must be a number'),
        (b"older_then_s=1", "there is no field 'older_then_s'"),
    ],
)
def test_the_same_in_a_query(query: bytes, said: str) -> None:
    with pytest.raises(InputError) as told:
        read_query(CacheQuery, query)
    assert told.value.message.startswith(f"in the query: {said}")
    parameter: Any = told.value.context["parameter"]
    assert parameter.startswith("older")
