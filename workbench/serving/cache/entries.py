"""A stored answer: its pieces as bytes, with what they cost and whose they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from workbench.models.protocol import TokenLogprob
from workbench.models.virtual import Citation
from workbench.serving.call import Facts, Piece, ToolCall, Usage


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer.

    ``made_s`` is when its run began, ``cost_s`` how long that took: what a hit saves.
    ``body`` is the answer as ``encode_answer`` wrote it.
    """

    key: bytes
    tenant: str
    model: str
    made_s: float
    expires_s: float
    cost_s: float
    body: bytes

    @property
    def size_bytes(self) -> int:
        """What it takes in memory, about."""
        return len(self.body) + len(self.tenant) + len(self.model) + 400


class _Stored(msgspec.Struct, array_like=True, frozen=True):
    """A piece as it is stored."""

    text: str
    index: int
    tool_calls: tuple[ToolCall, ...]
    logprobs: tuple[TokenLogprob, ...]
    vector: tuple[float, ...] | None
    finish_reason: str | None
    usage: Usage | None
    stop_text: str | None = None
    citations: tuple[Citation, ...] = ()
    abstained: bool | None = None


class _Body(msgspec.Struct, array_like=True, frozen=True):
    served_by: str
    pieces: tuple[_Stored, ...]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Body)


def encode_answer(pieces: Sequence[Piece], facts: Facts) -> bytes | None:
    """An answer as bytes, its pieces joined to one a choice; None if it is not worth keeping.

    Kept is what came to its end by itself: every choice has a reason that is the model's, the last
    piece has the usage, and the model that was asked did it alone.
    """
    if facts.fallbacks or not pieces or pieces[-1].usage is None:
        return None
    joined = _join(pieces)
    if any(piece.finish_reason in (None, "cancelled") for piece in joined):
        return None
    stored = tuple(
        _Stored(
            piece.text,
            piece.index,
            piece.tool_calls,
            piece.logprobs,
            piece.vector,
            piece.finish_reason,
            piece.usage,
            piece.stop_text,
            piece.citations,
            piece.abstained,
        )
        for piece in joined
    )
    return _encoder.encode(_Body(facts.served_by, stored))


def decode_answer(body: bytes) -> tuple[str, tuple[Piece, ...]] | None:
    """Who answered, and the pieces; None if another version wrote the bytes."""
    try:
        found = _decoder.decode(body)
    except msgspec.DecodeError:
        return None
    return found.served_by, tuple(
        Piece(
            each.text,
            each.index,
            each.tool_calls,
            each.logprobs,
            each.vector,
            each.finish_reason,
            each.usage,
            each.stop_text,
            each.citations,
            each.abstained,
        )
        for each in found.pieces
    )


def _join(pieces: Sequence[Piece]) -> list[Piece]:
    """One piece a choice, in their order; the usage with the last."""
    if len(pieces) == 1:
        return list(pieces)
    parts: dict[int, list[Piece]] = {}
    for piece in pieces:
        parts.setdefault(piece.index, []).append(piece)
    joined = [_of_choice(index, parts[index]) for index in sorted(parts)]
    joined[-1] = dataclasses.replace(joined[-1], usage=pieces[-1].usage)
    return joined


def _of_choice(index: int, parts: Sequence[Piece]) -> Piece:
    calls: dict[str, ToolCall] = {}
    for part in parts:
        for call in part.tool_calls:
            before = calls.get(call.id)
            calls[call.id] = (
                call
                if before is None
                else ToolCall(call.id, before.name, before.arguments + call.arguments)
            )
    return Piece(
        "".join(part.text for part in parts),
        index,
        tuple(calls.values()),
        tuple(logprob for part in parts for logprob in part.logprobs),
        next((part.vector for part in parts if part.vector is not None), None),
        next((part.finish_reason for part in reversed(parts) if part.finish_reason), None),
        stop_text=next((part.stop_text for part in reversed(parts) if part.stop_text), None),
        citations=tuple(each for part in parts for each in part.citations),
        abstained=next((part.abstained for part in parts if part.abstained is not None), None),
    )
