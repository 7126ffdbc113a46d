"""The tokenizer that a GGUF carries, as the ``tokenizer.json`` of a Hugging Face folder.

The aim is that both cut every text into the same tokens as llama.cpp does. Where a model's own
``tokenizer.json`` would also normalise the text (Qwen's NFC), llama.cpp does not, so this does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.core.errors import CapabilityError, IntegrityError
from workbench.models.formats.gguf_reader import GgufArray, GgufFile
from workbench.models.formats.gguf_types import BYTE, CONTROL, UNKNOWN, USER_DEFINED

_PREFIX = "tokenizer.ggml."

# Spelled out as llama.cpp does: ignoring case would also take the long s of old prints.
_CONTRACTIONS = "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]"
_PUBLISHED_CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_WORDS = r"[^\r\n\p{L}\p{N}]?\p{L}+"
_REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
# `tokenizer.ggml.pre`: the pattern that cuts a text before its pieces are merged. None stands for
# GPT-2's own; the flag says that each digit is cut off first.
_PATTERNS: dict[str, tuple[str | None, bool]] = {
    "gpt-2": (None, False),
    "smollm": (None, True),
    "starcoder": (None, True),
    "refact": (None, True),
    "command-r": (None, True),
    "codeshell": (None, True),
    "qwen2": (rf"{_CONTRACTIONS}|{_WORDS}|\p{{N}}|{_REST}", False),
    "llama-bpe": (rf"{_CONTRACTIONS}|{_WORDS}|\p{{N}}{{1,3}}|{_REST}", False),
}
# These take a piece that is a token as it is, without going through the merges.
_IGNORE_MERGES = {"llama-bpe"}

# Control tokens that end an answer, by their text, as llama.cpp takes them too.
_ENDS = {
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "<|eom_id|>",
    "<EOT>",
}


def build_tokenizer(gguf: GgufFile) -> dict[str, Any]:
    """The content of ``tokenizer.json``.

    Raises:
        CapabilityError: The kind of tokenizer is not converted.
        IntegrityError: The vocabulary's parts do not fit together.
    """
    kind = gguf.metadata.get(_PREFIX + "model")
    tokens: list[str] = _array(gguf, "tokens")
    types: list[int] = _array(gguf, "token_type") if _has(gguf, "token_type") else [1] * len(tokens)
    if len(types) != len(tokens):
        raise IntegrityError(
            f"{gguf.path.name} has {len(tokens)} tokens and {len(types)} token types",
            hint="fetch the model again: workbench models pull NAME --force",
        )
    if kind == "gpt2":
        parts = _byte_level(gguf, tokens)
    elif kind == "llama":
        parts = _sentence_piece(gguf, tokens, types)
    else:
        raise CapabilityError(
            f"{gguf.path.name} has a tokenizer of kind {kind!r}; gpt2 and llama are converted",
            hint="load it with engine='llamacpp', or use the model's Hugging Face folder",
        )
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": _added_tokens(tokens, types),
        "post_processor": None,
        **parts,
    }


def build_tokenizer_config(gguf: GgufFile) -> dict[str, Any]:
    """The content of ``tokenizer_config.json``: the named tokens and the chat template."""
    tokens = _array(gguf, "tokens")
    config: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "add_bos_token": adds_bos(gguf),
        "add_eos_token": bool(gguf.metadata.get(_PREFIX + "add_eos_token", False)),
        "clean_up_tokenization_spaces": False,
        "model_max_length": gguf.metadata.get(f"{gguf.architecture}.context_length"),
    }
    for name, key in (
        ("bos", "bos_token_id"),
        ("eos", "eos_token_id"),
        ("unk", "unknown_token_id"),
        ("pad", "padding_token_id"),
    ):
        number = _token_id(gguf, key, len(tokens))
        if number is not None:
            config[f"{name}_token"] = tokens[number]
    template = gguf.metadata.get("tokenizer.chat_template")
    if isinstance(template, str):
        config["chat_template"] = template
    return config


def build_generation_config(gguf: GgufFile) -> dict[str, Any]:
    """The content of ``generation_config.json``: every token that ends an answer."""
    tokens = _array(gguf, "tokens")
    ends = [_token_id(gguf, key, len(tokens)) for key in ("eos_token_id", "eot_token_id")]
    types = _array(gguf, "token_type") if _has(gguf, "token_type") else []
    ends += [
        number
        for number, kind in enumerate(types)
        if kind in (CONTROL, USER_DEFINED) and tokens[number] in _ENDS
    ]
    found = {
        "bos_token_id": _token_id(gguf, "bos_token_id", len(tokens)),
        "eos_token_id": list(dict.fromkeys(number for number in ends if number is not None)),
        "pad_token_id": _token_id(gguf, "padding_token_id", len(tokens)),
    }
    return {name: value for name, value in found.items() if value not in (None, [])}


def find_pre_tokenizer(content: Mapping[str, Any]) -> str:
    """The ``tokenizer.ggml.pre`` that cuts text as the ``tokenizer.json`` of this content does.

    Raises:
        CapabilityError: None of those that are known does.
    """
    wanted = content.get("pre_tokenizer") or {}
    found = wanted.get("pretokenizers", [wanted])
    steps = [_essence(step) for step in found]
    if content["model"]["type"] == "BPE" and content.get("normalizer") in (None, {"type": "NFC"}):
        for pre in _PATTERNS:
            if steps == [_essence(step) for step in _pre_tokenizer_steps(pre)]:
                return pre
    raise CapabilityError(
        "the folder's tokenizer cuts text in a way that is not among those known of GGUF: "
        f"{', '.join(_PATTERNS)}",
        hint="convert it with llama.cpp's own script",
    )


def _essence(step: Mapping[str, Any]) -> dict[str, Any]:
    """A step without what makes no difference to the tokens."""
    found = {key: value for key, value in step.items() if key != "trim_offsets"}
    pattern = found.get("pattern", {}).get("Regex")
    if pattern is not None:
        plain = pattern.replace(_PUBLISHED_CONTRACTIONS, _CONTRACTIONS)
        found["pattern"] = {"Regex": plain}
    return found


def adds_bos(gguf: GgufFile) -> bool:
    """Whether a text begins with the model's first token: what is said, else as llama.cpp does."""
    said = gguf.metadata.get(_PREFIX + "add_bos_token")
    if said is not None:
        return bool(said)
    is_sentence_piece = gguf.metadata.get(_PREFIX + "model") == "llama"
    return is_sentence_piece or gguf.metadata.get(_PREFIX + "pre") == "llama-bpe"


