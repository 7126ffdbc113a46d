"""Pieces put together again: the whole of each choice, for answers that are not streamed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from workbench.models.virtual import Citation
from workbench.serving.call import Piece, ToolCall, Usage


@dataclass
class Choice:
    """One choice of an answer, or one input's answer."""

    index: int
    text: str = ""
    tool_calls: list[ToolCall] = field(default_factory=list)
    logprobs: list[Any] = field(default_factory=list)
    vector: tuple[float, ...] | None = None
    finish_reason: str = "stop"
    stop_text: str | None = None
    citations: list[Citation] = field(default_factory=list)
    abstained: bool | None = None


def fold(pieces: Iterable[Piece]) -> tuple[list[Choice], Usage]:
    """The choices in their order, and what the answer used."""
    choices: dict[int, Choice] = {}
    texts: dict[int, list[str]] = {}
    usage = Usage()
    for piece in pieces:
        choice = choices.get(piece.index)
        if choice is None:
            choice = choices[piece.index] = Choice(piece.index)
            texts[piece.index] = []
        if piece.text:
            texts[piece.index].append(piece.text)
        if piece.tool_calls:
            _add_calls(choice.tool_calls, piece.tool_calls)
        if piece.logprobs:
            choice.logprobs.extend(piece.logprobs)
        if piece.vector is not None:
            choice.vector = piece.vector
        if piece.finish_reason is not None:
            choice.finish_reason = piece.finish_reason
            choice.stop_text = piece.stop_text
        if piece.citations:
            choice.citations.extend(piece.citations)
        if piece.abstained is not None:
            choice.abstained = piece.abstained
        if piece.usage is not None:
            usage = piece.usage
    for index, parts in texts.items():
        choices[index].text = "".join(parts)
    return [choices[index] for index in sorted(choices)], usage


def _add_calls(calls: list[ToolCall], parts: Iterable[ToolCall]) -> None:
    for part in parts:
        if part.name:
            calls.append(part)
            continue
        place = next(n for n in range(len(calls) - 1, -1, -1) if calls[n].id == part.id)
        begun = calls[place]
        calls[place] = ToolCall(begun.id, begun.name, begun.arguments + part.arguments)
