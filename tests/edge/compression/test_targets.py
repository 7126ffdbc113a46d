"""What can be asked for, and what is said of the rest."""

from __future__ import annotations

import pytest

from workbench.core.errors import InputError
from workbench.edge.compression.targets import ENGINES, kinds_of, parse_target


def test_each_kind_of_each_form_is_read_back() -> None:
    for form in ENGINES:
        for kind in kinds_of(form):
            found = parse_target(f"{form}:{kind}".upper())
            assert (found.form, found.kind, found.engine) == (form, kind, ENGINES[form])
            assert parse_target(str(found)) == found


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("tflite:int8", "no form of a model", "--to gguf:q4_k_m"),
        ("onnx:q4_k_m", "ONNX Runtime reads no onnx of 'q4_k_m'", "--to gguf:q4_k_m"),
        ("gguf:int4", "llama.cpp reads no gguf of 'int4'", "--to onnx:int4"),
        ("gguf:q4_k", "q4_k_m, q4_k_s", "--to gguf:q4_k_m"),
        ("mlx", "8, 4 can be made", "--to mlx:4"),
        ("", "no form of a model", "--to gguf:q4_k_m"),
    ],
)
def test_what_the_runtime_cannot_read_is_named_with_what_it_can(
    text: str, words: str, hint: str
) -> None:
    with pytest.raises(InputError) as caught:
        parse_target(text)
    assert words in caught.value.message
    assert caught.value.hint == hint
