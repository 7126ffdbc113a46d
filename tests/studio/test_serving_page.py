"""The serving page over a real gateway and a real model; and where there is none, or no way in."""

from __future__ import annotations

import dataclasses
import datetime as dt
import http.client
import json
import os
import re
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core import settings
from workbench.core.errors import AccessError, StorageError
from workbench.identity import access
from workbench.identity.keys import Key, Keys
from workbench.identity.principals import KeyLimits
from workbench.store.usage_rows import UsageRow
from workbench.studio import serving_facts, serving_models
from workbench.studio.serving_facts import GatewayFacts, ServingFacts, read_counters, read_usage
from workbench.studio.serving_keys import limits_left
from workbench.studio.serving_page import ServingPage
from workbench.studio.serving_panels import draw_cache
from workbench.studio.serving_rates import (
    RECENT_S,
    STEP_S,
    draw_rates,
    requests_per_step,
    tokens_per_s,
)

MODEL = "smollm2-135m"


@pytest.fixture(scope="module")
def gateway(shared_home_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A gateway with the default model, and a key of a learner that ran into its limit."""
    from workbench.models import catalogue
    from workbench.models.loading import model_files
    from workbench.serving.server import serving

    with settings.override(home=shared_home_path):
        model_files(catalogue.find(MODEL))
    folder = tmp_path_factory.mktemp("serving") / "home"
    folder.mkdir()
    for name in ("blobs", "sources", "models", "converted"):
        (shared_home_path / name).mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(shared_home_path / name)
    made = serving()
    with settings.override(home=folder, threads=1):
        server = made.__enter__()
        limits = KeyLimits(requests_per_minute=1, budget_tokens_day=5000)
        learner = access.create_key("learner", limits=limits)
        assert chat(server.url, learner.key, "What is the capital of <b>Peru</b>?") == 200
        assert chat(server.url, learner.key, "And of France?") == 429
    server.home = folder
    yield server
    made.__exit__(None, None, None)


def chat(url: str, key: str, said: str) -> int:
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)
    asked = {"model": MODEL, "max_tokens": 8, "messages": [{"role": "user", "content": said}]}
    connection.request(
        "POST", "/v1/chat/completions", json.dumps(asked), {"authorization": f"Bearer {key}"}
    )
    try:
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.fixture
def page(gateway: Any, monkeypatch: pytest.MonkeyPatch) -> ServingPage:
    monkeypatch.setenv("WORKBENCH_HOME", str(gateway.home))
    return ServingPage()


def text_of(page: ServingPage) -> str:
    return page.html().partition("</style>")[2]


def button(page: ServingPage, tooltip: str) -> Any:
    def walk(widget: Any) -> Iterator[Any]:
        yield widget
        for child in getattr(widget, "children", ()):
            yield from walk(child)

    found = [each for each in walk(page.widget) if getattr(each, "tooltip", None) == tooltip]
    assert len(found) == 1, f"{len(found)} buttons say {tooltip!r}"
    return found[0]


def test_without_a_gateway_it_says_how_to_start_one_and_makes_nothing(home: Path) -> None:
    text = text_of(ServingPage())
    assert "workbench serve" in text
    assert "No key is in force" in text
    assert "<button" not in text
    assert not home.exists()


def test_without_a_gateway_usage_and_keys_are_shown(home: Path) -> None:
    from workbench.store.usage import UsageLog

    limits = KeyLimits(budget_tokens_day=100, requests_per_minute=7)
    made = access.create_key("anna", limits=limits)
    log = UsageLog()
    row = UsageRow("req_1", made.id, "local", MODEL, MODEL, prompt_tokens=30, completion_tokens=12)
    log.settle(row).result(10)
    log.close()
    page = ServingPage()
    text = text_of(page)
    assert "58 of 100 tokens today left" in text
    assert "at most 7 requests this minute" in text
    assert "30 + 12" in text
    button(page, "Revoke anna").click()
    button(page, "Refuse anna from now on").click()
    assert Keys().get(made.id).revoked_s is not None
    text = text_of(page)
    assert "anna is refused from now on" in text
    assert "1 revoked key</summary>" in text and made.prefix in text  # it was there, and is refused


def test_both_lines_run_along_the_same_minutes_and_move_with_the_clock() -> None:
    now_s = 1_795_000_005.0
    row = UsageRow("r", "k", "local", MODEL, MODEL, completion_tokens=40, duration_s=2.0)
    rows = [dataclasses.replace(row, time_s=now_s - 95.0)]

    def drawn(at_s: float) -> tuple[list[str], list[str]]:
        """The marks below each figure, and the paths of its lines."""
        html = draw_rates(rows, now_s=at_s)
        below = re.findall(r'<div class="xs"[^>]*>(.*?)</div>', html)
        return below, re.findall(r'class="line" d="([^"]+)"', html)

    below, lines = drawn(now_s)
    assert len(below) == 2 and below[0] == below[1]
    last = dt.datetime.fromtimestamp(now_s // 60 * 60)
    assert f">{last:%H:%M}<" in below[0]
    assert below[0].count("<i ") in (int(RECENT_S / 60), int(RECENT_S / 60) + 1)
    later_below, later_lines = drawn(now_s + 60)
    assert later_below != below and later_lines[0] != lines[0]
    assert drawn(now_s + STEP_S / 4) == (below, lines)  # steps stand still in between


def test_a_step_is_drawn_as_wide_as_it_lasts() -> None:
    now_s = 1_795_000_005.0
    row = UsageRow("r", "k", "local", MODEL, MODEL, completion_tokens=0, time_s=now_s - 95.0)
    html = draw_rates([row], now_s=now_s)
    line = re.findall(r'class="line" d="M([0-9. L]+)"', html)[1]
    points = [tuple(map(float, each.split())) for each in line.split("L")]
    high = [x for x, y in points if y == 0.0]  # the top of the picture
    assert len(high) == 2 and high[1] - high[0] == pytest.approx(1000 * STEP_S / RECENT_S, abs=0.2)
    assert "answered at most 1, now 0; failed at most 0, now 0" in html


@pytest.mark.model
def test_it_shows_what_a_gateway_does(page: ServingPage) -> None:
    text = text_of(page)
    for said in (
        "✓ ready",
        MODEL,
        "that models may take",
        "<p>Memory now: ",
        "<span>memory now ",
        "0 of 1 requests this minute left",
        "Limit requests per minute",
        "Status 429",
        "the gateway's own",
        "✓ answered",
    ):
        assert said in text, said
    assert "Peru" not in text
    assert "could not be drawn" not in text


@pytest.mark.model
def test_models_are_unloaded_loaded_and_pinned_by_its_buttons(page: ServingPage) -> None:
    button(page, f"Unload {MODEL}").click()
    assert f"{MODEL} is unloaded" in text_of(page)
    assert "No model is loaded" in text_of(page)
    choice = button(page, "A model of this disk")
    choice.value = MODEL
    button(page, "Load the model chosen").click()
    assert f"{MODEL} is loaded" in text_of(page)
    button(page, f"Pin {MODEL}").click()
    assert "◆ pinned" in text_of(page)
    button(page, f"Unpin {MODEL}").click()
    assert "◆ pinned" not in text_of(page)


@pytest.mark.model
def test_what_cannot_be_done_is_said_and_the_page_stands(
    page: ServingPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str, **_: Any) -> None:
        raise AccessError(f"you may <not> unload {name}", hint="ask the owner")

    monkeypatch.setattr(serving_models, "unload_model", refuse)
    button(page, f"Unload {MODEL}").click()
    assert "you may &lt;not&gt; unload" in text_of(page)
    assert not button(page, f"Unload {MODEL}").disabled
    monkeypatch.setattr(serving_models, "unload_model", lambda *_, **__: 1 / 0)
    button(page, f"Unload {MODEL}").click()
    assert "ZeroDivisionError" in text_of(page)


@pytest.mark.model
def test_revoking_asks_first_and_the_gateways_own_key_stays(page: ServingPage) -> None:
    made = access.create_key("guest")
    page.look()
    page.refresh()
    button(page, "Revoke guest").click()
    assert Keys().get(made.id).revoked_s is None
    button(page, "Do not revoke guest").click()
    assert Keys().get(made.id).revoked_s is None
    button(page, "Revoke guest").click()
    button(page, "Refuse guest from now on").click()
    assert Keys().get(made.id).revoked_s is not None
    with pytest.raises(AssertionError, match="0 buttons"):
        button(page, "Revoke owner")


@pytest.mark.model
@pytest.mark.parametrize("content", [None, "wb-of-somebody-else\n"])
def test_a_key_that_cannot_be_used_is_said(
    gateway: Any, page: ServingPage, tmp_path: Path, content: str | None
) -> None:
    state = gateway.home / "serving" / "running.json"
    kept = state.read_text()
    other = tmp_path / "owner.key"
    if content is not None:
        other.write_text(content)
    state.write_text(json.dumps(json.loads(kept) | {"key_file": str(other)}))
    try:
        page.look()
        page.refresh()
        text = text_of(page)
    finally:
        state.write_text(kept)
    assert "does not let this page in" in text
    assert gateway.url in text
    assert "Pin</button>" not in text
    assert "✓ answered" in text  # the store is read all the same


def test_one_that_does_not_answer_costs_two_seconds_and_no_more(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    from workbench.serving.running import announce

    with socket.create_server(("127.0.0.1", 0)) as deaf:
        key = home / "serving" / "owner.key"
        key.parent.mkdir(parents=True)
        key.write_text("wb-x")
        announce(f"http://127.0.0.1:{deaf.getsockname()[1]}", key)
        monkeypatch.setattr(serving_facts, "TIMEOUT_S", 0.1)
        text = text_of(ServingPage())
    assert "does not answer this page" in text


def test_a_store_that_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise StorageError("the store <is> damaged", hint="workbench store check")

    monkeypatch.setattr(serving_facts, "read_usage", broken)
    text = text_of(ServingPage())
    assert "the store &lt;is&gt; damaged" in text
    assert "workbench serve" in text


def row(**more: Any) -> UsageRow:
    return UsageRow("req", "key", "me", "m", "m", **more)


def test_tokens_stand_where_they_were_made() -> None:
    made = row(completion_tokens=100, duration_s=22.0, time_to_first_token_s=2.0, time_s=995.0)
    again = row(completion_tokens=100, duration_s=0.0, time_s=995.0, cache="exact")
    steps = tokens_per_s([made, again], now_s=999.0)
    assert steps[-3:] == pytest.approx([2.5, 5.0, 2.5])
    assert sum(steps) * 10 == pytest.approx(100)


def test_requests_stand_where_they_ended_and_failures_apart() -> None:
    rows = [row(time_s=995.0), row(time_s=985.0, status=500), row(time_s=100.0)]
    steps = requests_per_step(rows, now_s=999.0)  # the last step begins at 990
    assert steps["answered"][-3:] == [0, 0, 1] and steps["failed"][-3:] == [0, 1, 0]
    assert sum(steps["answered"]) == sum(steps["failed"]) == 1


def test_the_pages_own_questions_are_not_counted() -> None:
    text = "".join(
        f'workbench_requests_total{{endpoint="{path}",model="",backend="",status="401"}} 3.0\n'
        for path in ("/v1/chat/completions", "/v1/embeddings", "/admin/v1/status", "/metrics")
    )
    assert read_counters("# TYPE workbench_requests counter\n" + text)[
        "workbench_requests_total"
    ] == {"401": 6.0}


@pytest.mark.parametrize(
    ("limits", "used", "said"),
    [
        ({}, {}, []),
        ({"budget_usd_month": 2.0}, {"usd_month": 0.5}, ["1.50 of 2.00 USD this month left"]),
        (
            {"budget_usd_day": 0.0003},
            {"usd_day": 0.000058},
            ["0.00024 of 0.00030 USD today left"],
        ),
        ({"budget_tokens_day": 9}, {"tokens_day": 12}, ["✗ 0 of 9 tokens today left"]),
        ({"concurrent_streams": 2}, {}, ["at most 2 answers at a time"]),
    ],
)
def test_limits_left(
    limits: dict[str, Any],
    used: dict[str, float],
    said: list[str],
    make_key: Callable[[KeyLimits], Key],
) -> None:
    assert limits_left(make_key(KeyLimits(**limits)), used) == said


def test_a_budget_of_money_where_nothing_has_a_price_says_that_it_limits_nothing(
    make_key: Callable[[KeyLimits], Key], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "workbench.toml"
    monkeypatch.setenv("WORKBENCH_CONFIG", str(config))
    key = make_key(KeyLimits(budget_usd_month=2.0, budget_tokens_day=9))
    used = {"usd_month": 0.0, "tokens_day": 1}
    for text, money in (
        ("", "2.00 USD this month, which limits nothing: no model has a price"),
        (
            "[prices.x]\ncompletion_usd_per_million_tokens = 2\n",
            "2.00 of 2.00 USD this month left",
        ),
        ("[serving]\nnonsense = 1\n", "2.00 of 2.00 USD this month left"),
    ):
        config.write_text(text)
        stamp = time.time_ns()
        os.utime(config, ns=(stamp, stamp))
        told = limits_left(key, used, is_free=read_usage().is_free)
        assert told == ["8 of 9 tokens today left", money]


@pytest.fixture
def make_key() -> Callable[[KeyLimits], Key]:
    def make(limits: KeyLimits) -> Key:
        return Keys().get(access.create_key("any", limits=limits).id)

    return make


def test_what_outlives_the_gateway_is_told_apart_from_its_memory() -> None:
    counted = {"entries": 0, "size_bytes": 0, "most_bytes": 64, "lookups": 0, "evictions": 0}
    facts = ServingFacts()
    cache = {**counted, "saved_s": 0.0, "twin": {"entries": 3}}
    facts.gateway = GatewayFacts("answers", cache=cache)
    told = draw_cache(facts)
    assert "3 answers" in told.partition("In memory")[0]
    assert "0 answers" in told.partition("In memory")[2]


def test_a_gateway_that_misses_a_look_or_two_has_not_gone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ["ready", "silent", "silent", "ready", "silent", "silent", "silent", "silent", "none"]
    answers = iter(said)
    monkeypatch.setattr(serving_facts, "find_gateway", lambda: GatewayFacts(next(answers)))
    facts = ServingFacts()
    seen = []
    for _ in said:
        facts.look()
        seen.append(facts.gateway.situation)
    assert seen == ["ready"] * 6 + ["silent", "silent", "none"]
