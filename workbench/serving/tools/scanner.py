"""The model's JSON read as it grows: which tool, its arguments, or the plain answer.

Nothing waits for the end: a tool's name is told once it is whole, arguments and text as they come.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Literal

from workbench.core.errors import EngineError
from workbench.serving.tools.schema import ANSWER, ARGUMENTS, TOOL

Kind = Literal["tool", "arguments", "answer"]
Reading = Generator[None, str, str]
_SPACE = " \t\r\n"
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_REPLACEMENT = "\ufffd"


class Scanner:
    """Reads one answer. Feed it text, it gives what was read: kinds with their parts."""

    def __init__(self) -> None:
        self._found: list[tuple[Kind, str]] = []
        self._back = ""  # a character that was read too far
        self._reading = self._read()
        next(self._reading)

    def feed(self, text: str) -> list[tuple[Kind, str]]:
        """What is known now and was not before.

        Raises:
            EngineError: The text is not the JSON that was asked for.
        """
        self._found = []
        for char in text:
            self._reading.send(char)
        return self._found

    def _tell(self, kind: Kind, part: str) -> None:
        if kind != "tool" and self._found and self._found[-1][0] == kind:
            self._found[-1] = (kind, self._found[-1][1] + part)
        else:
            self._found.append((kind, part))

    def _next(self) -> Reading:
        if self._back:
            char, self._back = self._back, ""
            return char
        return (yield)

    def _skip(self) -> Reading:
        char = yield from self._next()
        while char in _SPACE:
            char = yield from self._next()
        return char

    def _read(self) -> Generator[None, str, None]:
        char = yield from self._skip()
        if char == "{":
            yield from self._object()
        elif char == "[":
            while (char := (yield from self._skip())) != "]":
                if char == "{":
                    yield from self._object()
                elif char != ",":
                    raise _unexpected(char)
        else:
            raise _unexpected(char)
        while True:  # nothing but white space can follow
            yield

    def _object(self) -> Reading:
        while (char := (yield from self._skip())) != "}":
            if char == ",":
                continue
            if char != '"':
                raise _unexpected(char)
            key = yield from self._string(None)
            colon = yield from self._skip()
            if colon != ":":
                raise _unexpected(colon)
            char = yield from self._skip()
            yield from self._value(key, char)
        return char

    def _value(self, key: str, char: str) -> Reading:
        if key == TOOL and char == '"':
            self._tell("tool", (yield from self._string(None)))
        elif key == ARGUMENTS:
            yield from self._raw(char, "arguments")
        elif key == ANSWER and char == '"':
            yield from self._string("answer")
        elif key == ANSWER:
            yield from self._raw(char, "answer")
        else:
            raise EngineError(f"the model wrote a field {key[:40]!r} that its schema lacks")
        return ""

    def _raw(self, char: str, kind: Kind) -> Reading:
        """A value passed on as it is written."""
        depth, quoted = 0, False
        while True:
            if quoted:
                if char == "\\":
                    self._tell(kind, char)
                    char = yield from self._next()
                elif char == '"':
                    quoted = False
            elif char == '"':
                quoted = True
            elif char in "{[":
                depth += 1
            elif depth == 0 and char in ",}]":
                self._back = char
                return ""
            elif char in "}]":
                depth -= 1
                if depth == 0:
                    self._tell(kind, char)
                    return ""
            self._tell(kind, char)
            char = yield from self._next()

    def _string(self, kind: Kind | None) -> Reading:
        """A text after its first quote: told as it comes, or given whole if ``kind`` is None."""
        parts: list[str] = []
        high = ""
        while (char := (yield from self._next())) != '"':
            if char == "\\":
                char = yield from self._escape()
            if high:
                pair = (high + char).encode("utf-16", "surrogatepass")
                char = pair.decode("utf-16", "replace")
                high = ""
            elif "\ud800" <= char <= "\udbff":
                high = char
                continue
            elif "\udc00" <= char <= "\udfff":
                char = _REPLACEMENT
            if kind is None:
                parts.append(char)
            else:
                self._tell(kind, char)
        if high:
            parts.append(_REPLACEMENT)
            if kind is not None:
                self._tell(kind, _REPLACEMENT)
        return "".join(parts)

    def _escape(self) -> Reading:
        char = yield from self._next()
        if char != "u":
            return _ESCAPES.get(char, char)
        digits = ""
        for _ in range(4):
            digits += yield from self._next()
        return chr(int(digits, 16))


def _unexpected(char: str) -> EngineError:
    return EngineError(
        f"the model wrote {char!r} where its schema allows none",
        hint="the engine did not keep to the schema; try another engine",
    )
