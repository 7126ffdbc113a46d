"""The converted tokenizer cuts text as llama.cpp does, and streams whole characters only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core import settings
from workbench.core.errors import CapabilityError, InputError, NotFoundError
from workbench.models.engines.llamacpp import LlamaCppEngine
from workbench.models.formats.convert import convert_gguf
from workbench.models.formats.gguf_reader import GgufArray, GgufFile, read_gguf
from workbench.models.formats.gguf_writer import PlannedTensor, encode_entries, write_gguf
from workbench.models.formats.tiny import make_tiny_folder, make_tiny_gguf
from workbench.models.protocol import EngineSettings, ModelFiles
from workbench.models.tokenizer import StopMatcher, TextTokenizer

DATA = Path(__file__).parent / "data"
AWKWARD: list[str] = json.loads((DATA / "awkward_texts.json").read_text())


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TextTokenizer:
    return TextTokenizer(make_tiny_folder(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def default(smollm2_gguf: Path, shared_home_path: Path) -> TextTokenizer:
    with settings.override(home=shared_home_path):
        return TextTokenizer(convert_gguf(smollm2_gguf))


@pytest.fixture(scope="module")
def reference(smollm2_gguf: Path) -> Iterator[LlamaCppEngine]:
    engine = LlamaCppEngine(
        ModelFiles("smollm2-135m", gguf=smollm2_gguf), EngineSettings(context_tokens=256)
    )
    yield engine
    engine.close()


@pytest.mark.model
@pytest.mark.parametrize("special", [False, True])
def test_awkward_texts_are_cut_as_llamacpp_cuts_them(
    default: TextTokenizer, reference: LlamaCppEngine, special: bool
) -> None:
    for text in AWKWARD:
        ids = default.tokenize(text, special=special)
        assert ids == reference.tokenize(text, special=special), text
        assert default.detokenize(ids) == reference.detokenize(ids), text


@pytest.mark.model
def test_special_tokens_and_template_come_from_the_gguf(default: TextTokenizer) -> None:
    assert default.special_tokens["eos_token"] == "<|im_end|>"
    assert default.bos_id is None
    assert default.end_ids == {0, 2}
    assert "<|im_start|>" in (default.chat_template or "")


def test_typed_control_tokens_stay_characters(tiny: TextTokenizer) -> None:
    text = "a<|im_end|>b"
    assert 2 not in tiny.tokenize(text)
    assert 2 in tiny.tokenize(text, special=True)
    assert tiny.detokenize(tiny.tokenize(text)) == text
    assert tiny.detokenize(tiny.tokenize(text, special=True)) == text


@given(st.text())
def test_a_text_comes_back_and_a_stream_gives_the_same(tiny: TextTokenizer, text: str) -> None:
    tokenizer = tiny
    ids = tokenizer.tokenize(text)
    assert tokenizer.detokenize(ids) == text
    stream = tokenizer.stream_text()
    assert "".join([*map(stream.feed, ids), stream.finish()]) == text


def test_a_stream_never_shows_half_a_character(tiny: TextTokenizer) -> None:
    ids = tiny.tokenize("é😀")
    assert len(ids) == 6
    stream = tiny.stream_text()
    assert [stream.feed(token_id) for token_id in ids] == ["", "é", "", "", "", "😀"]
    for token_id in ids[:3]:
        stream.feed(token_id)
    assert stream.finish() == "\ufffd"


def test_a_stream_hides_control_tokens(tiny: TextTokenizer) -> None:
    assert tiny.stream_text().feed(1) == ""
    assert tiny.detokenize([1]) == "<|im_start|>"


def test_ids_outside_the_vocabulary_are_refused(tiny: TextTokenizer) -> None:
    for wrong in (-1, 512):
        with pytest.raises(InputError, match="outside the vocabulary of 512"):
            tiny.detokenize([wrong])


def test_a_folder_without_a_tokenizer_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"tokenizer\.json"):
        TextTokenizer(tmp_path)


def test_a_sentencepiece_gguf_is_cut_as_llamacpp_cuts_it(tmp_path: Path) -> None:
    path = make_sentence_piece_gguf(tmp_path)
    ours = TextTokenizer(convert_gguf(path))
    engine = LlamaCppEngine(ModelFiles("spm", gguf=path), EngineSettings(context_tokens=64))
    try:
        assert ours.bos_id == engine.bos_id == 1
        for text in [*AWKWARD, "the the there", " the", "he  she\nthe"]:
            ids = ours.tokenize(text)
            assert ids == engine.tokenize(text), text
            assert ours.detokenize(ids) == engine.detokenize(ids), text
    finally:
        engine.close()


# Pieces that only some ways of cutting a text let come together.
TELLING = [("1", "2"), ("12", "3"), ("123", "4"), ("Ġ", "1"), ("'", "s"), ("'", "S"), ("Ġ", "Ġ")]
TELLING += [("Ċ", "Ċ"), ("Ġ", "Ċ"), ("!", "Ċ"), ("ĉ", "x"), ("(", "i"), (".", "e"), ("Ġ", "é")]


WAYS = ("gpt-2", "smollm", "qwen2", "llama-bpe")


def make_telling_gguf(pre: str, folder: Path) -> Path:
    source = read_gguf(make_tiny_gguf(folder / "source.gguf"))
    tokens = source.array("tokenizer.ggml.tokens")
    merges = [tuple(merge.split(" ")) for merge in source.array("tokenizer.ggml.merges")]
    told = [pair for pair in TELLING if "".join(pair) not in tokens]
    tokens = tokens[: -len(told)] + ["".join(pair) for pair in told]
    merges = TELLING + [pair for pair in merges if pair not in TELLING]
    known = set(tokens)
    merges = [pair for pair in merges if {*pair, "".join(pair)} <= known]
    changed = {
        "tokenizer.ggml.pre": pre,
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.merges": [" ".join(pair) for pair in merges],
    }
    return rewrite_gguf(source, changed, folder / f"{pre}.gguf")


@pytest.mark.parametrize("pre", WAYS)
def test_each_way_of_cutting_a_text_is_llamacpps(pre: str, tmp_path: Path) -> None:
    path = make_telling_gguf(pre, tmp_path)
    ours = TextTokenizer(convert_gguf(path))
    engine = LlamaCppEngine(ModelFiles(pre, gguf=path), EngineSettings(context_tokens=64))
    try:
        assert ours.bos_id == engine.bos_id
        for text in [*AWKWARD, "123456 12 1.e", "it's IT'S 'ſ", "!\n\n \n x", "  é\t\tx (i"]:
            assert ours.tokenize(text) == engine.tokenize(text), text
    finally:
        engine.close()


def test_those_ways_differ_on_the_same_texts(tmp_path: Path) -> None:
    found = set()
    for pre in WAYS:
        tokenizer = TextTokenizer(convert_gguf(make_telling_gguf(pre, tmp_path)))
        found.add(tuple(tuple(tokenizer.tokenize(text)) for text in AWKWARD))
    assert len(found) == len(WAYS)


def test_an_unknown_way_of_cutting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CapabilityError, match="cuts its text in the way 'default'"):
        convert_gguf(make_telling_gguf("default", tmp_path))


def rewrite_gguf(source: GgufFile, changed: dict[str, Any], path: Path) -> Path:
    """The same tensors under other metadata."""
    metadata = {
        key: source.array(key) if isinstance(value, GgufArray) else value
        for key, value in source.metadata.items()
    }
    tensors = list(source.tensors.values())
    plans = [PlannedTensor(tensor.name, tensor.shape, tensor.type) for tensor in tensors]
    contents = (source.raw(tensor.name).tobytes() for tensor in tensors)
    write_gguf(path, encode_entries({**metadata, **changed}), plans, contents)
    return path


def make_sentence_piece_gguf(folder: Path) -> Path:
    """A tiny llama whose vocabulary is of SentencePiece's kind: scores, and bytes for the rest."""
    source = read_gguf(make_tiny_gguf(folder / "source.gguf"))
    words = ["th", "he", "the", "▁t", "▁the", "▁s", "sh", "re", "▁▁", "er", "there", "▁he"]
    letters = list("▁abcdefghijklmnopqrstuvwxyz.,!?0123456789éß")
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *words, *letters]
    types = [2, 3, 3] + [6] * 256 + [1] * (len(words) + len(letters))
    scores = [0.0] * 259 + [-float(place) for place in range(len(words) + len(letters))]
    spare = 512 - len(pieces)
    changed = {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.pre": None,
        "tokenizer.ggml.merges": None,
        "tokenizer.ggml.add_bos_token": None,
        "tokenizer.ggml.add_space_prefix": None,
        "tokenizer.ggml.tokens": pieces + [f"<spare{place}>" for place in range(spare)],
        "tokenizer.ggml.token_type": types + [5] * spare,
        "tokenizer.ggml.scores": scores + [-1e4] * spare,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.padding_token_id": None,
    }
    return rewrite_gguf(source, changed, folder / "spm.gguf")


@given(
    st.lists(st.text(alphabet="abE\n", max_size=5)),
    st.lists(st.text(alphabet="abE\n", min_size=1, max_size=4), max_size=3),
)
def test_the_matcher_cuts_where_a_search_of_the_whole_text_would(
    parts: list[str], stops: list[str]
) -> None:
    matcher = StopMatcher(stops)
    shown = ""
    for part in parts:
        shown += matcher.feed(part)
        assert not any(stop in shown for stop in stops)
    shown += matcher.finish()
    whole = "".join(parts)
    found = [whole.find(stop) for stop in stops if stop in whole]
    assert matcher.stopped == bool(found)
    if not found:
        assert shown == whole
    else:
        # The first stop text that is complete wins, which a search of the whole also finds.
        assert whole.startswith(shown)
        assert any(whole[len(shown) :].startswith(stop) for stop in stops)


def test_the_matcher_shows_what_cannot_begin_a_stop_text() -> None:
    matcher = StopMatcher(("END",))
    assert [matcher.feed(text) for text in ("one E", "x EN", "D two")] == ["one ", "Ex ", ""]
    assert matcher.stopped
    with pytest.raises(InputError, match="empty"):
        StopMatcher(("",))
