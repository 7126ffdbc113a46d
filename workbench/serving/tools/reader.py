"""The answer of a model that was given tools as text: its pieces read back into calls."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Sequence

from workbench.models.tokenizer import StopMatcher
from workbench.serving.call import Call, Piece, ToolCall
from workbench.serving.tools.compiling import has_tools
from workbench.serving.tools.scanner import Scanner


class ToolReader:
    """Reads the pieces of one answer, all its choices.

    Args:
        call: As it came, before ``compile_tools``.
    """

    def __init__(self, call: Call) -> None:
        self._tools = has_tools(call)
        self._stops = tuple(call.sampling.get("stop") or ())
        self._choices: dict[int, _ChoiceReader] = {}

    def feed(self, piece: Piece) -> Sequence[Piece]:
        """What a piece of the model's answer is to the client: none, one or several pieces.

        Raises:
            EngineError: The answer is not the JSON that was asked for.
        """
        if not self._tools:
            return (piece,)
        choice = self._choices.get(piece.index)
        if choice is None:
            choice = self._choices[piece.index] = _ChoiceReader(piece.index, self._stops)
        return choice.feed(piece)


class _ChoiceReader:
    """Reads one choice."""

    def __init__(self, index: int, stops: Sequence[str]) -> None:
        self._index = index
        self._scanner = Scanner()
        self._stops = StopMatcher(stops)
        self._call_id = ""

    def feed(self, piece: Piece) -> list[Piece]:
        found = [part for told in self._scanner.feed(piece.text) if (part := self._part(*told))]
        if piece.finish_reason is None and piece.usage is None:
            return found
        reason, stop_text = piece.finish_reason, piece.stop_text
        if reason is not None:
            if held := self._stops.finish():
                found.append(Piece(held, self._index))
            if self._stops.stopped:
                reason, stop_text = "stop", self._stops.found
            elif self._call_id and reason == "stop":
                reason = "tool_calls"
        found.append(dataclasses.replace(piece, text="", finish_reason=reason, stop_text=stop_text))
        return found

    def _part(self, kind: str, text: str) -> Piece | None:
        if kind == "tool":
            self._call_id = f"call_{secrets.token_hex(12)}"
            return Piece(index=self._index, tool_calls=(ToolCall(self._call_id, text, ""),))
        if kind == "arguments":
            return Piece(index=self._index, tool_calls=(ToolCall(self._call_id, "", text),))
        shown = self._stops.feed(text)
        return Piece(shown, self._index) if shown else None
