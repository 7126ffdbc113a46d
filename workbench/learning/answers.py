"""What a learner has, read as plain data: variables by name, and functions by being called.

The same check reads a live kernel (``NamespaceAnswers``) and, when graded, a process in a sandbox
(``kernel_answers.py``). Only plain data comes over, so that no object of the learner's has a say
in whether it is right.
"""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

_DEPTH = 20
_SHOWN = 120
ANSWER_S = 120.0  # how long one call of a learner's function may take, here and in the grading


class WrongAnswer(Exception):  # noqa: N818  a verdict, not a fault
    """An answer is not right. It ends a check and never leaves this room.

    Args:
        expected: What was expected, in words.
        found: What was found, in words.
        why: What the fault probably is.
    """

    def __init__(self, expected: str, found: str, *, why: str = "") -> None:
        super().__init__(expected, found, why)
        self.expected, self.found, self.why = expected, found, why


class Answers(ABC):
    """What a learner has. ``ask`` is given by where it stands."""

    @abstractmethod
    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send one of the requests that ``answer`` knows, and return its answer."""

    def value(self, name: str) -> Any:
        """A variable's value as plain data.

        Raises:
            WrongAnswer: There is none, it was left as ``...``, or it has no plain form.
        """
        said = self.ask({"value": name})
        if "missing" in said:
            raise WrongAnswer(
                f"a variable `{name}`", "none of that name", why="run the cell that sets it"
            )
        if "empty" in said:
            raise WrongAnswer(f"a value in `{name}`", "`...`", why="this task is not done yet")
        if "foreign" in said:
            raise WrongAnswer(
                f"plain data in `{name}` (text, numbers, lists, dictionaries)",
                f"an object of type {_short(said['foreign'])}",
            )
        return said.get("value")

    def call(self, name: str, *arguments: Any, **keywords: Any) -> Any:
        """What a function of the learner's returns for these arguments, as plain data.

        Raises:
            WrongAnswer: There is no such function, it raises, or returns no plain data.
        """
        told = call_text(name, arguments, keywords)
        said = self.ask({"call": name, "arguments": list(arguments), "keywords": keywords})
        if "missing" in said:
            raise WrongAnswer(
                f"a function `{name}`",
                "no function of that name",
                why="run the cell that defines it",
            )
        if "error" in said:
            unwritten = str(said["error"]).startswith("NotImplementedError")
            raise WrongAnswer(
                f"an answer from {told}",
                _short(said["error"]),
                why="this task is not done yet" if unwritten else "the function stopped",
            )
        if "empty" in said or ("value" in said and said["value"] is None):
            raise WrongAnswer(
                f"an answer from {told}", "nothing (None)", why="is there a `return` at its end?"
            )
        if "foreign" in said:
            raise WrongAnswer(
                f"plain data from {told} (text, numbers, lists, dictionaries)",
                f"an object of type {_short(said['foreign'])}",
            )
        return said.get("value")


class NamespaceAnswers(Answers):
    """What stands in a namespace of this process, such as a notebook's."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """See ``Answers.ask``. A call that does not come to its end is a wrong answer."""
        try:
            with _within(ANSWER_S):
                return answer(self._namespace, request)
        except _TooLong:
            raise WrongAnswer(
                f"an answer from `{request.get('call')}`",
                f"none within {ANSWER_S:g} s, so the call was ended",
                why="a loop without an end?",
            ) from None


class _TooLong(BaseException):
    """The time is up. No ``Exception``: a learner's ``except Exception`` shall not catch it."""


@contextlib.contextmanager
def _within(limit_s: float) -> Iterator[None]:
    """Raise ``_TooLong`` in a block that takes longer; only the main thread can be so ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    armed = True

    def ring(number: int, frame: FrameType | None) -> None:
        if armed:
            raise _TooLong

    before = signal.signal(signal.SIGALRM, ring)
    # Again each second: a bare ``except`` in the loop may have swallowed one.
    timer = signal.setitimer(signal.ITIMER_REAL, limit_s, 1.0)
    try:
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, before)


def answer(namespace: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer ``{"value": name}`` or ``{"call": name, "arguments": ..., "keywords": ...}``."""
    if "value" in request:
        name = str(request["value"])
        return _told(namespace[name]) if name in namespace else {"missing": name}
    name = str(request["call"])
    function = namespace.get(name)
    if not callable(function):
        return {"missing": name}
    try:
        result = function(*request["arguments"], **request["keywords"])
    except Exception as error:  # noqa: BLE001  the learner's function: whatever it raises is told
        return {"error": f"{type(error).__name__}: {error}"}
    return _told(result)


def _told(value: Any) -> dict[str, Any]:
    if value is Ellipsis:
        return {"empty": True}
    try:
        return {"value": plain_of(value)}
    except TypeError as error:
        return {"foreign": str(error)}
    except Exception as error:  # noqa: BLE001  the learner's object: its methods may raise anything
        return {"foreign": f"{type(value).__name__}, which raises {type(error).__name__}"}


def plain_of(value: Any, *, depth: int = 0) -> Any:
    """A value as plain data: a new object of a built-in type, whatever class it claims to have.

    Unlike ``core.plain.to_plain`` it keeps NaN, which a check has words for.

    Raises:
        TypeError: There is no plain form; its text is the name of the type.
    """
    kind = type(value)
    if value is None or kind is bool or kind is int or kind is float or kind is str:
        return value
    if depth > _DEPTH:
        raise TypeError(f"{kind.__name__}, nested too deeply")
    if issubclass(kind, bool | int):
        return int.__index__(value)
    if issubclass(kind, float):
        return float.__float__(value)
    if issubclass(kind, str):
        return str.__str__(value)
    if dataclasses.is_dataclass(kind):
        names = [field.name for field in dataclasses.fields(kind)]
        return {name: plain_of(getattr(value, name), depth=depth + 1) for name in names}
    if issubclass(kind, Mapping):
        return {str(key): plain_of(item, depth=depth + 1) for key, item in value.items()}
    if issubclass(kind, list | tuple | set | frozenset):
        return [plain_of(item, depth=depth + 1) for item in value]
    if hasattr(kind, "tolist"):  # numpy arrays and scalars, torch tensors
        return plain_of(value.tolist(), depth=depth + 1)
    raise TypeError(kind.__name__)


def show(value: Any) -> str:
    """A value as a message shows it."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list) and value and all(isinstance(item, float) for item in value):
        return _short("[" + ", ".join(f"{item:.4g}" for item in value) + "]")
    return _short(repr(value))


def call_text(name: str, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> str:
    """A call as a message shows it."""
    parts = [show(item) for item in arguments]
    parts += [f"{key}={show(item)}" for key, item in keywords.items()]
    return f"{name}({', '.join(parts)})"


def _short(said: Any) -> str:
    text = str(said)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