def _byte_level(gguf: GgufFile, tokens: Sequence[str]) -> dict[str, Any]:
    pre = gguf.metadata.get(_PREFIX + "pre", "default")
    if pre not in _PATTERNS:
        raise CapabilityError(
            f"{gguf.path.name} cuts its text in the way {pre!r}; {', '.join(_PATTERNS)} are known",
            hint="load it with engine='llamacpp', or use the model's Hugging Face folder",
        )
    steps = _pre_tokenizer_steps(pre)
    return {
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": steps},
        "decoder": steps[-1],
        "model": _bpe(
            tokens,
            [_split_merge(gguf, merge) for merge in _array(gguf, "merges")],
            ignore_merges=pre in _IGNORE_MERGES,
        ),
    }


def _pre_tokenizer_steps(pre: str) -> list[dict[str, Any]]:
    pattern, single_digits = _PATTERNS[pre]
    steps: list[dict[str, Any]] = []
    if single_digits:
        steps.append({"type": "Digits", "individual_digits": True})
    if pattern is not None:
        regex = {"Regex": pattern}
        steps.append({"type": "Split", "pattern": regex, "behavior": "Isolated", "invert": False})
    steps.append(
        {
            "type": "ByteLevel",
            "add_prefix_space": False,
            "trim_offsets": True,
            "use_regex": pattern is None,
        }
    )
    return steps


