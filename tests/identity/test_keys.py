"""Keys: made, listed, changed, revoked, and never kept."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import identity
from workbench.core.errors import AccessError, ConflictError, InputError, NotFoundError
from workbench.core.operations import find
from workbench.core.plain import to_plain
from workbench.identity import KeyLimits, Keys, Users
from workbench.store.database import Database
from workbench.store.jobs import JobQueue
from workbench.store.ledger import Ledger
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow


def test_a_key_is_shown_once_and_says_who_asks(database: Database) -> None:
    made = identity.create_key(
        "ci", user="ann", models=["a", "b*"], limits=KeyLimits(tokens_per_minute=5)
    )
    assert re.fullmatch(r"wb-[A-Za-z0-9]{43}", made.key)
    principal = identity.verify(made.key)
    assert (principal.key_id, principal.name, principal.user) == (made.id, "ci", "ann")
    assert principal.limits.items == (("tokens_per_minute", 5),)
    assert principal.scopes == {"inference"}
    (key,) = identity.list_keys()
    assert (key.id, key.prefix) == (made.id, made.key[:8])
    assert key.principal() == principal


def test_keys_differ_in_all_their_characters(database: Database) -> None:
    texts = [identity.create_key(f"k{i}").key for i in range(30)]
    assert len(set(texts)) == 30
    assert len({text[3:8] for text in texts}) == 30
    assert len(set("".join(texts))) > 55


@pytest.mark.parametrize(
    ("models", "model", "allowed"),
    [
        (None, "anything", True),
        (["smol"], "smol", True),
        (["smol"], "smol2", False),
        (["smol"], "smol:tone@3", False),
        (["smol*"], "smol:tone@3", True),
        (["smol*", "x"], "x", True),
        (["smol*", "x"], "Smol", False),
        (["*"], "anything", True),
    ],
)
def test_the_allow_list(
    database: Database, models: list[str] | None, model: str, allowed: bool
) -> None:
    principal = identity.verify(identity.create_key("k", models=models).key)
    assert principal.may_use(model) is allowed
    if allowed:
        principal.require_model(model)
    else:
        with pytest.raises(AccessError, match="may not use the model") as told:
            principal.require_model(model)
        assert told.value.context["reason"] == "model"


@pytest.mark.parametrize("models", [[], [""], ["a*b"], ["*a"], ["a" * 301]])
def test_an_allow_list_that_makes_no_sense(database: Database, models: list[str]) -> None:
    with pytest.raises(InputError):
        identity.create_key("k", models=models)


def test_roles_bound_what_a_key_may_carry(database: Database) -> None:
    owner = identity.verify(identity.create_key("o", role="owner").key)
    owner.require("admin:keys")
    operator = identity.verify(identity.create_key("p", role="operator").key)
    operator.require("admin:models")
    with pytest.raises(AccessError, match="may not be used for 'admin:keys'"):
        operator.require("admin:keys")
    with pytest.raises(AccessError, match="does not allow 'admin:keys'"):
        identity.create_key("q", role="operator", scopes=["admin:keys"])
    with pytest.raises(NotFoundError, match="did you mean 'admin:models'"):
        identity.create_key("q", role="operator", scopes=["admin:model"])
    with pytest.raises(NotFoundError, match="did you mean 'owner'"):
        identity.create_key("q", role="ower")
    less = identity.verify(identity.create_key("r", role="owner", scopes=["admin:read"]).key)
    assert less.scopes == {"admin:read"}


def test_a_key_may_no_more_than_its_user_may_now(database: Database) -> None:
    Users().add("ann", role="owner")
    key = identity.create_key("k", user="ann", role="owner").key
    assert identity.verify(key).may("admin:keys")
    Users().set_role("ann", "user")
    identity.verifier().refresh()
    assert identity.verify(key).scopes == {"inference"}
    assert identity.verify(key).role == "user"
    with pytest.raises(AccessError, match="cannot have the role 'operator'"):
        identity.create_key("l", user="ann", role="operator")
    Users().disable("ann")
    identity.verifier().refresh()
    with pytest.raises(AccessError, match="'ann' is disabled"):
        identity.verify(key)
    Users().enable("ann")
    identity.verifier().refresh()
    assert identity.verify(key).user == "ann"


def test_users_by_name(database: Database) -> None:
    Users().add("ann")
    with pytest.raises(ConflictError, match="there is a user 'ann' already"):
        Users().add("ann")
    with pytest.raises(NotFoundError, match="did you mean 'ann'"):
        Users().get("anne")
    identity.create_key("k")
    assert [(user.name, user.role) for user in Users().list()] == [
        ("ann", "user"),
        ("local", "owner"),
    ]


def test_revoking(database: Database) -> None:
    made = identity.create_key("ci")
    identity.verify(made.key)
    identity.revoke_key("ci", reason="lost")
    with pytest.raises(AccessError, match="the key 'ci' was revoked") as told:
        identity.verify(made.key)
    assert told.value.context["reason"] == "revoked"
    assert identity.list_keys() == ()
    assert [key.name for key in identity.list_keys(revoked=True)] == ["ci"]
    again = identity.create_key("ci")  # the name is free
    assert identity.verify(again.key).key_id == again.id
    assert identity.revoke_key(made.id).id == made.id  # changes nothing
    assert identity.verify(again.key)
    with pytest.raises(NotFoundError, match="did you mean 'ci'"):
        identity.revoke_key("cii")


def test_a_name_in_force_is_taken(database: Database) -> None:
    made = identity.create_key("ci")
    with pytest.raises(ConflictError, match=f"{made.id} is called 'ci' already"):
        identity.create_key("ci")
    with pytest.raises(ConflictError):
        identity.create_key(made.id)  # a name that is another's id would be ambiguous


def test_expiry(database: Database) -> None:
    now_s = time.time()
    made = identity.create_key("k", expires_s=now_s + 100)
    verifier = identity.Verifier(database, clock=lambda: now_s)
    assert verifier.verify(made.key).name == "k"
    now_s += 99.9
    assert verifier.verify(made.key)
    now_s += 0.1
    with pytest.raises(AccessError, match=r"'k' expired on \d{4}-") as told:
        verifier.verify(made.key)
    assert told.value.context["reason"] == "expired"
    for expires_s in (now_s - 200, 0.0, float("nan"), 1e12):
        with pytest.raises(InputError):
            identity.create_key("l", expires_s=expires_s)


def test_limits_are_changed_one_by_one(database: Database) -> None:
    made = identity.create_key("k", limits=KeyLimits(tokens_per_minute=5, budget_usd_month=1.5))
    identity.verify(made.key)
    identity.update_limits("k", tokens_per_minute=None, requests_per_minute=7)
    found = identity.verify(made.key).limits  # at once in this process
    assert found.items == (("requests_per_minute", 7), ("budget_usd_month", 1.5))
    for bad in ({"tokens": 1}, {"tokens_per_minute": -1}, {"tokens_per_minute": True}):
        with pytest.raises(InputError):
            identity.update_limits("k", **bad)
    Keys().update_models("k", ["m"])
    assert identity.list_keys()[0].models == ("m",)
    identity.revoke_key("k")
    with pytest.raises(ConflictError, match="was revoked"):
        identity.update_limits(made.id, tokens_per_minute=1)


@pytest.mark.parametrize(
    "name",
    ["", " ", " a", "a\n", "a\x1b[31m", "a\0", "x" * 101, "\ud800", "wb-" + "a" * 43],
)
def test_names_that_are_refused(database: Database, name: str) -> None:
    with pytest.raises(InputError) as told:
        identity.create_key(name)
    assert "wb-aaaa" not in str(told.value)
    with pytest.raises(InputError):
        identity.create_key("k", user=name or " ")


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=60))
def test_a_name_is_never_sql(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    keys = Keys(Database(tmp_path_factory.mktemp("sql") / "store.sqlite"))
    for given_name in (name, f"{name}'; DROP TABLE keys; --", f"' OR '1'='1{name}"):
        made = keys.create(given_name, user=given_name, models=[given_name.replace("*", "x")])
        assert keys.get(given_name).id == made.id
        assert keys.revoke(given_name).name == given_name
    assert len(keys.list(revoked=True)) == 3
    assert keys.list() == ()
    keys.database.close()


def everything_written(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file())


def test_the_key_is_nowhere_but_in_the_answer(
    database: Database, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    made = identity.create_key("ci")
    told = [repr(made), str(made), f"{made}", repr([made])]
    with pytest.raises(NotFoundError) as missing:
        identity.revoke_key(made.key)
    told += [str(missing.value), repr(missing.value.context), str(missing.value.hint)]
    principal = identity.verify(made.key)
    told += [repr(principal), repr(identity.verifier().__dict__), repr(identity.list_keys())]
    identity.revoke_key("ci")
    for text in (made.key, made.key[:-1] + "_", made.key[:-1], made.key + "\n", "x" + made.key):
        with pytest.raises(AccessError) as refused:
            identity.verify(text)
        told += [str(refused.value), repr(refused.value), repr(refused.value.context)]
    told += [repr(entry) for entry in Ledger().entries()] + [caplog.text]
    secret = made.key[8:]
    assert all(secret not in text for text in told)
    assert secret.encode() not in everything_written(home)
    assert made.prefix.encode() in everything_written(home)  # the look finds what is there
    assert secret in str(to_plain(made))


def test_the_ledger_says_what_was_done_and_by_whom(database: Database) -> None:
    made = identity.create_key("ci", user="ann", limits=KeyLimits(budget_usd_day=2), actor="bob")
    identity.update_limits("ci", budget_usd_day=3, actor="bob")
    identity.revoke_key("ci", actor="carol", reason="lost")
    Users().set_role("ann", "operator", actor="bob")
    entries = Ledger().entries()
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("user.role", "bob"),
        ("key.revoked", "carol"),
        ("key.limits", "bob"),
        ("key.created", "bob"),
        ("user.added", "bob"),
    ]
    assert entries[1].data == {"name": "ci", "reason": "lost"}
    assert entries[2].data["changed"] == {"budget_usd_day": 3}
    assert entries[0].data == {"from": "user", "to": "operator"}
    assert {entries[1].subject, entries[2].subject, entries[3].subject} == {made.id}
    assert Ledger().verify().ok


def test_a_change_that_fails_leaves_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:  # `undo` would also take the test's own home away
        patch.setattr(Ledger, "append", fail)
        with pytest.raises(RuntimeError):
            identity.create_key("ci", user="ann")
    assert identity.list_keys(revoked=True) == ()
    assert Users().list() == ()


def test_a_job_makes_no_key(database: Database) -> None:
    with pytest.raises(InputError, match="a job's result is kept"):
        JobQueue().enqueue("serving.keys_add", {"name": "ci"})
    assert find("serving.keys_add").produces == "secret"


def test_the_last_use_is_that_of_the_last_settlement(home: Path) -> None:
    """Also if the process that used it was killed before it wrote when."""
    made = Keys().create("used")
    assert Keys().get("used").last_used_s is None
    log = UsageLog()
    log.settle(UsageRow(request_id="r", key_id=made.id, user="u", model_asked="m", time_s=9e8))
    log.close()
    assert [key.last_used_s for key in Keys().list()] == [9e8]
