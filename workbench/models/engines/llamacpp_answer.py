"""From llama.cpp's events to an answer's chunks, with the tokens that its events leave out.

llama.cpp tells a token together with the text that it completes. Of a character that several
tokens make up (most of Chinese, many emoji, in a small vocabulary) it tells the last token alone,
of a text that might begin a stop text and then ends the answer it tells no text. Both are found
again here: the tokens from the bytes that they must stand for, or else by asking once more.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from workbench.models.protocol import Chunk, TokenLogprob

STOP_REASONS = {"eos": "stop", "word": "stop", "limit": "length"}


class TokenBytes:
    """What bytes each token of a GGUF adds to an answer; read when first asked."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @functools.cached_property
    def _table(self) -> list[bytes]:
        from workbench.models.formats.gguf_reader import read_gguf
        from workbench.models.formats.gguf_types import BYTE, CONTROL, USER_DEFINED
        from workbench.models.tokenizer import _letters_of_bytes

        file = read_gguf(self._path)
        texts = file.array("tokenizer.ggml.tokens")
        kinds: list[int] = [1] * len(texts)
        if "tokenizer.ggml.token_type" in file.metadata:
            kinds = file.array("tokenizer.ggml.token_type")
        letters = _letters_of_bytes() if file.metadata["tokenizer.ggml.model"] == "gpt2" else None

        def bytes_of(text: str, kind: int) -> bytes:
            if kind == CONTROL:  # not part of the text of an answer
                return b""
            if kind == BYTE:
                return bytes.fromhex(text[3:5])
            if kind == USER_DEFINED:
                return text.encode()
            if letters is None:
                return text.replace("▁", " ").encode()
            return b"".join(letters.get(letter) or letter.encode() for letter in text)

        return [bytes_of(text, kind) for text, kind in zip(texts, kinds, strict=True)]

    @functools.cached_property
    def _ids(self) -> dict[bytes, list[int]]:
        ids: dict[bytes, list[int]] = {}
        for number, piece in enumerate(self._table):
            if piece:
                ids.setdefault(piece, []).append(number)
        return ids

    def of(self, token: int) -> bytes:
        """The bytes of one token."""
        return self._table[token]

    def fill(self, tokens: Sequence[int | None], text: bytes) -> list[int] | None:
        """The tokens with those that are None found: together they stand for ``text``.

        llama.cpp leaves a token out when the text up to it ends inside a character, so only such
        are looked for, the longest first, as a tokenizer would merge them. None if there are none.
        """
        failed: set[tuple[int, int]] = set()

        def search(number: int, start: int) -> list[int] | None:
            if number == len(tokens):
                return [] if start == len(text) else None
            if (number, start) in failed:
                return None
            for token, end in self._candidates(tokens[number], text, start):
                rest = search(number + 1, end)
                if rest is not None:
                    return [token, *rest]
            failed.add((number, start))
            return None

        return search(0, 0)

    def _candidates(self, told: int | None, text: bytes, start: int) -> Iterator[tuple[int, int]]:
        if told is not None:
            if text.startswith(self.of(told), start):
                yield told, start + len(self.of(told))
            return
        for end in range(min(len(text), start + 32), start, -1):
            if _ends_inside_a_character(text[:end]):
                for token in self._ids.get(text[start:end], ()):
                    yield token, end


def _ends_inside_a_character(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return False


class Answer:
    """One answer as it grows out of llama.cpp's events.

    The token with which a model ends its answer is counted by neither ``ids`` nor ``logprobs``.

    Args:
        tokens: The model's.
        replay: Gives all ids of the same answer, made once more: for what cannot be found.
        measure: Gives the log-probability of a token after the ids before it; None if no
            log-probabilities were asked for.
    """

    def __init__(
        self,
        tokens: TokenBytes,
        replay: Callable[[], list[int]],
        measure: Callable[[list[int], int], TokenLogprob] | None,
    ) -> None:
        self._tokens = tokens
        self._replay = replay
        self._measure = measure
        self._ids: list[int | None] = []
        self._told: dict[int, TokenLogprob] = {}
        self._sent = 0  # ids that were passed on
        self._mute_from = 0  # the first token whose text has not come

    def chunks(self, events: Iterator[dict[str, Any]], *, alternatives: int) -> Iterator[Chunk]:
        """The chunks of an answer, the last with its ``finish_reason``."""
        self._alternatives = alternatives
        held: Chunk | None = None
        for event in events:
            if event["stop"]:
                yield from self._finish(event, held)
                return
            released = self._mute_from < len(self._ids)
            chunk = self._grow(event)
            if held is not None:
                yield held
            # The token that ends an answer has no text, or comes with text that was held back.
            held = chunk if released or not chunk.text else None
            if held is None:
                yield chunk

    def _grow(self, event: dict[str, Any]) -> Chunk:
        ids, text = event["tokens"], event["content"]
        self._ids += [None] * (event["tokens_predicted"] - len(self._ids) - len(ids))
        for entry in event.get("completion_probabilities", ())[: len(ids)]:
            told = token_logprob(entry, self._alternatives)
            if len(self._ids) > self._mute_from:  # its text is that of the tokens before it, too
                own = self._tokens.of(told.id).decode(errors="replace")
                told = dataclasses.replace(told, text=own)
            self._told[len(self._ids)] = told
        self._ids += ids
        if text:
            if None in self._ids[self._mute_from :]:
                found = self._tokens.fill(self._ids[self._mute_from :], text.encode())
                self._ids[self._mute_from :] = found or self._ids[self._mute_from :]
            self._mute_from = len(self._ids)
        return self._pass_on(text)

    def _pass_on(self, text: str) -> Chunk:
        """A chunk with the text and every id up to the first that is not known yet."""
        start = self._sent
        known = self._ids.index(None, start) if None in self._ids[start:] else len(self._ids)
        ids = [token for token in self._ids[start:known] if token is not None]
        self._sent = known
        if self._measure is None:
            return Chunk(text, tuple(ids))
        before = [token for token in self._ids[:start] if token is not None]
        logprobs = tuple(
            self._told.get(start + place) or self._measure([*before, *ids[:place]], token)
            for place, token in enumerate(ids)
        )
        return Chunk(text, tuple(ids), logprobs)

    def _finish(self, event: dict[str, Any], held: Chunk | None) -> Iterator[Chunk]:
        reason = event["stop_type"]
        self._ids += [None] * (event["tokens_predicted"] - len(self._ids))
        mute = self._ids[self._mute_from :]
        text = ""
        if reason == "limit" and None not in mute:  # it might have begun a stop text, and did not
            text = b"".join(self._tokens.of(token) for token in mute if token is not None).decode(
                errors="ignore"
            )
        if None in self._ids:
            self._ids[self._sent :] = self._replay()[self._sent : len(self._ids)]
        if reason == "eos":
            if len(self._ids) > self._sent:
                self._ids.pop()
            elif held is not None:
                held = dataclasses.replace(held, ids=held.ids[:-1], logprobs=held.logprobs[:-1])
        if held is not None and (held.text or held.ids):
            yield held
        yield dataclasses.replace(self._pass_on(text), finish_reason=STOP_REASONS[reason])


def token_logprob(entry: dict[str, Any], alternatives: int) -> TokenLogprob:
    """llama.cpp's word on one token, with the likeliest others."""
    return TokenLogprob(
        int(entry["id"]),
        entry["token"],
        float(entry["logprob"]),
        tuple(
            (other["token"], float(other["logprob"]))
            for other in entry["top_logprobs"][:alternatives]
        ),
    )
