"""Chunks of an answer: when it ends, why, and what of it is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.models.answer import Answer
from workbench.models.batching import batch_by_length
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.protocol import Sampling, TokenLogprob
from workbench.models.tokenizer import TextTokenizer


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> TextTokenizer:
    return TextTokenizer(make_tiny_folder(tmp_path_factory.mktemp("tiny")))


def test_the_models_end_is_no_part_of_the_answer(tokenizer: TextTokenizer) -> None:
    answer = Answer(tokenizer, Sampling())
    token = tokenizer.tokenize("a")[0]
    note = TokenLogprob(token, "a", -0.5)
    first, last = answer.add(token, note), answer.add(2, note)
    assert (first.text, first.ids, first.logprobs, first.finish_reason) == (
        "a",
        (token,),
        (note,),
        None,
    )
    assert (last.text, last.ids, last.logprobs, last.finish_reason) == ("", (), (), "stop")


def test_a_half_character_at_the_end_is_shown_as_such(tokenizer: TextTokenizer) -> None:
    answer = Answer(tokenizer, Sampling(max_tokens=2))
    ids = tokenizer.tokenize("😀")
    assert answer.add(ids[0]).text == ""
    last = answer.add(ids[1])
    assert (last.text, last.finish_reason) == ("\ufffd", "length")


def test_what_was_held_back_for_a_stop_text_comes_with_the_end(tokenizer: TextTokenizer) -> None:
    answer = Answer(tokenizer, Sampling(stop=("xyz",)))
    assert [answer.add(tokenizer.tokenize(letter)[0]).text for letter in "axy"] == ["a", "", ""]
    assert answer.add(2).text == "xy"


def test_a_stop_text_on_the_last_token_counts_as_stop(tokenizer: TextTokenizer) -> None:
    answer = Answer(tokenizer, Sampling(max_tokens=2, stop=("z",)))
    answer.add(tokenizer.tokenize("a")[0])
    last = answer.add(tokenizer.tokenize("z")[0])
    assert (last.text, last.finish_reason) == ("", "stop")


def test_a_fulfilled_schema_and_a_full_context_end_it(tokenizer: TextTokenizer) -> None:
    token = tokenizer.tokenize("a")[0]
    assert Answer(tokenizer, Sampling()).add(token, complete=True).finish_reason == "stop"
    assert Answer(tokenizer, Sampling()).add(token, full=True).finish_reason == "length"
    both = Answer(tokenizer, Sampling(max_tokens=1)).add(token, complete=True)
    assert both.finish_reason == "stop"


@given(st.lists(st.integers(1, 50), max_size=40), st.integers(1, 120), st.integers(1, 9))
def test_batches_hold_every_text_once_and_not_too_much(
    lengths: list[int], batch_tokens: int, batch_size: int
) -> None:
    batches = list(batch_by_length(lengths, batch_tokens=batch_tokens, batch_size=batch_size))
    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))
    for batch in batches:
        longest = max(lengths[place] for place in batch)
        assert len(batch) == 1 or longest * len(batch) <= batch_tokens
        assert len(batch) <= batch_size


def test_a_stop_text_is_found_across_tokens(tokenizer: TextTokenizer) -> None:
    answer = Answer(tokenizer, Sampling(stop=("river go",)))
    text = ""
    for token in tokenizer.tokenize("where does the river go when"):
        chunk = answer.add(token)
        text += chunk.text
        if chunk.finish_reason:
            break
    assert (text, chunk.finish_reason) == ("where does the ", "stop")
