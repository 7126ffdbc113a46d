"""Sessions and tokens: shown once, ended at any time, refused by whatever is wrong with them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench import identity
from workbench.core.errors import AccessError, ConflictError, InputError, NotFoundError
from workbench.core.operations import find
from workbench.identity import Grants, Sessions, Users
from workbench.identity.scopes import Scope, SignedIn
from workbench.store.database import Database, close_all
from workbench.store.jobs import JobQueue
from workbench.store.ledger import Ledger

from .conftest import Clock, written


@pytest.fixture
def sessions(database: Database, clock: Clock) -> Sessions:
    for name in ("ann", "bob"):
        Users().add(name)
    Grants().give("ann", "curator", space="/a")
    return Sessions(clock=clock)


def refused(sessions: Sessions, text: str, kind: str = "session") -> str:
    """Why a text is refused."""
    with pytest.raises(AccessError) as told:
        sessions.verify(text, kind=kind)
    assert text[9:] not in repr((str(told.value), told.value.context)) or len(text) < 10
    return str(told.value.context["reason"])


def test_who_shows_it_is_the_user(sessions: Sessions) -> None:
    made = sessions.start("ann", source="192.0.2.7")
    signed = sessions.verify(made.text, kind="session")
    assert signed == SignedIn(made.id, "session", "ann", made.expires_s, None)
    (listed,) = sessions.list(user="ann")
    assert (listed.id, listed.source, listed.prefix) == (made.id, "192.0.2.7", made.text[:9])
    assert Grants().decide(signed, "merge", space="/a").allowed


def test_texts_differ_in_all_their_characters(sessions: Sessions) -> None:
    texts = [sessions.start("ann").text for _ in range(20)]
    assert len({text[4:8] for text in texts}) == 20
    assert {len(text) for text in texts} == {47}
    assert len(set("".join(text[4:] for text in texts))) > 55


def test_only_a_hash_is_kept(
    sessions: Sessions, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        texts = [sessions.start("ann").text]
        texts.append(sessions.add_token("ann", "ci", scopes=["read:/a"]).text)
        sessions.verify(texts[0], kind="session")
        sessions.end("ci", user="ann")
    for text in texts:
        assert text[9:].encode() not in written(home)
        assert text[9:] not in caplog.text + repr(Ledger().entries())
        assert text[:9].encode() in written(home)  # the look finds what is there


@pytest.mark.parametrize(
    "tamper",
    [
        lambda text: "",
        lambda text: text[:-1],
        lambda text: text + "x",
        lambda text: text + "\n",
        lambda text: " " + text[:-1],
        lambda text: text.swapcase(),
        lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
        lambda text: text[:4] + ("a" if text[4] != "a" else "b") + text[5:],
        lambda text: "wbt-" + text[4:],
        lambda text: "wbx-" + text[4:],
        lambda text: text[:-1] + "é",
        lambda text: text[:-1] + "\0",
        lambda text: "wbs-" + "%" * 43,
        lambda text: "wbs-" + "' OR 1=1 --".ljust(43),
    ],
)
def test_a_tampered_one_is_unknown(tamper: Callable[[str], str], sessions: Sessions) -> None:
    text = sessions.start("ann").text
    assert refused(sessions, tamper(text)) == "unknown"
    assert sessions.verify(text, kind="session").user == "ann"


def test_one_kind_is_not_taken_for_the_other(sessions: Sessions) -> None:
    session = sessions.start("ann").text
    token = sessions.add_token("ann", "ci", scopes=["read:/a"]).text
    assert refused(sessions, session, "token") == "unknown"
    assert refused(sessions, token, "session") == "unknown"
    for text in (session, token):
        with pytest.raises(AccessError):
            identity.verify(text)
    key = identity.create_key("k", user="ann").key
    assert {refused(sessions, key, kind) for kind in ("session", "token")} == {"unknown"}


def test_one_of_another_home_is_unknown(
    sessions: Sessions, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = sessions.start("ann").text
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "other"))
    Users().add("ann")
    assert refused(Sessions(clock=clock), text) == "unknown"
    close_all()


def test_it_expires_however_much_it_is_used(sessions: Sessions, clock: Clock) -> None:
    made = sessions.start("ann")
    while clock.time_s < made.expires_s - 1800:
        clock.time_s += 1800
        assert sessions.verify(made.text, kind="session")
    clock.time_s = made.expires_s - 0.1
    assert sessions.verify(made.text, kind="session")
    clock.time_s = made.expires_s
    assert refused(sessions, made.text) == "expired"
    assert sessions.list() == ()


def test_it_ends_when_it_lies_idle(sessions: Sessions, clock: Clock) -> None:
    made = sessions.start("ann", idle_s=3600)
    clock.time_s += 3599
    assert sessions.verify(made.text, kind="session")
    clock.time_s += 3599
    assert sessions.verify(made.text, kind="session")
    clock.time_s += 3600
    assert refused(sessions, made.text) == "idle"
    clock.time_s -= 1800  # a clock that is put back lets nobody in again
    assert refused(sessions, made.text) == "idle"
    assert [(entry.action, entry.data) for entry in Ledger().entries(limit=1)] == [
        ("session.ended", {"because": "idle"})
    ]


def test_a_token_lies_unused_until_it_expires(sessions: Sessions, clock: Clock) -> None:
    made = sessions.add_token("ann", "ci", scopes=["read:/a"], expires_days=30)
    clock.time_s += 30 * 86_400 - 1
    assert sessions.verify(made.text, kind="token")
    clock.time_s += 1
    assert refused(sessions, made.text, "token") == "expired"


def test_one_is_ended_or_all_are(sessions: Sessions) -> None:
    one, two = sessions.start("ann"), sessions.start("ann")
    token = sessions.add_token("ann", "ci", scopes=["read:/a"])
    his = sessions.start("bob")
    assert sessions.end(one.id, user="ann").ended_because == "revoked"
    assert refused(sessions, one.text) == "revoked"
    assert sessions.verify(two.text, kind="session")
    assert sessions.end_all("ann") == 2
    assert refused(sessions, two.text) == "revoked"
    assert refused(sessions, token.text, "token") == "revoked"
    assert sessions.verify(his.text, kind="session").user == "bob"
    assert sessions.end_all("ann") == 0


def test_what_was_ended_is_refused_in_another_process_at_once(sessions: Sessions) -> None:
    """Rows are read at each use: a second reader that has seen it knows no more of it."""
    made, other = sessions.start("ann"), Sessions(Database(sessions.database.path))
    other._clock = sessions._clock
    assert other.verify(made.text, kind="session")
    sessions.end(made.id, user="ann")
    assert refused(other, made.text) == "revoked"
    other.database.close()


@pytest.mark.parametrize("kind", ["session", "token"])
def test_a_user_who_is_shut_out_takes_his_along(kind: str, sessions: Sessions) -> None:
    made = (
        sessions.start("ann")
        if kind == "session"
        else sessions.add_token("ann", "ci", scopes=["read:/a"])
    )
    Users().disable("ann")
    assert refused(sessions, made.text, kind) == "disabled"
    Users().enable("ann")
    assert refused(sessions, made.text, kind) == "revoked"  # for good
    again = sessions.start("ann")
    Users().remove("ann")
    assert refused(sessions, made.text, kind) == "removed"
    assert refused(sessions, again.text) == "removed"
    with pytest.raises(AccessError, match="is removed"):
        sessions.start("ann")


def test_nobody_ends_or_makes_what_is_somebody_elses(sessions: Sessions) -> None:
    made = sessions.start("ann")
    bob = sessions.verify(sessions.start("bob").text, kind="session")
    token = SignedIn("t", "token", "ann", 1e10, (Scope.of("admin:/"),))
    for by in (bob, token):
        for attempt in (
            lambda by=by: sessions.end(made.id, user="ann", by=by),
            lambda by=by: sessions.end_all("ann", by=by),
            lambda by=by: sessions.add_token("ann", "x", scopes=["read:/a"], by=by),
        ):
            with pytest.raises(AccessError, match="only 'ann' himself"):
                attempt()
    with pytest.raises(NotFoundError):  # nor by naming it as one's own
        sessions.end(made.id, user="bob", by=bob)
    ann = sessions.verify(made.text, kind="session")
    assert sessions.add_token("ann", "x", scopes=["read:/a"], by=ann)
    assert sessions.end("x", user="ann", by=ann).ended_because == "revoked"


def test_a_token_may_no_more_than_its_user_may_now(sessions: Sessions) -> None:
    made = sessions.add_token("ann", "ci", scopes=["contributor:/a"])
    signed = sessions.verify(made.text, kind="token")

    def may(verb: str, space: str = "/a/b") -> bool:
        return Grants().decide(signed, verb, space=space).allowed

    assert (may("edit"), may("merge"), may("edit", "/ab")) == (True, False, False)
    Grants().give("ann", "admin", space="/ab")
    Grants().give("ann", "admin", space="/a")
    Grants().give("bob", "admin", space="/")
    assert (may("edit"), may("merge"), may("edit", "/ab")) == (True, False, False)
    Grants().give("ann", "reader", space="/a")
    assert (may("read"), may("edit")) == (True, False)
    Grants().take("ann", space="/a")
    assert (may("read"), may("edit")) == (False, False)


def test_a_token_is_not_made_for_what_its_user_may_not(sessions: Sessions) -> None:
    for scopes in (["administer:/a"], ["read:/"], ["read:/ab"], ["read:/a", "admin:/a"]):
        with pytest.raises(AccessError):
            sessions.add_token("ann", "ci", scopes=scopes)
    assert sessions.list(kind="token") == ()


def test_a_token_that_makes_no_sense(sessions: Sessions) -> None:
    for scopes in ([], ["read"], ["read:a"], ["read:/a/../b"]):
        with pytest.raises(InputError):
            sessions.add_token("ann", "ci", scopes=scopes)
    for scopes in (["raed:/a"], ["none:/a"], [":/a"]):
        with pytest.raises(NotFoundError):
            sessions.add_token("ann", "ci", scopes=scopes)
    for days in (0, -1, 367, float("nan"), float("inf")):
        with pytest.raises(InputError):
            sessions.add_token("ann", "ci", scopes=["read:/a"], expires_days=days)
    with pytest.raises(InputError):
        sessions.add_token("ann", "", scopes=["read:/a"])
    with pytest.raises(InputError, match="looks like a key"):
        sessions.add_token("ann", sessions.start("ann").text, scopes=["read:/a"])
    with pytest.raises(NotFoundError):
        sessions.add_token("dan", "ci", scopes=["read:/a"])
    sessions.add_token("ann", "ci", scopes=["read:/a"])
    with pytest.raises(ConflictError):
        sessions.add_token("ann", "ci", scopes=["read:/a"])


def test_the_ledger_says_what_was_done_and_by_whom(sessions: Sessions) -> None:
    made = sessions.start("ann")
    ann = sessions.verify(made.text, kind="session")
    token = sessions.add_token("ann", "ci", scopes=["read:/a"], by=ann)
    sessions.end("ci", user="ann", by=ann)
    sessions.end_all("ann")
    entries = Ledger().entries(limit=4)
    assert [(entry.action, entry.subject, entry.actor) for entry in entries] == [
        ("sessions.ended", "ann", "local"),
        ("token.ended", token.id, "ann"),
        ("token.begun", token.id, "ann"),
        ("session.begun", made.id, "ann"),
    ]
    assert Ledger().verify().ok


def test_a_job_makes_no_token(sessions: Sessions) -> None:
    with pytest.raises(InputError, match="a job's result is kept"):
        JobQueue().enqueue("identity.tokens_add", {"user": "ann", "name": "x", "scopes": ["a"]})
    assert find("identity.tokens_add").produces == "secret"


def test_a_look_at_an_open_door_is_no_use_unless_it_is_said(
    sessions: Sessions, clock: Clock
) -> None:
    used = sessions.verify(sessions.start("ann", idle_s=100).text, kind="session")
    left = sessions.verify(sessions.start("ann", idle_s=100).text, kind="session")
    for _ in range(9):
        clock.time_s += 11
        sessions.look(used, used=True)
        sessions.look(left, used=False)
    clock.time_s += 11
    sessions.look(used, used=True)
    with pytest.raises(AccessError) as told:
        sessions.look(left, used=False)
    assert told.value.context["reason"] == "idle"


def test_a_look_sees_what_ended_it(sessions: Sessions) -> None:
    made = sessions.start("ann")
    signed = sessions.verify(made.text, kind="session")
    sessions.end(made.id, user="ann")
    for lost in (signed, SignedIn("ses_none", "session", "ann", 1e12)):
        with pytest.raises(AccessError):
            sessions.look(lost, used=True)
    token = sessions.verify(sessions.add_token("ann", "ci", scopes=["read:/a"]).text, kind="token")
    Users().disable("ann")
    with pytest.raises(AccessError) as told:
        sessions.look(token, used=False)
    assert told.value.context["reason"] == "disabled"
