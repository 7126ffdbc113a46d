"""Who is told when somebody comes, moves a cursor or goes."""

from __future__ import annotations

from .doors import Door, Outbox
from .messages import STEP1, awareness_message, sync_message
from .open_page import OpenPage


def tell_here(page: OpenPage, door: Door, out: Outbox) -> None:
    """To who comes in: who is there; and if he may write, how far the page has got.

    A reader is not asked for what he has: what he would answer would be refused.
    """
    if door.rights.edit:
        ask_for_more(page, door, out)
    tell_all(page, door, out)


def ask_for_more(page: OpenPage, door: Door, out: Outbox) -> None:
    """To one door: how far the page has got; its client answers with what it has beyond that."""
    out.send(door, sync_message(STEP1, page.doc.get_state()))


def tell_all(page: OpenPage, door: Door, out: Outbox) -> None:
    """To one door: who is there."""
    if here := page.presence.all():
        out.send(door, awareness_message(here))


def tell_moved(page: OpenPage, door: Door, data: bytes, out: Outbox) -> None:
    """To the others: what a door says of its clients. Raises InputError if it is malformed."""
    told = page.presence.hear(data, door=door.number, user=door.signed.user, writers=page.writers)
    if told is not None:
        _tell_others(page, door, told, out)


def tell_left(page: OpenPage, door: Door, out: Outbox) -> None:
    """To the others: that a door's clients are gone."""
    told = page.presence.leave(door.number)
    if told is not None:
        _tell_others(page, door, told, out)


def _tell_others(page: OpenPage, door: Door, told: bytes, out: Outbox) -> None:
    message = awareness_message(told)
    for other in page.doors.values():
        if other is not door and other.rights.read:
            out.send(other, message)
