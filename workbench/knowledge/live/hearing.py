"""What a door's message does: who may read asks and is there, who may write changes the page."""

from __future__ import annotations

from workbench.core.errors import AccessError, InputError, LimitError

from .doors import Door, Outbox
from .messages import (
    ASK_AWARENESS,
    AWARENESS,
    STEP1,
    STEP2,
    Message,
    read_message,
    refused_message,
    stored_message,
    sync_message,
)
from .open_page import OpenPage
from .presence_messages import ask_for_more, tell_all, tell_moved

MOST_FAULTS = 50  # one after another


def hear(page: OpenPage, door: Door, data: bytes, out: Outbox) -> bytes:
    """Do what a message asks for; returns what it changed on the page.

    The door's rights are those of this moment: whether it may read was looked at just now.

    Raises:
        InputError: It is malformed, or the last of too many that could not be taken.
    """
    message = read_message(data)
    if message.kind == AWARENESS:
        tell_moved(page, door, message.body, out)
    elif message.kind == ASK_AWARENESS:
        tell_all(page, door, out)
    elif message.step == STEP1:
        out.send(door, sync_message(STEP2, page.since(message.body)))
    else:
        door.heard += 1
        changed = _write(page, door, message, out)
        if changed is not None:
            door.faults = 0
            _acknowledge(door, out)
            return changed
        door.faults += 1
        if door.faults > MOST_FAULTS:
            raise InputError(f"{MOST_FAULTS} updates one after another could not be taken")
    return b""


def _write(page: OpenPage, door: Door, message: Message, out: Outbox) -> bytes | None:
    """What an update changed; None if it was not taken, which its writer was told."""
    if not message.is_update:
        return b""
    try:
        if not door.rights.edit and page.has(message.body):
            return b""  # some clients send back what they are sent
        require_edit(door)
        missing = page.missing_from(message.body)
        if not missing:
            return page.take(message.body, user=door.signed.user)
    except (AccessError, LimitError) as error:
        out.send(door, refused_message(str(error)))
        _acknowledge(door, out)
        return None
    # It refers to what is not here. Who is asked how far the page has got sends all of it.
    ask_for_more(page, door, out)
    return None


def require_edit(door: Door) -> None:
    """Raise AccessError unless who came in by this door may write there now."""
    if not door.rights.edit:
        raise AccessError(door.rights.said, reason="role", verb="edit", space=door.space)


def _acknowledge(door: Door, out: Outbox) -> None:
    if door.acknowledges:
        out.send(door, stored_message(door.heard))