def _split_merge(gguf: GgufFile, merge: str) -> tuple[str, str]:
    left, space, right = merge.partition(" ")
    if not space or not left or not right:
        raise IntegrityError(
            f"{gguf.path.name} has the merge {merge!r:.60}, which is not two pieces",
            hint="fetch the model again: workbench models pull NAME --force",
        )
    return left, right


def _sentence_piece(gguf: GgufFile, tokens: Sequence[str], types: Sequence[int]) -> dict[str, Any]:
    scores: list[float] = _array(gguf, "scores")
    if len(scores) != len(tokens):
        raise IntegrityError(
            f"{gguf.path.name} has {len(tokens)} tokens and {len(scores)} scores",
            hint="fetch the model again: workbench models pull NAME --force",
        )
    prefix = bool(gguf.metadata.get(_PREFIX + "add_space_prefix", True))
    spaces: list[dict[str, Any]] = [{"type": "Prepend", "prepend": "▁"}] if prefix else []
    spaces.append({"type": "Replace", "pattern": {"String": " "}, "content": "▁"})
    decoders: list[dict[str, Any]] = [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
    ]
    if prefix:
        decoders.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    unknown = next(
        (token for token, kind in zip(tokens, types, strict=True) if kind == UNKNOWN), None
    )
    plain = {
        token: score
        for token, score, kind in zip(tokens, scores, types, strict=True)
        if kind not in (CONTROL, UNKNOWN, BYTE, USER_DEFINED)
    }
    model = _bpe(tokens, _merges_of_scores(plain), ignore_merges=False)
    model.update(unk_token=unknown, fuse_unk=True, byte_fallback=BYTE in types)
    return {
        "normalizer": {"type": "Sequence", "normalizers": spaces},
        "pre_tokenizer": None,
        "decoder": {"type": "Sequence", "decoders": decoders},
        "model": model,
    }


def _merges_of_scores(scores: dict[str, float]) -> list[tuple[str, str]]:
    """The merges of a SentencePiece vocabulary: every pair that gives a token, best token first."""
    merges = [
        (-score, index, token[:cut], token[cut:])
        for index, (token, score) in enumerate(scores.items())
        for cut in range(1, len(token))
        if token[:cut] in scores and token[cut:] in scores
    ]
    return [(left, right) for _, _, left, right in sorted(merges)]


def _bpe(
    tokens: Sequence[str], merges: Iterable[tuple[str, str]], *, ignore_merges: bool
) -> dict[str, Any]:
    vocabulary: dict[str, int] = {}
    for number, token in enumerate(tokens):
        vocabulary.setdefault(token, number)
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": ignore_merges,
        "vocab": vocabulary,
        "merges": [
            [left, right]
            for left, right in merges
            if left in vocabulary and right in vocabulary and left + right in vocabulary
        ],
    }


def _added_tokens(tokens: Sequence[str], types: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": kind != USER_DEFINED,
        }
        for number, (token, kind) in enumerate(zip(tokens, types, strict=True))
        if kind in (CONTROL, UNKNOWN, USER_DEFINED) and token
    ]


def _has(gguf: GgufFile, name: str) -> bool:
    return isinstance(gguf.metadata.get(_PREFIX + name), GgufArray)


def _array(gguf: GgufFile, name: str) -> list[Any]:
    if not _has(gguf, name):
        raise IntegrityError(
            f"{gguf.path.name} has no {_PREFIX}{name}, so it cannot cut a text into tokens",
            hint="fetch the model again: workbench models pull NAME --force",
        )
    return gguf.array(_PREFIX + name)


def _token_id(gguf: GgufFile, key: str, count: int) -> int | None:
    number = gguf.metadata.get(_PREFIX + key)
    return number if isinstance(number, int) and 0 <= number < count else None
