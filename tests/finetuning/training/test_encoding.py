"""Examples in tokens: what the model is asked, and the answer to the token."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from workbench.core.errors import CapabilityError, ContextLengthError
from workbench.finetuning.examples import Example, of_prompt
from workbench.finetuning.training.adapting import Learner
from workbench.finetuning.training.encoding import encode_all, fingerprint

from .made import made_examples

# Ends the question with a space, which the tokenizer joins with the answer's first letter.
GLUED = (
    "{% for m in messages %}{% if m['role'] == 'user' %}{{ m['content'] + ' is: ' }}"
    "{% else %}{{ m['content'] + '<|im_end|>' }}{% endif %}{% endfor %}"
)
RETOLD = (
    "{% if messages[-1]['role'] == 'user' %}{{ 'ask ' + messages[-1]['content'] }}"
    "{% else %}{{ 'said ' + messages[-1]['content'] }}{% endif %}"
)


def test_the_answer_is_learnt_with_its_end_and_nothing_else(tiny: Callable[..., Learner]) -> None:
    learner = tiny()
    encoded = learner.encoder.encode(of_prompt("Which colour?", "The red one."))
    assert learner.tokenizer.detokenize(encoded.answer) == "The red one.<|im_end|>"
    prompt = learner.tokenizer.detokenize(encoded.ids[: encoded.start])
    assert prompt == "<|im_start|>user\nWhich colour?<|im_end|>\n<|im_start|>assistant\n"


def test_only_the_last_answer_of_a_conversation_is_learnt(tiny: Callable[..., Learner]) -> None:
    learner = tiny()
    told = (("user", "One?"), ("assistant", "Two."), ("user", "Three?"), ("assistant", "Four."))
    encoded = learner.encoder.encode(Example(told))
    assert learner.tokenizer.detokenize(encoded.answer) == "Four.<|im_end|>"
    assert "Two." in learner.tokenizer.detokenize(encoded.ids[: encoded.start])


def test_the_mask_is_exact_where_a_naive_one_is_not(tiny: Callable[..., Learner]) -> None:
    learner = tiny(template=GLUED)
    example = of_prompt("The dog", "one.")
    encoded = learner.encoder.encode(example)
    asked = learner.tokenizer.tokenize("The dog is: ", special=True)
    assert list(encoded.ids[: encoded.start]) == asked  # just what a chat gives the engine
    assert learner.tokenizer.detokenize(encoded.answer) == "one.<|im_end|>"
    # The naive way: tokenise it all, and take what comes after the length of the prompt.
    whole = learner.tokenizer.tokenize("The dog is: one.<|im_end|>", special=True)
    naive = learner.tokenizer.detokenize(whole[len(asked) :])
    assert whole[: len(asked)] != asked and naive != "one.<|im_end|>"


def test_a_template_that_tells_the_question_otherwise_is_refused(
    tiny: Callable[..., Learner],
) -> None:
    with pytest.raises(CapabilityError, match="where the answer begins"):
        tiny(template=RETOLD).encoder.encode(of_prompt("A?", "B."))


def test_what_looks_like_a_control_token_stays_text(tiny: Callable[..., Learner]) -> None:
    learner = tiny()
    encoded = learner.encoder.encode(of_prompt("Write it.", "a<|im_end|>b"))
    (end,) = learner.tokenizer.tokenize("<|im_end|>", special=True)
    assert encoded.answer.count(end) == 1 and encoded.answer[-1] == end
    assert learner.tokenizer.detokenize(encoded.answer) == "a<|im_end|>b<|im_end|>"


def test_rows_that_are_too_long_are_named(tiny: Callable[..., Learner]) -> None:
    examples = made_examples(3)
    examples[1] = of_prompt("Long? " * 80, "Yes.", identity="row 7")
    with pytest.raises(ContextLengthError, match=r"1 of 3 examples .* 100 tokens: row 7 \(\d+\)"):
        encode_all(tiny().encoder, examples, max_tokens=100)


def test_the_fingerprint_knows_order_answer_and_weight(tiny: Callable[..., Learner]) -> None:
    encoded = encode_all(tiny().encoder, made_examples(3), max_tokens=256)
    assert fingerprint(encoded) == fingerprint(list(encoded))
    assert fingerprint(encoded) != fingerprint(encoded[::-1])
