"""Text to token ids and back, for the engines that run in Python.

One tokenizer, read from a folder's ``tokenizer.json``. What a user typed never becomes a control
token unless the caller says so, and a stream never shows half of a character.
"""

from __future__ import annotations

import codecs
import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, NotFoundError
from workbench.core.optional import require

_NAMED = ("bos", "eos", "unk", "pad", "sep", "cls", "mask")


def open_tokenizer(folder: Path) -> tuple[Any, str]:
    """A folder's ``tokenizers.Tokenizer``, which reads texts whole, and its ``tokenizer.json``.

    Raises:
        MissingExtraError: The extra ``models`` is not installed.
        NotFoundError: The folder has none.
    """
    tokenizers = require("tokenizers", extra="models")
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise NotFoundError(
            f"{folder} has no tokenizer.json", hint="fetch the model again", path=str(path)
        )
    text = path.read_text(encoding="utf-8")
    found = tokenizers.Tokenizer.from_str(text)
    found.no_padding()
    found.no_truncation()
    return found, text


class TextTokenizer:
    """The tokenizer of a Hugging Face folder.

    Attributes:
        chat_template: The model's Jinja template, if the folder has one.
        special_tokens: ``bos_token``, ``eos_token`` and the like.
        bos_id: The token that begins every text, or None if the model was trained without.
        end_ids: The tokens that end an answer.
        json_text: The content of ``tokenizer.json``, for libraries that build their own from it.
    """

    def __init__(self, folder: Path) -> None:
        self._inner, self.json_text = open_tokenizer(Path(folder))
        self._lock = threading.Lock()  # whether control tokens are seen is state of the tokenizer
        config = _read_json(Path(folder) / "tokenizer_config.json")
        self.special_tokens = _named_tokens(config)
        self.chat_template = _find_template(Path(folder), config)
        self.bos_id = self._find_bos(config)
        self.end_ids = self._find_ends(Path(folder))
        # Embeddings are often padded: the model may then choose an id that stands for nothing.
        self._size = max(
            self.vocabulary_size, int(_read_json(Path(folder) / "config.json").get("vocab_size", 0))
        )
        self._bytes = _PieceBytes(self._inner, self.json_text)

    @property
    def vocabulary_size(self) -> int:
        """Tokens that the tokenizer knows; the model's own table may be longer."""
        return int(self._inner.get_vocab_size(with_added_tokens=True))

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """The token ids of ``text``, nothing added.

        With ``special``, texts such as ``<|im_start|>`` become their control token; without it
        they stay the characters that a user typed.
        """
        with self._lock:
            self._inner.encode_special_tokens = not special
            return list(self._inner.encode(text, add_special_tokens=False).ids)

    def tokenize_for_embedding(self, texts: Sequence[str], *, max_tokens: int) -> list[list[int]]:
        """The ids of each text with what the model expects around it (``[CLS]`` and ``[SEP]``).

        A text longer than ``max_tokens`` is cut at its end, the surrounding tokens are kept.
        """
        with self._lock:
            self._inner.encode_special_tokens = True
            self._inner.enable_truncation(max_tokens)
            try:
                encoded = self._inner.encode_batch(list(texts), add_special_tokens=True)
            finally:
                self._inner.no_truncation()
        return [list(one.ids) for one in encoded]

    def detokenize(self, ids: Sequence[int]) -> str:
        """The text of ``ids``, control tokens included; bytes that are no UTF-8 as U+FFFD.

        Raises:
            InputError: An id lies outside the vocabulary.
        """
        if self._bytes.known:
            whole = b"".join(self.token_bytes(token_id) for token_id in ids)
            return whole.decode("utf-8", "replace")
        for token_id in ids:
            self.token_bytes(token_id)
        return str(self._inner.decode(list(ids), skip_special_tokens=False))

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes that one token stands for, perhaps a part of a character.

        Raises:
            InputError: The id lies outside the vocabulary.
        """
        if not 0 <= token_id < self._size:
            raise InputError(
                f"token id {token_id} lies outside the vocabulary of {self._size}",
                hint="use ids that the same model's tokenize gave",
            )
        return self._bytes.of(token_id)

    def is_control(self, token_id: int) -> bool:
        """Whether a token steers the model rather than standing for text."""
        return token_id in self._bytes.control_ids

    def stream_text(self) -> TextStream:
        """A new incremental detokenizer."""
        return TextStream(self)

    def _find_bos(self, config: Mapping[str, Any]) -> int | None:
        if not config.get("add_bos_token", self._template_adds_bos(config)):
            return None
        return self._id_of(self.special_tokens.get("bos_token"))

    def _template_adds_bos(self, config: Mapping[str, Any]) -> bool:
        # Llama 3 folders say it only in the post-processor of tokenizer.json.
        bos = self.special_tokens.get("bos_token")
        processor = json.loads(self.json_text).get("post_processor")
        return bos is not None and bos in json.dumps(processor, ensure_ascii=False)

    def _find_ends(self, folder: Path) -> frozenset[int]:
        for name in ("generation_config.json", "config.json"):
            ends = _read_json(folder / name).get("eos_token_id")
            if ends is not None:
                break
        found = [ends] if isinstance(ends, int) else list(ends or [])
        eos = self._id_of(self.special_tokens.get("eos_token"))
        return frozenset([*found, *([eos] if eos is not None else [])])

    def _id_of(self, token: str | None) -> int | None:
        found = self._inner.token_to_id(token) if token is not None else None
        return None if found is None else int(found)


class TextStream:
    """Turns tokens into text as they come, a character only once all its bytes are there."""

    def __init__(self, tokenizer: TextTokenizer) -> None:
        self._tokenizer = tokenizer
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, token_id: int) -> str:
        """The text that is complete with this token; a control token shows nothing."""
        if self._tokenizer.is_control(token_id):
            return ""
        return self._decoder.decode(self._tokenizer.token_bytes(token_id))

    def finish(self) -> str:
        """What is left: U+FFFD for a character that never became whole."""
        return self._decoder.decode(b"", final=True)


class StopMatcher:
    """Finds the first stop text in a stream and holds back what might begin one.

    >>> matcher = StopMatcher(("END",))
    >>> matcher.feed("one E"), matcher.feed("x EN"), matcher.feed("D two")
    ('one ', 'Ex ', '')
    >>> matcher.stopped, matcher.found
    (True, 'END')
    """

    def __init__(self, stops: Sequence[str]) -> None:
        if any(not stop for stop in stops):
            raise InputError("a stop text is empty", hint="leave it out of `stop`")
        self._stops = tuple(stops)
        self._held = ""
        self.found: str | None = None

    @property
    def stopped(self) -> bool:
        """Whether a stop text came; ``found`` is which."""
        return self.found is not None

    def feed(self, text: str) -> str:
        """The text that may be shown now."""
        if self.stopped:
            return ""
        self._held += text
        places = [(place, stop) for stop in self._stops if (place := self._held.find(stop)) >= 0]
        if places:
            place, self.found = min(places)
            shown, self._held = self._held[:place], ""
            return shown
        keep = self._length_that_may_begin_a_stop()
        shown, self._held = (
            self._held[: len(self._held) - keep],
            self._held[len(self._held) - keep :],
        )
        return shown

    def finish(self) -> str:
        """What was held back, at the end of a stream that met no stop text."""
        shown, self._held = self._held, ""
        return shown

    def _length_that_may_begin_a_stop(self) -> int:
        longest = max((len(stop) - 1 for stop in self._stops), default=0)
        for length in range(min(longest, len(self._held)), 0, -1):
            if any(stop.startswith(self._held[-length:]) for stop in self._stops):
                return length
        return 0


class _PieceBytes:
    """What bytes each token stands for, by the kind of tokenizer."""

    def __init__(self, inner: Any, json_text: str) -> None:
        content = json.loads(json_text)
        self._inner = inner
        self._added = {token["id"]: token["content"] for token in content.get("added_tokens", [])}
        self.control_ids = frozenset(
            token["id"] for token in content.get("added_tokens", []) if token["special"]
        )
        decoder = json.dumps(content.get("decoder"))
        self._by_letter = _letters_of_bytes() if '"ByteLevel"' in decoder else None
        self._sentence_piece = '"ByteFallback"' in decoder or '"Metaspace"' in decoder
        self.known = self._by_letter is not None or self._sentence_piece

    def of(self, token_id: int) -> bytes:
        if token_id in self._added:
            return str(self._added[token_id]).encode()
        piece = self._inner.id_to_token(token_id)
        if piece is None:
            return b""
        if self._by_letter is not None:
            return b"".join(
                self._by_letter[letter] if letter in self._by_letter else letter.encode()
                for letter in piece
            )
        if self._sentence_piece:
            if len(piece) == 6 and piece.startswith("<0x") and piece.endswith(">"):
                return bytes.fromhex(piece[3:5])
            return str(piece).replace("▁", " ").encode()
        return str(piece).encode()


def _letters_of_bytes() -> dict[str, bytes]:
    """GPT-2's alphabet: printable bytes are their own letter, the others follow from U+0100."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return {chr(byte if byte in printable else next(others)): bytes([byte]) for byte in range(256)}


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(
            f"{path} is not valid JSON: {error}", hint="fetch the model again"
        ) from None
    return content if isinstance(content, dict) else {}


def _named_tokens(config: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for name in _NAMED:
        token = config.get(f"{name}_token")
        if isinstance(token, Mapping):
            token = token.get("content")
        if isinstance(token, str):
            found[f"{name}_token"] = token
    return found


def _find_template(folder: Path, config: Mapping[str, Any]) -> str | None:
    beside = folder / "chat_template.jinja"
    if beside.is_file():
        return beside.read_text(encoding="utf-8")
    template = config.get("chat_template")
    if isinstance(template, list):  # several named ones, as Command R has
        named = {entry.get("name"): entry.get("template") for entry in template}
        template = named.get("default")
    return template if isinstance(template, str) else None
