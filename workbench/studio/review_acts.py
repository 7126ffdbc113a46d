"""What the review page's script may ask for: each message is checked, and is one verb of the desk.

The page's buttons are no boundary: whoever sends a message of his own gets what his session allows,
for the desk asks the same operation that refuses it on the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError

if TYPE_CHECKING:
    from workbench.knowledge.review.desk import Desk
    from workbench.knowledge.shared.settling import Choice

Message = Mapping[str, Any]


def act(desk: Desk, message: Message) -> tuple[str, dict[str, Any]]:
    """Do what a message asks for; what is said of it, and more for the script.

    Raises:
        InputError: It asks for nothing that there is.
        WorkbenchError: What the verb raises.
    """
    name = message.get("act")
    if not isinstance(name, str) or name not in ACTS:
        raise InputError(f"the page asks for {name!r:.80}, which is no verb of it")
    found = ACTS[name](desk, message)
    return found if isinstance(found, tuple) else (found, {})


def _sign_in(desk: Desk, message: Message) -> tuple[str, dict[str, Any]]:
    user = _text(message, "user")
    device = _text(message, "device") if message.get("device") is not None else None
    proof = desk.sign_in(user, _text(message, "password"), device=device)
    return f"Signed in as {user}.", {"device": proof, "user": user}


def _depart(desk: Desk, message: Message) -> tuple[str, dict[str, Any]]:
    provider = _text(message, "provider")
    gone = desk.visitor.depart(provider, page=_text(message, "page"))
    return "", {"url": gone.url, "browser": gone.browser, "provider": provider}


def _arrive(desk: Desk, message: Message) -> tuple[str, dict[str, Any]]:
    query = message.get("query")
    if not isinstance(query, dict) or not all(isinstance(each, str) for each in query.values()):
        raise InputError("the page sends no answer of a provider")
    browser = _text(message, "browser") if message.get("browser") is not None else None
    proof = desk.arrive(_text(message, "provider"), query, browser=browser)
    user = desk.shown.user
    return f"Signed in as {user}.", {"device": proof, "user": user}


def _sign_out(desk: Desk, message: Message) -> tuple[str, dict[str, Any]]:
    page = _text(message, "page") if message.get("page") is not None else None
    there = desk.sign_out(page=page)
    return "Signed out.", {"there": there and {"url": there[0], "label": there[1]}}


def _show(_desk: Desk, _message: Message) -> str:
    return ""


def _space(desk: Desk, message: Message) -> str:
    desk.choose_space(_text(message, "space"))
    return ""


def _open(desk: Desk, message: Message) -> str:
    desk.open_proposal(_number(message, "number"))
    return ""


def _close(desk: Desk, _: Message) -> str:
    desk.close_proposal()
    return ""


def _reload(desk: Desk, _: Message) -> str:
    desk.reload()
    return "This is how it is now."


def _unfold(desk: Desk, message: Message) -> str:
    desk.unfold(_text(message, "page"))
    return ""


def _comment(desk: Desk, message: Message) -> str:
    line = _number(message, "line") if message.get("line") is not None else None
    given = [name for name in ("page", "statement") if message.get(name) is not None]
    where = {name: _text(message, name) for name in given}
    desk.comment(_text(message, "words"), line=line, **where)
    return "Your comment stands."


def _settle_comment(desk: Desk, message: Message) -> str:
    desk.settle_comment(_number(message, "comment"))
    return "The comment is settled."


def _approve(desk: Desk, _: Message) -> str:
    desk.approve()
    return "Approved, as it is shown here."


def _ask(desk: Desk, message: Message) -> str:
    desk.ask_for_changes(_text(message, "words"))
    return "You asked for changes. Until you approve it or take that back, it cannot be merged."


def _dismiss(desk: Desk, message: Message) -> str:
    of = _text(message, "of")
    desk.dismiss(of, _text(message, "words") if message.get("words") is not None else "")
    return f"{'Your' if of == desk.shown.user else f'{of}’s'} request for changes is ended."


def _merge(desk: Desk, _: Message) -> str:
    desk.merge()
    return "Merged: it is part of what is agreed on. It can be taken back below."


def _resolve(desk: Desk, message: Message) -> str:
    desk.resolve(_choices(message))
    return "The conflicts are settled. It is a revision now, and is approved anew."


def _page_text(desk: Desk, message: Message) -> tuple[str, dict[str, Any]]:
    page = _text(message, "page")
    return "", {"page": page, "text": desk.page_text(page)}


def _revise_page(desk: Desk, message: Message) -> str:
    desk.revise_page(_text(message, "page"), _text(message, "text"))
    return "It is revised, and is approved anew."


def _revise_fact(desk: Desk, message: Message) -> str:
    sources = tuple(each.strip() for each in _text(message, "sources").split("\n") if each.strip())
    desk.revise_fact(_text(message, "key"), sources=sources, note=_text(message, "note"))
    return "It is revised, and is approved anew."


def _end(desk: Desk, message: Message) -> str:
    desk.end(_text(message, "words") if message.get("words") is not None else "")
    sheet = desk.shown.sheet
    state = "ended" if sheet is None else sheet.proposal.state
    return f"It was {state}. What was proposed can still be read."


def _revert(desk: Desk, message: Message) -> str:
    desk.revert(_text(message, "record"), _text(message, "words") if "words" in message else "")
    return "Taken back: what came after it stays."


ACTS: dict[str, Callable[[Desk, Message], str | tuple[str, dict[str, Any]]]] = {
    "sign_in": _sign_in,
    "depart": _depart,
    "arrive": _arrive,
    "sign_out": _sign_out,
    "show": _show,
    "space": _space,
    "open": _open,
    "close": _close,
    "reload": _reload,
    "unfold": _unfold,
    "comment": _comment,
    "settle_comment": _settle_comment,
    "approve": _approve,
    "ask": _ask,
    "dismiss": _dismiss,
    "merge": _merge,
    "resolve": _resolve,
    "page_text": _page_text,
    "revise_page": _revise_page,
    "revise_fact": _revise_fact,
    "end": _end,
    "revert": _revert,
}


def _choices(message: Message) -> dict[int, Choice]:
    """For each conflict a side, or what is written in place of both."""
    from workbench.knowledge.shared.settling import Own

    listed = message.get("choices")
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise InputError("the page sends no choices")
    found: dict[int, Choice] = {}
    for each in listed:
        side = each.get("side")
        if side == "own":
            source = _text(each, "source") if each.get("source") is not None else ""
            found[_number(each, "number")] = Own(_text(each, "text"), source)
        elif side in ("ours", "theirs"):
            found[_number(each, "number")] = side
        else:
            raise InputError(f"{side!r:.40} is no choice", hint="ours, theirs or own")
    return found


def _text(message: Message, name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str):
        raise InputError(f"the page sends no text as {name}")
    return value


def _number(message: Message, name: str) -> int:
    value = message.get(name)
    if type(value) is not int:
        raise InputError(f"the page sends no number as {name}")
    return value
