"""From llama.cpp's words to an answer, with what they leave out.

In a stream llama.cpp tells a token together with the text that it completes. Of a character that
several tokens make up (most of Chinese, many emoji, in a small vocabulary) it tells the last token
alone, of a text that might begin a stop text and then ends the answer it tells no text. Both are
found again here: the tokens from the bytes that they must stand for, or else by asking once more.

An answer that it tells as a whole has every token, and an unfinished character as U+FFFD. Of
tokens inside a character, and of those that a stop text cut off, it tells no log-probability.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from workbench.models.protocol import Chunk, TokenLogprob

STOP_REASONS = {"eos": "stop", "word": "stop", "limit": "length"}
_CONTINUATION = bytes(range(0x80, 0xC0))  # bytes that only go on with a character


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

    def text_of(self, token: int) -> str:
        """The text of one token by itself, bytes that are no UTF-8 as U+FFFD."""
        return self.of(token).decode(errors="replace")

    def join(self, tokens: Sequence[int]) -> bytes:
        """The bytes of several tokens."""
        return b"".join(map(self.of, tokens))

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
            if is_held_back(text[:end]):
                for token in self._ids.get(text[start:end], ()):
                    yield token, end


def is_held_back(text: bytes) -> bool:
    """Whether llama.cpp waits for more before it tells a text: one of its last bytes begins a
    character that would be longer than what follows.
    """
    ends = ((0xE0, 0xC0, 2), (0xF0, 0xE0, 3), (0xF8, 0xF0, 4))
    return any(
        byte & mask == head and place < length
        for place, byte in enumerate(reversed(text[-3:]), start=1)
        for mask, head, length in ends
    )


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
            self._told[len(self._ids)] = self._tell(entry)
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

    def _tell(self, entry: dict[str, Any]) -> TokenLogprob:
        # Its own word for the text may hold that of the tokens before, or be empty.
        told = token_logprob(entry, self._alternatives)
        return dataclasses.replace(told, text=self._tokens.text_of(told.id))

    def whole(self, event: dict[str, Any], *, alternatives: int) -> Chunk:
        """The chunk of an answer that was not streamed."""
        self._alternatives = alternatives
        reason, text = event["stop_type"], event["content"]
        ids = list(event["tokens"])
        if reason == "eos":
            ids.pop()
        # A character that is not whole comes as U+FFFD: without one there is nothing to look up.
        if reason != "word" and "\ufffd" in text[-3:]:
            mute = self._mute_tail(ids)
            text = text.removesuffix(mute.decode(errors="replace"))
            text += mute.decode(errors="ignore")
        self._ids = [*ids]
        if self._measure is not None:
            self._told = self._place(event.get("completion_probabilities", ()), ids)
        return _close(self._pass_on(text), event)

    def _place(self, entries: Sequence[dict[str, Any]], ids: list[int]) -> dict[int, TokenLogprob]:
        """Which token each entry is of; there is none where llama.cpp held the text back."""
        told: dict[int, TokenLogprob] = {}
        text = b""
        for place, token in enumerate(ids):
            text = text[-3:] + self._tokens.of(token)
            if is_held_back(text):
                continue
            if len(told) == len(entries) or entries[len(told)]["id"] != token:
                break  # a stop text took the rest; they are measured
            told[place] = self._tell(entries[len(told)])
        return told

    def _mute_tail(self, ids: list[int]) -> bytes:
        """The bytes at the end of an answer that a stream would not have told."""
        text, told = b"", 0
        for token in ids:
            text += self._tokens.of(token)
            told = told if is_held_back(text) else len(text)
        return text[told:]

    def _finish(self, event: dict[str, Any], held: Chunk | None) -> Iterator[Chunk]:
        reason = event["stop_type"]
        self._ids += [None] * (event["tokens_predicted"] - len(self._ids))
        if None in self._ids:
            self._ids[self._sent :] = self._replay()[self._sent : len(self._ids)]
        text = ""
        if reason != "word":  # what might have begun a stop text, and did not
            mute = [token for token in self._ids[self._mute_from :] if token is not None]
            text = self._tokens.join(mute).decode(errors="ignore")
        if reason == "eos":
            if len(self._ids) > self._sent:
                self._ids.pop()
            elif held is not None:
                held = dataclasses.replace(held, ids=held.ids[:-1], logprobs=held.logprobs[:-1])
        if held is not None and (held.text or held.ids):
            yield held
        yield _close(self._pass_on(text), event)


def _close(chunk: Chunk, event: dict[str, Any]) -> Chunk:
    """The last chunk, with what llama.cpp measured of the answer."""
    timings = event.get("timings", {})
    decode_ms = timings.get("predicted_ms")
    return dataclasses.replace(
        chunk,
        finish_reason=STOP_REASONS[event["stop_type"]],
        cached_tokens=timings.get("cache_n"),
        decode_s=None if decode_ms is None else decode_ms / 1000,
        stop_text=event.get("stopping_word") or None,
    )


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
