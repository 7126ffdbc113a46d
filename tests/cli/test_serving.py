"""The keys of the gateway as typed, and groups of verbs."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from workbench import identity
from workbench.cli import serving_running
from workbench.cli.serving import listen_serve
from workbench.core import events
from workbench.core.errors import AccessError
from workbench.serving.running_operations import LoadedModel
from workbench.store.database import close_all
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow


@pytest.fixture(autouse=True)
def _close() -> Any:
    yield
    close_all()


def test_a_key_as_it_is_typed(run: Any) -> None:
    typed = "serving keys add ci --tokens-per-minute 900 --budget-usd 2.5 --models a,b --json"
    found = run(*typed.split())
    assert (found.status, found.err) == (0, "")
    made = json.loads(found.out)
    principal = identity.verify(made["key"])
    assert principal.key_id == made["id"]
    assert principal.models == ("a", "b")
    assert dict(principal.limits.items) == {"tokens_per_minute": 900, "budget_usd_month": 2.5}


def test_a_budget_in_money_where_nothing_costs_any_is_said(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "workbench.toml"
    file.write_text("")
    monkeypatch.setenv("WORKBENCH_CONFIG", str(file))
    assert run("serving", "keys", "add", "one", "--budget-tokens", "5").status == 0
    assert "limits nothing" not in caplog.text
    assert run("serving", "keys", "add", "two", "--budget-usd", "2").status == 0
    assert "no model has a price, so a budget in dollars limits nothing" in caplog.text
    caplog.clear()
    assert run("serving", "keys", "show", "two").status == 0
    assert "a budget in dollars limits nothing" in caplog.text
    caplog.clear()
    file.write_text("[prices.x]\ncompletion_usd_per_million_tokens = 2\n")
    assert run("serving", "keys", "limits", "two", "--budget-usd", "3").status == 0
    assert "limits nothing" not in caplog.text


def test_an_example_of_a_limit_is_one_that_lets_somebody_ask(run: Any) -> None:
    for option, example in (
        ("--tokens-per-minute", "20000"),
        ("--requests-per-minute", "60"),
        ("--budget-usd", "10"),
        ("--budget-tokens-day", "1000000"),
    ):
        for verb in ("add", "limits"):
            refused = run("serving", "keys", verb, "ci", option, "x")
            assert f"for example {option} {example};" in refused.err


def test_a_model_that_nobody_knows_is_said_and_taken(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "workbench.toml"
    file.write_text("[upstreams.far]\nurl = 'http://127.0.0.1:9/v1'\nmodels = ['big']\n")
    monkeypatch.setenv("WORKBENCH_CONFIG", str(file))
    known = "smollm2-135m,smollm2*,smollm2-135m*,local/smollm2-135m,big,far/big,auto,*"
    assert run("serving", "keys", "add", "one", "--models", known).status == 0
    assert "no model is named" not in caplog.text
    assert run("serving", "keys", "add", "two", "--models", "big,smollm-135m,zzz").status == 0
    assert "no model is named 'smollm-135m' now" in caplog.text
    assert "did you mean 'smollm2-135m'?" in caplog.text
    assert "no model is named 'zzz' now" in caplog.text and "'big' now" not in caplog.text
    caplog.clear()
    assert run("serving", "keys", "limits", "two", "--models", "smollm2-135m,xq*").status == 0
    assert "no model is named 'xq*' now" in caplog.text


def test_a_key_that_is_not_there_is_answered_with_names_or_with_ids(run: Any) -> None:
    made = json.loads(run("serving", "keys", "add", "ann", "--json").out)
    run("serving", "keys", "add", "bob")
    assert "known: ann, bob\n" in run("serving", "keys", "revoke", "nosuch").err
    slip = made["id"][:-1] + ("0" if made["id"][-1] != "0" else "1")
    assert f"did you mean '{made['id']}'?" in run("serving", "keys", "revoke", slip).err


def test_users_as_people_read_them(run: Any) -> None:
    run("serving", "users", "add", "ann", "--role", "operator")
    listed = run("serving", "users", "list").out
    assert "operator" in listed and time.strftime("%Y-%m-%d") in listed
    assert "e+09" not in listed and ".0" not in listed
    told = run("serving", "users", "disable", "ann").out.splitlines()[-1]
    assert told.count(time.strftime("%Y-%m-%d")) == 2


def test_every_option_of_a_key(run: Any) -> None:
    typed = (
        "serving keys add boss --user ann --role owner --scopes inference,admin:keys "
        "--models a --models b*,c --expires-days 1.5 --requests-per-minute 1 "
        "--concurrent-streams 2 --budget-tokens 3 --budget-tokens-day 4 --budget-usd-day 5"
    )
    found = run(*typed.split())
    assert found.status == 0
    assert found.out.startswith("wb-")
    assert "not shown again" in found.err
    principal = identity.verify(found.out.strip())
    assert principal.scopes == {"inference", "admin:keys"}
    assert principal.models == ("a", "b*", "c")
    assert dict(principal.limits.items) == {
        "requests_per_minute": 1,
        "concurrent_streams": 2,
        "budget_tokens_month": 3,
        "budget_tokens_day": 4,
        "budget_usd_day": 5.0,
    }
    (key,) = identity.list_keys()
    assert key.expires_s is not None
    assert key.expires_s - key.created_s == pytest.approx(1.5 * 86_400, abs=1)


def test_listing_and_revoking(run: Any) -> None:
    made = json.loads(run("serving", "keys", "add", "ci", "--json").out)
    assert "ci" in run("serving", "keys", "list").out
    assert run("serving", "keys", "revoke", "ci").out == f"ci ({made['id']}) is revoked\n"
    assert json.loads(run("serving", "keys", "list", "--json").out) == []
    listed = json.loads(run("serving", "keys", "list", "--revoked", "--json").out)
    assert [key["id"] for key in listed] == [made["id"]]
    assert made["key"][8:] not in json.dumps(listed)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("keys lsit", "no verb of serving keys named 'lsit'; did you mean 'list'?"),
        ("kesy list", "no verb of serving named 'kesy'; did you mean 'keys'?"),
        ("keys-add x", "no verb of serving named 'keys-add'; did you mean 'keys'?"),
        ("keys revoke nobody", "no key named 'nobody'"),
        ("keys add x --models ,", "the list of models is empty"),
        ("keys add x --tokens-per-minute -1", "it must be a whole number, at least 0, found '-1'"),
        ("keys add x --budget-usd nan", "--budget-usd|budget_usd"),
        ("keys add x --scopes admin:kyes", "did you mean 'admin:keys'"),
        ("keys add x --role bos", "found 'bos'"),
        ("keys add x --expires-days 0", "a finite number, above 0, found '0'"),
    ],
)
def test_mistakes(run: Any, typed: str, words: str) -> None:
    found = run("serving", *typed.split())
    assert (found.status, found.out) == (2, "")
    assert any(word in found.err for word in words.split("|"))
    assert identity.list_keys() == ()


def test_which_memory_is_meant_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """The words of the glossary: this is what it takes at this moment, not the most it may."""
    row = LoadedModel("m", "llamacpp", "ready", 264_000_000, 1, 0, False, 90.0)
    serving_running.show_models_list([row])
    assert "memory now" in capsys.readouterr().out.splitlines()[0]
    serving_running.show_models_load(row)
    assert capsys.readouterr().out == "m is loaded on llamacpp, memory now 264 MB\n"


def test_a_group_shows_its_verbs(run: Any) -> None:
    assert "keys  " in run("serving", "--help").out
    found = run("serving", "keys", "--help")
    assert found.status == 0
    shown = " ".join(found.out.split())
    for line in ("add Make a key", "list List the keys", "revoke Revoke a key"):
        assert line in shown
    assert "--tokens-per-minute" in run("serving", "keys", "add", "--help").out
    assert run("serving", "keys").status == 2


def test_limits_are_changed_and_taken_away(run: Any) -> None:
    run("serving", "keys", "add", "ci", "--tokens-per-minute", "5", "--budget-usd", "1")
    typed = "keys limits ci --requests-per-minute 7 --remove budget-usd --models a,b --json"
    changed = json.loads(run("serving", *typed.split()).out)
    assert changed["models"] == ["a", "b"]
    assert {name: value for name, value in changed["limits"].items() if value is not None} == {
        "requests_per_minute": 7,
        "tokens_per_minute": 5,
    }
    for typed, words in (
        ("keys limits ci", "nothing was named to change"),
        ("keys limits ci --remove tokens-per-minut", "did you mean 'tokens_per_minute'"),
        ("keys limits cj --tokens-per-minute 1", "did you mean 'ci'"),
    ):
        found = run("serving", *typed.split())
        assert (found.status, found.out) == (2, "")
        assert words in found.err


def test_a_key_with_what_it_used(run: Any) -> None:
    typed = "serving keys add ci --budget-tokens 100 --json"
    made = json.loads(run(*typed.split()).out)
    log = UsageLog()
    log.settle(
        UsageRow(request_id="r", key_id=made["id"], user="u", model_asked="m", prompt_tokens=30)
    )
    log.close()
    shown = run("serving", "keys", "show", "ci")
    assert "budget_tokens_month    30         0      100" in shown.out
    state = json.loads(run("serving", "keys", "show", "ci", "--json").out)
    assert (state["use"]["tokens_month"], state["key"]["id"]) == (30, made["id"])
    head, row = run("serving", "usage").out.splitlines()
    assert head.split()[:3] == ["name", "id", "requests"]
    assert row.split()[:3] == ["ci", made["id"], "1"]
    assert run("serving", "usage", "--by", "model").out.split()[0] == "requests"
    assert run("serving", "keys", "recount").status == 0


def test_users(run: Any) -> None:
    assert run("serving", "users", "add", "ann", "--role", "owner").status == 0
    typed = "serving keys add a --user ann --role owner"
    key = run(*typed.split()).out.strip()
    assert identity.verify(key).may("admin:keys")
    assert run("serving", "users", "role", "ann", "user").status == 0
    assert not identity.verify(key).may("admin:keys")
    run("serving", "users", "disable", "ann")
    with pytest.raises(AccessError):
        identity.verify(key)
    run("serving", "users", "disable", "ann", "--undo")
    assert identity.verify(key)
    assert [user["name"] for user in json.loads(run("serving", "users", "list", "--json").out)] == [
        "ann"
    ]


def test_a_gateway_says_what_a_first_request_waits_for(capsys: pytest.CaptureFixture[str]) -> None:
    with listen_serve():
        events.emit("models.fetching", name="minilm-l6-v2", size_bytes=91_000_000)
        events.emit("models.loaded", name="minilm-l6-v2", engine="transformers", load_s=6.24)
        events.emit("models.unloaded", name="minilm-l6-v2")
    assert capsys.readouterr().out.splitlines() == [
        "fetching minilm-l6-v2 (91 MB), which is not here yet; `workbench models pull "
        "minilm-l6-v2` has it here ahead",
        "loaded minilm-l6-v2 into transformers in 6.2 s",
    ]
