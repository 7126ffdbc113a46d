"""Who is there: what a reader says of himself has no effect on others but to be shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.core.errors import InputError
from workbench.knowledge.live import presence
from workbench.knowledge.live.messages import STORED, write_block, write_integer
from workbench.knowledge.live.presence import Presence
from workbench.knowledge.live.server import LiveServer

from .conftest import SPACE, People
from .raw import presences, raw


def said(*clients: tuple[int, int, Any]) -> bytes:
    """The body of an awareness message: number, count and state, which may be JSON as it is."""
    parts = [write_integer(len(clients))]
    for client, clock, state in clients:
        text = state if isinstance(state, bytes) else json.dumps(state).encode()
        parts += [write_integer(client), write_integer(clock), write_block(text)]
    return b"".join(parts)


def told(body: bytes | None) -> dict[int, Any]:
    assert body is not None
    return presences([b"\x01" + write_block(body)])


def test_one_message_is_not_made_into_many() -> None:
    """A client that is named again and again is told of once, with what was said last."""
    large = {"a": "x" * 8000}
    body = said(*((7, clock, {}) for clock in range(1, 1000)), (7, 1000, large))
    answer = Presence().hear(body, door=1, user="rob")
    assert told(answer) == {7: large | {"user": {"name": "rob"}}}
    assert answer is not None and len(answer) < 9000
    with pytest.raises(InputError, match="it may tell of"):
        Presence().hear(
            said(*((7, clock, {}) for clock in range(presence.MOST_TOLD + 1))), door=1, user="rob"
        )


@pytest.mark.parametrize(
    "state", [b'{"a":NaN}', b'{"a":-Infinity}', b'{"cursor":1e999}', b'{"user":{"x":NaN}}']
)
def test_what_browsers_cannot_read_is_not_sent_on(state: bytes) -> None:
    with pytest.raises(InputError, match="is not text that can be sent on"):
        Presence().hear(said((7, 1, state)), door=1, user="rob")


def test_a_count_leaves_room_for_the_word_that_one_is_gone() -> None:
    """What is told at his going is an integer that clients can read."""
    found = Presence()
    with pytest.raises(InputError, match="too high"):
        found.hear(said((7, 2**53 - 1, {})), door=1, user="rob")
    found.hear(said((7, 2**53 - 2, {})), door=1, user="rob")
    assert told(found.leave(1)) == {7: None}


def test_no_name_that_editors_show_is_another_users() -> None:
    shown = {"user": {"name": "ann", "display_name": "ann", "username": "ann", "color": "red"}}
    state = told(Presence().hear(said((7, 1, shown)), door=1, user="rob"))[7]
    names = dict.fromkeys(("name", "display_name", "username"), "rob")
    assert state == {"user": {**names, "color": "red"}}


def test_nobody_speaks_for_the_number_that_another_writes_under(
    server: LiveServer, people: People
) -> None:
    ann, rob = people.add("ann", _="admin"), people.add("rob", knowledge="reader")
    with raw(server.url, SPACE, token=ann) as writer, raw(server.url, SPACE, token=rob) as reader:
        writer.join()
        writer.write("hello")
        writer.heard(until=STORED)
        number = writer.doc.client_id
        reader.show({"cursor": 0}, client=number)  # before she says where she is
        reader.show({"cursor": 1}, client=78)
        assert set(presences(writer.heard(timeout_s=0.5))) == {78}
        writer.show({"cursor": 5})
        assert presences(reader.heard(timeout_s=0.5))[number]["user"] == {"name": "ann"}
