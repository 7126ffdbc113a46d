"""From a client's call to what a model is taught: a real gateway, with clients of others."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from workbench import identity
from workbench.core import operations, settings
from workbench.finetuning.snapshots.snapshot import find_snapshot
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.formats.to_gguf import write_gguf_of_folder
from workbench.store.database import open_database
from workbench.store.usage_queries import settlements

from .conftest import MODEL, Client, link_models

pytestmark = pytest.mark.model
SYSTEM = "You help owners of Brellick machines."
ASKED = "What does K11 mean?"
BETTER = "Rinse the copper sieve"
CHAT: Any = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": ASKED}]
TOOL: Any = {"type": "function", "function": {
    "name": "find_fault", "description": "Looks a code up", "parameters": {
        "type": "object", "properties": {"code": {"type": "string", "maxLength": 8}},
        "required": ["code"]}}}  # fmt: skip


@pytest.fixture(scope="module")
def keeping(
    serving_home: Path, shared_home_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """A gateway that keeps the words of calls, in a home of its own; the home stands beside it."""
    from workbench.serving.server import serving

    home = link_models(tmp_path_factory.mktemp("keeping") / "home", shared_home_path)
    made = serving()
    with settings.override(home=home, threads=1, usage_prompt_text=True):
        server = made.__enter__()
    yield server, home
    made.__exit__(None, None, None)


@pytest.fixture
def gateway(keeping: Any, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Its owner's client; the test works in its home, with nothing judged yet."""
    server, home = keeping
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    with open_database().transaction() as connection:
        connection.execute("DELETE FROM feedback")
    return Client(server.url, server.key)


@pytest.fixture
def client(gateway: Client) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=gateway.key, base_url=f"{gateway.url}/v1", max_retries=0) as found:
        yield found


def judge(client: openai.OpenAI, request_id: str, **said: Any) -> Any:
    body = {"request_id": request_id, "score": -1, "consent": True, **said}
    return client.post("/feedback", cast_to=object, body=body)


def export(out: Path, **options: Any) -> tuple[Any, list[dict[str, Any]]]:
    found = operations.find("finetuning.feedback").run({"out": str(out), **options})
    return found, [json.loads(line) for line in out.read_text("utf-8").splitlines()]


def test_a_correction_becomes_what_a_tiny_adapter_is_taught(
    client: openai.OpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=CHAT, max_tokens=12)
    said = answer.choices[0].message.content
    assert said
    told = judge(client, answer.id, corrected_answer=BETTER, comment="made up")
    assert told == {"request_id": answer.id.removeprefix("chatcmpl-"), "object": "feedback",
                    "consent": True}  # fmt: skip
    out = tmp_path / "judged.jsonl"
    found, rows = export(out)
    assert (found.rows, found.preferences, found.left_out) == (1, 1, {})
    assert rows == [
        {"request_id": told["request_id"], "messages": CHAT, "answer": said, "score": -1.0,
         "corrected_answer": BETTER, "consent": True}
    ]  # fmt: skip

    folder = tmp_path / "tiny"
    make_tiny_folder(folder)
    gguf = write_gguf_of_folder(folder, tmp_path / "tiny.gguf", type="F32")
    config = tmp_path / "workbench.toml"
    config.write_text(f'[models.tiny]\npath = "{gguf}"\nthreads = 1\ncontext_tokens = 256\n')
    monkeypatch.setenv("WORKBENCH_CONFIG", str(config))
    options = {"model": "tiny", "data": str(out), "steps": 2, "precision": "fp32", "anchors": 0}
    with settings.override(threads=1):
        run = operations.find("finetuning.run").run({**options, "name": "taught"})
        preferred = operations.find("finetuning.prefer").run({**options, "name": "leaning"})
    (example,) = find_snapshot("taught").examples()
    assert example.messages == (("system", SYSTEM), ("user", ASKED), ("assistant", BETTER))
    assert example.identity == told["request_id"]
    assert run.adapter == "taught" and run.steps == 2
    assert preferred.measures["pairs"] == 1


