"""Operations: registered once, called as a function, as data, or from typed text."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from workbench.core import operations
from workbench.core.cancellation import CancelToken, cancellable, check_cancelled
from workbench.core.errors import CancelledError, ConflictError, InputError, NotFoundError
from workbench.core.events import Event, emit
from workbench.core.operations import (
    Operation,
    all_operations,
    find,
    load_room,
    operation,
    rooms,
)

pytestmark = pytest.mark.usefixtures("registry")


@dataclass(frozen=True)
class Sum:
    total: int


@pytest.fixture
def add() -> Callable[..., Sum]:
    @operation("test.add", title="Add two numbers", produces="sum")
    def add(a: int, *, b: int = 2) -> Sum:
        """Add two numbers.

        Args:
            a: The first number.
            b: The second number.
        """
        emit("test.adding")
        return Sum(a + b)

    return add


def test_it_is_still_a_function(add: Callable[..., Sum]) -> None:
    assert add(1) == Sum(3)
    assert add(1, b=5) == add(a=1, b=5) == Sum(6)
    assert add.__name__ == "add"
    assert (add.__doc__ or "").startswith("Add two numbers.")


def test_the_registered_operation(add: Callable[..., Sum]) -> None:
    found = find("test.add")
    assert found is add.operation  # type: ignore[attr-defined]
    assert (found.room, found.verb, found.title) == ("test", "add", "Add two numbers")
    assert found.produces == "sum"
    assert found.help == "Add two numbers."
    assert [(p.name, p.positional, p.required, p.help) for p in found.parameters] == [
        ("a", True, True, "The first number."),
        ("b", False, False, "The second number."),
    ]
    assert found.run({"a": 1}) == Sum(3)
    assert found.run({"a": "1", "b": "4"}, from_text=True) == Sum(5)


def test_a_call_validates(add: Callable[..., Sum]) -> None:
    with pytest.raises(InputError, match=r"parameter 'a' of test.add"):
        add("1")
    with pytest.raises(TypeError):
        add(1, c=2)
    with pytest.raises(InputError, match="has no parameter 'c'"):
        find("test.add").run({"a": 1, "c": 2})


def test_events_of_a_run_share_its_id(add: Callable[..., Sum], heard: list[Event]) -> None:
    add(1)
    add(2)
    kinds = [event.kind for event in heard]
    assert kinds == ["operation.started", "test.adding", "operation.finished"] * 2
    ids = [event.run_id for event in heard]
    assert None not in ids
    assert len(set(ids[:3])) == len(set(ids[3:])) == 1
    assert ids[0] != ids[3]
    assert heard[0].data == {"name": "test.add"}


def test_a_failed_run_says_so(heard: list[Event]) -> None:
    @operation("test.fail", title="Fail")
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [event.kind for event in heard] == ["operation.started", "operation.failed"]


def test_an_operation_in_another_has_its_own_run(
    add: Callable[..., Sum], heard: list[Event]
) -> None:
    @operation("test.outer", title="Outer")
    def outer() -> Sum:
        found = add(1)
        emit("test.after")
        return found

    outer()
    by_kind = {event.kind: event.run_id for event in heard if event.kind.startswith("test.")}
    assert by_kind["test.adding"] != by_kind["test.after"] == heard[0].run_id


def test_another_function_of_the_same_name_is_a_conflict(add: Callable[..., Sum]) -> None:
    with pytest.raises(ConflictError, match=r"'test.add' is already defined by .*add"):

        @operation("test.add", title="Another")
        def other(a: int) -> int:
            return a

    assert find("test.add").title == "Add two numbers"


def test_the_same_function_may_register_again() -> None:
    def make() -> Callable[..., int]:
        @operation("test.same", title="Same")
        def same() -> int:
            return 1

        return same

    make()
    make()  # as when a notebook cell runs twice, or a module is reloaded


@pytest.mark.parametrize("name", ["pull", "models.", ".pull", "Models.pull", "a.b.c", "a.b c", ""])
def test_a_name_is_room_dot_verb(name: str) -> None:
    with pytest.raises(InputError, match=r"must be named room.verb"):

        @operation(name, title="Bad")
        def bad() -> None: ...


def test_a_function_without_types_has_no_schema() -> None:
    @operation("test.untyped", title="Untyped")
    def untyped(a) -> None: ...  # type: ignore[no-untyped-def]

    @operation("test.many", title="Many")
    def many(*names: str) -> None: ...

    for name in ("test.untyped", "test.many"):
        with pytest.raises(TypeError, match="needs a name and a type"):
            _ = find(name).parameters


def wait_until_cancelled() -> None:
    while True:
        check_cancelled()


def test_a_token_stops_a_run_from_another_thread() -> None:
    started = threading.Event()

    @operation("test.wait", title="Wait")
    def wait() -> None:
        started.set()
        wait_until_cancelled()

    token, found = CancelToken(), []

    def work() -> None:
        try:
            find("test.wait").run({}, token=token)
        except CancelledError as error:
            found.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    started.wait()
    token.cancel("enough")
    thread.join(timeout=30)
    assert found == ["cancelled: enough"]


def test_an_inner_run_stops_with_the_outer_one_even_with_a_token_of_its_own() -> None:
    @operation("test.inner", title="Inner")
    def inner() -> None:
        wait_until_cancelled()

    @operation("test.outer", title="Outer")
    def outer() -> None:
        outer_token.cancel("outer")
        find("test.inner").run({}, token=CancelToken())

    outer_token = CancelToken()
    with pytest.raises(CancelledError, match="outer"):
        find("test.outer").run({}, token=outer_token)


def test_a_cancelled_caller_starts_nothing(add: Callable[..., Sum], heard: list[Event]) -> None:
    with cancellable() as token:
        token.cancel()
        with pytest.raises(CancelledError):
            add(1)
    assert heard == []


def test_runs_in_threads_keep_their_ids_apart(add: Callable[..., Sum], heard: list[Event]) -> None:
    threads = [threading.Thread(target=add, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    by_run: dict[str | None, list[str]] = {}
    for event in heard:
        by_run.setdefault(event.run_id, []).append(event.kind)
    assert len(by_run) == 8
    expected = ["operation.started", "test.adding", "operation.finished"]
    assert all(kinds == expected for kinds in by_run.values())


def test_rooms_come_from_the_entry_points() -> None:
    assert rooms()["config"] == "workbench.core.config_operations"
    assert list(rooms()) == sorted(rooms())


def test_a_room_is_loaded_when_it_is_asked_for() -> None:
    assert [found.name for found in load_room("config")] == ["config.show"]
    assert find("config.show").room == "config"


def test_near_matches_of_rooms_and_operations(add: Callable[..., Sum]) -> None:
    assert load_room("test") == [find("test.add")]
    with pytest.raises(NotFoundError, match="did you mean 'config'"):
        load_room("confg")
    with pytest.raises(NotFoundError, match=r"did you mean 'config\.show'"):
        find("config.shw")


def test_all_operations_are_sorted_and_whole() -> None:
    names = [found.name for found in all_operations()]
    assert names == sorted(names)
    assert "config.show" in names


def test_a_module_that_fails_to_load_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong: dict[str, str] = {"broken": "workbench.no_such_module"}
    monkeypatch.setattr(operations, "rooms", lambda: wrong)
    for _ in range(2):
        with pytest.raises(ModuleNotFoundError):
            load_room("broken")


def test_an_operation_is_frozen_and_hides_its_function(add: Callable[..., Sum]) -> None:
    found: Any = find("test.add")
    assert isinstance(found, Operation)
    assert "function" not in repr(found)
    with pytest.raises(AttributeError):
        found.name = "x"


@pytest.fixture
def grouped() -> None:
    """Two verbs in a group and one beside it."""

    def act() -> None:
        """Act."""

    for verb, group in (("pets_add", "pets"), ("pets_put_away", "pets"), ("go_on", None)):
        operation(f"test.{verb}", title="Act", group=group, function=act)


def test_a_group_is_a_word_of_the_command(grouped: None) -> None:
    commands = {name: find(f"test.{name}").command for name in ("pets_put_away", "go_on")}
    assert commands == {
        "pets_put_away": "workbench test pets put-away",
        "go_on": "workbench test go-on",
    }
    with pytest.raises(InputError) as told:
        find("test.pets_add").run({"x": 1})
    assert told.value.hint == "workbench test pets add --help"


@pytest.mark.parametrize(
    ("name", "group"), [("test.pets", None), ("test.go_on_now", "go_on"), ("test.pets", "pet")]
)
def test_a_group_and_a_verb_cannot_have_one_name(
    grouped: None, name: str, group: str | None
) -> None:
    def other() -> None:
        """Act."""

    with pytest.raises((ConflictError, InputError)):
        operation(name, title="Act", group=group, function=other)
    assert name not in operations._registry
