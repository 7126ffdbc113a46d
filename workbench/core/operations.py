"""Define once: a typed function is a Python call, a command, a form, a tool and a job's step.

    @operation("models.pull", title="Fetch a model", produces="model")
    def pull(name: str, *, force: bool = False) -> PulledModel: ...

The signature gives the JSON schema and the validation, the docstring the help. Positional
parameters are the command's arguments, keyword-only ones its options.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast, overload

from . import events, viewers
from .cancellation import CancelToken, cancellable, check_cancelled
from .errors import ConflictError, InputError, NotFoundError
from .schema import Parameter, ParameterModel, parameters_of, summary_of

GROUP = "workbench.rooms"
_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Operation:
    """One thing that a user can ask for. ``name`` is ``room.verb``.

    ``group`` is the word of the command line under which the verb stands with others: the verb
    ``keys_add`` in the group ``keys`` is the command ``keys add``.
    """

    name: str
    function: Callable[..., Any] = field(repr=False)
    title: str
    produces: str | None = None
    group: str | None = None

    @property
    def room(self) -> str:
        """The room that registered it."""
        return self.name.partition(".")[0]

    @property
    def verb(self) -> str:
        """Its name inside the room."""
        return self.name.partition(".")[2]

    @property
    def words(self) -> tuple[str, ...]:
        """What is typed for it after its room: one word, or its group and one word."""
        verb = self.verb if self.group is None else self.verb[len(self.group) + 1 :]
        own = verb.replace("_", "-")
        return (own,) if self.group is None else (self.group.replace("_", "-"), own)

    @property
    def command(self) -> str:
        """The command line that runs it."""
        return " ".join(("workbench", self.room, *self.words))

    @property
    def help(self) -> str:
        """The docstring, without its parameter list."""
        return summary_of(self.function)

    @functools.cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters in order, with types, defaults and the docstring's words on each."""
        return parameters_of(self.function)

    @functools.cached_property
    def _model(self) -> ParameterModel:
        return ParameterModel(self.name, self.parameters, command=self.command)

    def schema(self) -> dict[str, Any]:
        """The parameters as a JSON schema (2020-12) of an object."""
        return self._model.json_schema()

    def validate(self, params: Mapping[str, Any], *, from_text: bool = False) -> dict[str, Any]:
        """Check and convert parameters.

        Args:
            params: By name. Values are plain data.
            from_text: The values were typed, so ``"5"`` may be a number.

        Raises:
            InputError: One is unknown, missing or ill-typed; the message names it and what is
                allowed.
        """
        return self._model.validate(params, from_text=from_text)

    def run(
        self,
        params: Mapping[str, Any],
        *,
        token: CancelToken | None = None,
        from_text: bool = False,
    ) -> Any:
        """Validate, then run under a cancel token, with events at start and end."""
        values = self.validate(params, from_text=from_text)
        return self.call(values, token=token)

    def call(self, values: Mapping[str, Any], *, token: CancelToken | None = None) -> Any:
        """Run with values that are known to be valid."""
        viewers.prepare_notebook()
        reset = events.current_run_id.set(uuid.uuid4().hex)
        try:
            with cancellable(token):
                check_cancelled()
                events.emit("operation.started", name=self.name)
                state = "failed"
                try:
                    result = self.function(**values)
                    state = "finished"
                    return result
                finally:
                    events.emit("operation." + state, name=self.name)
        finally:
            events.current_run_id.reset(reset)


_registry: dict[str, Operation] = {}
_loaded_rooms: set[str] = set()


@overload
def operation(
    name: str, *, title: str, produces: str | None = None, group: str | None = None
) -> Callable[[F], F]: ...
@overload
def operation(
    name: str, *, title: str, produces: str | None = None, group: str | None = None, function: F
) -> F: ...
def operation(
    name: str,
    *,
    title: str,
    produces: str | None = None,
    group: str | None = None,
    function: Any = None,
) -> Any:
    """Register a function as the operation ``room.verb``; it is still called as a function.

    The call validates its arguments, carries a run id for its events, and stops when the caller's
    cancel token is set.

    Args:
        name: ``room.verb``; the verb is lower-case words joined by ``_``.
        title: What it does, in a few words.
        produces: What kind of thing it gives. A ``secret`` is shown once and is no job's result.
        group: The beginning of the verb, if commands with that beginning stand in a group.
        function: The function, where this is not used as a decorator.

    Raises:
        InputError: The name is not ``room.verb``, or does not begin with its group.
        ConflictError: Another function has that name, or a group and a verb have the same.
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"operation {name!r} must be named room.verb, as in models.pull")
    if function is None:
        return lambda given: operation(
            name, title=title, produces=produces, group=group, function=given
        )
    made = Operation(name, function, title, produces, group)
    if group is not None and (not made.verb.startswith(f"{group}_") or made.verb == f"{group}_"):
        raise InputError(f"operation {name!r} is in the group {group!r}, so name it {group}_...")
    other = _registry.get(name)
    if other is not None and _where(other.function) != _where(function):
        raise ConflictError(
            f"operation {name!r} is already defined by {_where(other.function)}",
            hint="give the operation another name",
        )
    for known in _registry.values():
        grouped, alone = (made, known) if known.group is None else (known, made)
        if known.room == made.room and alone.group is None and alone.verb == grouped.group:
            raise ConflictError(
                f"{grouped.name!r} is in the group {grouped.group!r}, which {alone.name!r} takes",
                hint="give the operation another name",
            )
    _registry[name] = made
    signature = inspect.signature(function)

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return made.run(signature.bind(*args, **kwargs).arguments)

    cast(Any, wrapper).operation = made
    return wrapper


def _where(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


@functools.cache
def rooms() -> dict[str, str]:
    """Each room that registers operations, with the module that holds them."""
    # A third of this module's import time, and needed only once rooms are asked for.
    from importlib.metadata import entry_points

    found = entry_points(group=GROUP)
    return {entry.name: entry.value for entry in sorted(found, key=lambda entry: entry.name)}


def load_room(room: str) -> list[Operation]:
    """The operations of one room, whose module is imported if it was not yet.

    Raises:
        NotFoundError: There is no such room.
    """
    if room not in rooms() and not any(name.startswith(room + ".") for name in _registry):
        raise NotFoundError.among("room", room, rooms(), hint="workbench --help")
    if room in rooms() and room not in _loaded_rooms:
        importlib.import_module(rooms()[room])
        _loaded_rooms.add(room)
    return sorted((op for op in _registry.values() if op.room == room), key=lambda op: op.name)


def all_operations() -> list[Operation]:
    """Every operation of every room."""
    for room in rooms():
        load_room(room)
    return sorted(_registry.values(), key=lambda op: op.name)


def find(name: str) -> Operation:
    """The operation ``room.verb``. Raises NotFoundError with near matches."""
    if name not in _registry:
        room = name.partition(".")[0]
        if room in rooms():
            load_room(room)
    if name not in _registry:
        known = [op.name for op in all_operations()]
        raise NotFoundError.among("operation", name, known, hint="workbench --help")
    return _registry[name]
