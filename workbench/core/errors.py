"""Every error that the package raises on purpose.

    WorkbenchError
    ├── ConfigError (ValueError)            a setting is unknown or ill-typed
    ├── InputError (ValueError)             a parameter, prompt or file given by the user is wrong
    │   ├── ContextLengthError              a prompt does not fit in the model's context
    │   └── DataError                       a data set breaks its schema
    ├── NotFoundError (LookupError)         nothing of that name is there
    ├── ConflictError (ValueError)          the state has moved on: a stale lease, a name taken
    ├── AccessError (PermissionError)       the user may not do that
    ├── LimitError (PermissionError)        a rate or a budget (of a key, of privacy) is used up
    ├── BusyError (RuntimeError)            the queue is full; later it may go
    ├── CapacityError (RuntimeError)        it does not fit in the memory that models may take
    ├── DependencyError (ImportError)       an optional package is not installed
    ├── CapabilityError (TypeError)         the engine or model cannot do what was asked
    ├── FetchError (ConnectionError)        a source could not be reached or refused
    ├── PeerError (ConnectionError)         a party of a joint computation is gone
    ├── IntegrityError (ValueError)         bytes do not match their sha256, a chain is broken
    ├── StorageError (OSError)              the disk is full or cannot be written
    ├── EngineError (RuntimeError)          an engine stopped or answered with a fault
    ├── NotebookError (RuntimeError)        a notebook did not run to its end
    │   └── ClaimError (AssertionError)     a claim lies outside its bounds
    ├── DeadlineError (TimeoutError)        something took longer than it was allowed
    └── CancelledError (RuntimeError)       the user or a caller stopped it

Each has a stable ``code`` and a page ``docs/errors/<code>.md``. The message says what was found
and what was allowed; the hint is a command or an action to try.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .near_names import meant, near_names


class WorkbenchError(Exception):
    """The root of the tree.

    Args:
        message: What was found and what was allowed.
        hint: A command or an action that mends it.
        context: Values for programs that catch the error (kept as ``error.context``).
    """

    code = "workbench-error"
    exit_status = 2

    def __init__(self, message: str, *, hint: str | None = None, **context: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.context = context

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions pickle by calling the class with `args`, which would lose the keywords.
        return _rebuild, (type(self), self.message, self.hint, self.context)

    def to_dict(self) -> dict[str, Any]:
        """The error as plain data, for ``--json`` and for job records."""
        return {"code": self.code, "message": self.message, "hint": self.hint}


def _rebuild(
    cls: type[WorkbenchError], message: str, hint: str | None, context: dict[str, Any]
) -> WorkbenchError:
    return cls(message, hint=hint, **context)


class ConfigError(WorkbenchError, ValueError):
    """A setting is unknown or ill-typed."""

    code = "config"


class InputError(WorkbenchError, ValueError):
    """A parameter, prompt or file given by the user is wrong."""

    code = "input"


class ContextLengthError(InputError):
    """A prompt does not fit in the model's context."""

    code = "context-length"


class DataError(InputError):
    """A data set breaks its schema."""

    code = "data"


class NotFoundError(WorkbenchError, LookupError):
    """Nothing of that name is there."""

    code = "not-found"

    @classmethod
    def among(
        cls,
        noun: str,
        name: str,
        known: Iterable[str],
        *,
        hint: str | None = None,
        listed: bool = True,
    ) -> NotFoundError:
        """An error that names the near matches.

        Args:
            noun: What was looked for, e.g. ``"model"``.
            name: The name that was not found.
            known: The names that exist.
            hint: A command that lists them.
            listed: Whether names are told where none is near. Of thousands of things that documents
                mention, the first of the alphabet help nobody.
        """
        choices = sorted(set(known))
        near = near_names(name, choices)
        if near:
            said = meant(near)
        elif choices and not listed:
            said = f"none of {len(choices):,} is like it"
        elif choices:
            # All names where nothing else lists them; beside a hint that does, some are enough.
            most = 8 if hint and len(choices) > 9 else 30
            said = f"known: {list_names(choices, most=most)}"
        else:
            said = f"there is no {noun} yet"
        return cls(f"no {noun} named {name!r}; {said}", hint=hint, noun=noun, name=name, near=near)


def list_names(names: Sequence[str], *, most: int = 30) -> str:
    """Names as a message lists them: all of them, or how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


class ConflictError(WorkbenchError, ValueError):
    """The state has moved on: a stale lease, a name taken."""

    code = "conflict"


class AccessError(WorkbenchError, PermissionError):
    """The user may not do that."""

    code = "access"


class LimitError(WorkbenchError, PermissionError):
    """A rate or a budget is used up: of the user's key, or of a data set's privacy.

    The context says ``limit`` (its name), ``allowed``, ``used``, ``asked`` and ``retry_after_s``,
    which is None where waiting does not help. ``free_in_s`` is when as much of the limit is there
    as it allows, or as this request asked for.
    """

    code = "limit"


class BusyError(WorkbenchError, RuntimeError):
    """The queue is full; later it may go. The context says ``retry_after_s``."""

    code = "busy"


class CapacityError(WorkbenchError, RuntimeError):
    """It does not fit in the memory that models may take.

    The context says ``needed_bytes``, ``budget_bytes`` and ``held_bytes`` (what is in use and may
    not be taken away now).
    """

    code = "capacity"


class DependencyError(WorkbenchError, ImportError):
    """An optional package is not installed."""

    code = "dependency"


class CapabilityError(WorkbenchError, TypeError):
    """The engine or model cannot do what was asked."""

    code = "capability"


class FetchError(WorkbenchError, ConnectionError):
    """A source could not be reached or refused."""

    code = "fetch"


class PeerError(WorkbenchError, ConnectionError):
    """A party of a joint computation died, or closed its line."""

    code = "peer"


class IntegrityError(WorkbenchError, ValueError):
    """Bytes do not match their sha256, or a chain of records is broken."""

    code = "integrity"


class StorageError(WorkbenchError, OSError):
    """The disk is full or cannot be written."""

    code = "storage"


class EngineError(WorkbenchError, RuntimeError):
    """An engine stopped or answered with a fault."""

    code = "engine"


class NotebookError(WorkbenchError, RuntimeError):
    """A notebook did not run to its end."""

    code = "notebook"
    exit_status = 1


class ClaimError(NotebookError, AssertionError):
    """A claim lies outside its bounds."""

    code = "claim"


class DeadlineError(WorkbenchError, TimeoutError):
    """Something took longer than it was allowed."""

    code = "deadline"


class CancelledError(WorkbenchError, RuntimeError):
    """The user or a caller stopped it."""

    code = "cancelled"
    exit_status = 130


def all_errors() -> list[type[WorkbenchError]]:
    """Every class of the tree, the root first."""
    found: list[type[WorkbenchError]] = [WorkbenchError]
    for cls in found:
        found.extend(sub for sub in cls.__subclasses__() if sub not in found)
    return found
