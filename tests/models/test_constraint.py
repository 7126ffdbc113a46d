"""Whatever the weights say, a finished answer parses and matches its schema."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.errors import EngineError, InputError
from workbench.models.constraint import ConstraintCompiler
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.tokenizer import TextTokenizer


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> TextTokenizer:
    return TextTokenizer(make_tiny_folder(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def compiler(tokenizer: TextTokenizer) -> ConstraintCompiler:
    return ConstraintCompiler(tokenizer, 520)  # padded, as embeddings often are


def answer(
    compiler: ConstraintCompiler, tokenizer: TextTokenizer, schema: dict[str, Any], seed: int
) -> str:
    """What a model that knows nothing says; long texts are made unlikely, so that it ends."""
    constraint, random = compiler.compile(schema), np.random.default_rng(seed)
    ids: list[int] = []
    while not constraint.complete:
        allowed = constraint.allowed()
        assert not allowed[512:].any()
        weights = allowed * random.random(520)
        for token in (*tokenizer.tokenize('"'), *tokenizer.tokenize("}"), *tokenizer.tokenize("]")):
            weights[token] *= 50
        token_id = int(np.argmax(weights))
        if token_id in tokenizer.end_ids:
            break
        constraint.accept(token_id)
        ids.append(token_id)
        assert len(ids) < 3000
    return tokenizer.detokenize(ids)


simple = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "maxLength": 5},
        {"type": "integer", "minimum": 3, "maximum": 12},
        {"type": "number"},
        {"type": "boolean"},
        {"type": "null"},
        {"enum": ["red", "green", 3]},
        {"const": {"a": 1}},
        {"type": "string", "pattern": "^[a-c]{2,4}$"},
        {"anyOf": [{"type": "integer"}, {"type": "boolean"}]},
    ]
)
schemas = st.one_of(
    simple,
    st.builds(
        lambda items: {"type": "array", "items": items, "minItems": 1, "maxItems": 3}, simple
    ),
    st.builds(
        lambda properties, closed: {
            "type": "object",
            "properties": properties,
            "required": list(properties)[:2],
            "additionalProperties": not closed,
        },
        st.dictionaries(st.sampled_from(["name", "age", "é😀"]), simple, min_size=1, max_size=3),
        st.booleans(),
    ),
)


@settings(max_examples=60, deadline=None)
@given(schema=schemas, seed=st.integers(0, 1000))
def test_a_finished_answer_matches(
    compiler: ConstraintCompiler, tokenizer: TextTokenizer, schema: dict[str, Any], seed: int
) -> None:
    text = answer(compiler, tokenizer, schema, seed)
    jsonschema.validate(json.loads(text), schema)


@pytest.mark.parametrize(
    ("schema", "named"),
    [
        ({"type": "strin"}, "strin"),
        ({"type": "array", "uniqueItems": True}, "uniqueItems"),
        ({"type": "object", "properties": {"a": {"$ref": "#/nowhere"}}}, "nowhere"),
        ({"type": "string", "pattern": "("}, "regex"),
        ({"type": "integer", "minimum": 5, "maximum": 3}, "minimum"),
        ({"const": object()}, "object"),
    ],
)
def test_what_cannot_be_enforced_is_named(
    compiler: ConstraintCompiler, schema: dict[str, Any], named: str
) -> None:
    with pytest.raises(InputError, match=named):
        compiler.compile(schema)


def test_a_token_that_was_not_allowed_is_an_error(
    compiler: ConstraintCompiler, tokenizer: TextTokenizer
) -> None:
    constraint = compiler.compile({"type": "boolean"})
    with pytest.raises(EngineError, match="could not be followed"):
        constraint.accept(tokenizer.tokenize("x")[0])


def test_the_mask_leaves_logits_of_allowed_tokens(
    compiler: ConstraintCompiler, tokenizer: TextTokenizer
) -> None:
    constraint = compiler.compile({"enum": ["a"]})
    logits = np.arange(520, dtype=np.float32)
    masked = constraint.mask(logits)
    quote = tokenizer.tokenize('"')[0]
    assert masked[quote] == logits[quote]
    assert np.isneginf(masked[tokenizer.tokenize("b")[0]])
    assert masked.dtype == np.float32
