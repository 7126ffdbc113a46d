"""Users, roles and tokens as typed; a password comes from a terminal or the input, never argv."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core.operations import load_room
from workbench.identity import Passwords, Sessions, passwords
from workbench.store.database import close_all
from workbench.store.ledger import Ledger

GOOD = "violet hammock seven orchard"
Type = Callable[[str], None]


@pytest.fixture(autouse=True)
def _light(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hashes that cost next to nothing, and a store that is closed at the end."""
    for name in ("COST", "FLOOR"):
        monkeypatch.setattr(passwords, name, passwords.Cost(64, 1, 1))
    yield
    close_all()


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Type:
    """Put text on standard input."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_users_and_their_roles(run: Any) -> None:
    assert run("identity", "users", "add", "ann").status == 0
    assert run("identity", "users", "add", "bob", "--role", "operator").status == 0
    gave = run("identity", "roles", "give", "ann", "admin", "--space", "/")
    assert (gave.status, gave.out) == (0, "ann is admin in /\n")
    assert run("identity", "roles", "give", "ann", "reader", "--space", "/x").status == 2
    run("identity", "roles", "give", "bob", "reader", "--space", "/knowledge/leads")
    listed = run("identity", "roles", "list", "--user", "bob", "--json")
    (grant,) = json.loads(listed.out)
    assert (grant["space"], grant["role"]) == ("/knowledge/leads", "reader")
    assert run("identity", "users", "list").out.splitlines()[2].split()[:2] == ["bob", "operator"]
    assert run("identity", "users", "disable", "bob").out.count("disabled") == 1
    assert run("identity", "users", "disable", "bob", "--undo").out.count("in force") == 1
    assert run("identity", "roles", "take", "bob", "--space", "/knowledge/leads").status == 0
    assert run("identity", "users", "remove", "bob").out.count("removed") == 1
    assert "bob" not in run("identity", "users", "list").out
    assert "bob" in run("identity", "users", "list", "--removed").out


def test_what_one_would_not_expect_is_said(run: Any) -> None:
    run("identity", "users", "add", "ann")
    gave = run("identity", "roles", "give", "ann", "reader", "--space", "/knowlege/leads")
    assert (gave.status, gave.out) == (0, "ann is reader in /knowlege/leads\n")
    assert "is /knowledge/leads meant?" in gave.err
    gave = run("identity", "roles", "give", "ann", "reader", "--space", "/zzz")
    assert "nothing of Workbench asks for roles in /zzz" in gave.err and "meant" not in gave.err
    for space in ("/", "/knowledge", "/notebooks/a.ipynb"):
        assert "asks" not in run("identity", "roles", "give", "ann", "reader", "--space", space).err
    assert "stay ended" not in run("identity", "users", "disable", "ann").err
    assert (
        "tokens that ended stay ended" in run("identity", "users", "disable", "ann", "--undo").err
    )
    refused = run("identity", "users", "add", "\u0430nn")
    assert refused.status == 2 and "could be taken for 'ann'" in refused.err
    assert "blank at its end" in run("identity", "users", "add", "bob ").err


def test_the_last_admin_stays(run: Any) -> None:
    run("identity", "users", "add", "ann")
    run("identity", "roles", "give", "ann", "admin", "--space", "/")
    for typed in ("users remove ann", "users disable ann", "roles take ann --space /"):
        found = run("identity", *typed.split())
        assert found.status == 2, typed
        assert "'ann' is the last admin of /" in found.err
        assert "workbench identity roles give NAME admin --space /" in found.err


def test_who_may_is_told_with_the_reason(run: Any) -> None:
    run("identity", "users", "add", "ann")
    run("identity", "roles", "give", "ann", "reader", "--space", "/a")
    yes = run("identity", "roles", "check", "ann", "read", "--space", "/a/b")
    assert (yes.status, yes.out) == (
        0,
        "yes: 'ann' may read in /a/b: granted reader in /a, which is around it\n",
    )
    no = run("identity", "roles", "check", "ann", "edit", "--space", "/ab", "--json")
    assert no.status == 1
    assert json.loads(no.out)["reason"] == "grant"
    assert run("identity", "roles", "check", "ann", "edit").status == 2  # the space is named
    assert "approve     reviewer, curator, admin" in run("identity", "roles", "table").out


def test_a_password_comes_from_standard_input(run: Any, type_in: Type) -> None:
    run("identity", "users", "add", "ann")
    type_in(f"{GOOD}\r\nmore\n")
    found = run("identity", "password", "ann")
    assert (found.status, found.out) == (0, "")
    assert Passwords().check("ann", GOOD)
    assert GOOD not in found.err + repr(Ledger().entries())
    for typed in ("", "\n", "short\n"):
        type_in(typed)
        assert run("identity", "password", "ann").status == 2
    assert Passwords().check("ann", GOOD)
    type_in(f"{GOOD}\n")
    assert "no user named 'an'" in run("identity", "password", "an").err
    assert sys.stdin.read() == f"{GOOD}\n"  # nothing was taken for a user who is not there


def test_no_command_takes_a_secret_as_an_argument(run: Any) -> None:
    names = {
        parameter.name for operation in load_room("identity") for parameter in operation.parameters
    }
    assert names == {
        "expires_days", "name", "removed", "ended", "role", "scopes", "space", "token", "undo",
        "user", "verb",
        # Of providers; a secret is in the environment or in a file, whose name is no secret.
        "browser", "client_auth", "client_id", "default_role", "default_space", "enter",
        "group_roles", "groups_claim", "issuer", "label", "leeway_s", "name_claim", "oidc",
        "provider", "secret_file", "subject",
    }  # fmt: skip
    run("identity", "users", "add", "ann")
    assert run("identity", "password", "ann", GOOD).status == 2


def test_a_token_goes_to_standard_output_once(run: Any) -> None:
    run("identity", "users", "add", "ann")
    run("identity", "roles", "give", "ann", "curator", "--space", "/a")
    found = run("identity", "tokens", "add", "ann", "ci", "--scopes", "read:/a")
    text = found.out.strip()
    assert Sessions().verify(text, kind="token").user == "ann"
    assert "not shown again" in found.err
    listed = run("identity", "tokens", "list")
    assert "read:/a" in listed.out
    assert text not in listed.out
    assert run("identity", "tokens", "add", "ann", "x", "--scopes", "admin:/a").status == 2
    assert run("identity", "tokens", "revoke", "ann", "ci").out == "ci of ann is revoked\n"
    assert "ci" not in run("identity", "tokens", "list").out
    assert "revoked" in run("identity", "tokens", "list", "--ended").out


def test_sessions_are_listed_and_ended(run: Any) -> None:
    run("identity", "users", "add", "ann")
    made = Sessions().start("ann", source="192.0.2.7")
    assert "192.0.2.7" in run("identity", "sessions", "list").out
    assert run("identity", "sessions", "end", "ann").out == "ended 1 session or token\n"
    assert made.id not in run("identity", "sessions", "list").out
    assert run("identity", "unlock").out == "forgot 0 counts of failed attempts\n"


@pytest.mark.parametrize(("again", "status"), [(GOOD, 0), ("another", 2)])
def test_a_terminal_is_asked_twice_and_shows_nothing(
    again: str, status: int, run: Any, home: Path
) -> None:
    """A real terminal, a process of its own, and what a hash really costs."""
    run("identity", "users", "add", "ann")
    terminal, follower = pty.openpty()
    typed = [sys.executable, "-m", "workbench", "identity", "password", "ann"]
    process = subprocess.Popen(
        typed, stdin=follower, stdout=follower, stderr=follower, start_new_session=True
    )
    os.close(follower)
    shown = b""
    answers = {b"new password of ann: ": GOOD, b"once more: ": again}
    while True:
        try:
            part = os.read(terminal, 1024)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        shown += part
        for question in [each for each in answers if shown.endswith(each)]:
            os.write(terminal, answers.pop(question).encode() + b"\n")
    os.close(terminal)
    assert process.wait(60) == status
    assert answers == {}
    assert b"violet" not in shown
    stored = Passwords().find("ann")
    assert (stored is not None) is (status == 0)
    assert stored is None or stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