def test_every_door_and_every_way_to_be_answered(
    client: openai.OpenAI, gateway: Client, tmp_path: Path
) -> None:
    plain: Any = {"model": MODEL, "messages": CHAT, "max_tokens": 12}
    ids = {"cached": "exact"}
    again = client.chat.completions.with_raw_response.create(**plain)
    again = client.chat.completions.with_raw_response.create(**plain)
    ids["cached"] = again.headers["x-request-id"]
    (row,) = settlements(request_id=ids["cached"])
    assert row.cache == "exact"
    chunks = list(client.chat.completions.create(
        **plain, stream=True, extra_headers={"x-workbench-cache": "off"}))  # fmt: skip
    ids["streamed"] = chunks[0].id
    ids["completed"] = client.completions.create(model=MODEL, prompt="K11 means", max_tokens=4).id
    ids["responded"] = client.responses.create(
        model=MODEL, instructions=SYSTEM, input=ASKED, max_output_tokens=8).id  # fmt: skip
    called = client.chat.completions.create(
        **{**plain, "max_tokens": 60}, tools=[TOOL], tool_choice="required",
        parallel_tool_calls=False)  # fmt: skip
    ids["called"] = called.id
    (call,) = called.choices[0].message.tool_calls or ()
    assert call.type == "function"
    with anthropic.Anthropic(api_key=gateway.key, base_url=gateway.url, max_retries=0) as claude:
        ids["messages"] = claude.messages.create(
            model=MODEL, max_tokens=8, system=SYSTEM, messages=[CHAT[1]]).id  # fmt: skip
    for name, request_id in ids.items():
        fit = {"tool": "find_fault", "arguments": {"code": "K11"}}
        better = json.dumps(fit) if name == "called" else BETTER
        judge(client, request_id, corrected_answer=better)
    several = client.chat.completions.create(**plain, n=2, temperature=1.0)
    judge(client, several.id, corrected_answer=BETTER)

    found, rows = export(tmp_path / "judged.jsonl")
    assert found.left_out == {"several answers or none": 1}
    assert found.rows == found.preferences == len(ids)
    by = {name: next(row for row in rows if request_id.endswith(row["request_id"]))
          for name, request_id in ids.items()}  # fmt: skip
    for name in ("cached", "streamed", "responded", "messages"):
        assert by[name]["messages"] == CHAT, name
        assert by[name]["corrected_answer"] == BETTER
    assert by["cached"]["answer"] == again.parse().choices[0].message.content
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert by["streamed"]["answer"] == "".join(texts)
    assert by["completed"]["messages"] == [{"role": "user", "content": "K11 means"}]
    system = by["called"]["messages"][0]["content"]
    assert system.startswith(f"{SYSTEM}\n\nYou can use these tools:\n- find_fault: Looks")
    wrote = json.loads(by["called"]["answer"])
    assert wrote == {"tool": "find_fault", "arguments": json.loads(call.function.arguments)}


def test_who_may_judge_what_and_who_left(
    client: openai.OpenAI, gateway: Client, tmp_path: Path
) -> None:
    connection = gateway.connection()
    body = {"model": MODEL, "messages": CHAT, "max_tokens": 400, "stream": True, "temperature": 1}
    connection.request("POST", "/v1/chat/completions", json.dumps(body),
                       {"Authorization": f"Bearer {gateway.key}"})  # fmt: skip
    response = connection.getresponse()
    response.read(200)
    left = response.headers["x-request-id"]
    response.close()
    connection.close()  # in the middle of its answer
    ends_s = time.monotonic() + 30
    while not settlements(request_id=left) and time.monotonic() < ends_s:
        time.sleep(0.05)
    (row,) = settlements(request_id=left)
    assert row.status == 499
    judge(client, left, corrected_answer=BETTER)
    answer = client.chat.completions.create(model=MODEL, messages=CHAT, max_tokens=12)
    judge(client, answer.id, corrected_answer=BETTER)
    found, rows = export(tmp_path / "judged.jsonl")
    assert (found.left_out, len(rows)) == ({"failed call": 1}, 1)

    other = identity.create_key("neighbour").key
    with pytest.raises(openai.NotFoundError, match="made no such request"):
        judge(client.with_options(api_key=other), answer.id, consent=False)
    for wrong in ({"corrected_answer": 7}, {"corrected_answer": " "}, {"consent": "yes"},
                  {"corrected_answer": "x" * 10_001}, {"corrected_answer": "a\0"}):  # fmt: skip
        with pytest.raises(openai.BadRequestError, match=next(iter(wrong))):
            judge(client, answer.id, **wrong)
    assert export(tmp_path / "judged.jsonl", key="neighbour")[0].judged == 0
    assert len(export(tmp_path / "judged.jsonl")[1]) == 1  # as it was
    judge(client, answer.id, consent=None)
    assert export(tmp_path / "judged.jsonl")[0].left_out == {"failed call": 1, "no consent": 1}
