"""Judged calls as rows to learn from: each dialect's words, consent, and what is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core import operations, settings
from workbench.core.errors import ConflictError, InputError, NotFoundError, StorageError
from workbench.finetuning.snapshots import collecting_feedback
from workbench.finetuning.snapshots.collecting_feedback import FeedbackExport, export_feedback
from workbench.finetuning.snapshots.feedback import read_feedback
from workbench.identity import create_key
from workbench.serving.call import Call, Piece, ToolCall
from workbench.serving.dialects import (
    anthropic_messages,
    openai_chat,
    openai_completions,
    openai_embeddings,
    openai_responses,
)
from workbench.serving.kept_words import words_of
from workbench.serving.tools.compiling import compile_tools
from workbench.serving.tools.reader import ToolReader
from workbench.store import files, judged_words
from workbench.store.database import close_all, open_database
from workbench.store.feedback import add_feedback
from workbench.store.ledger import Ledger
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow, UsageText

ASKED = "What does K11 mean?"
SAID = (Piece("Burn "), Piece("the sieve", finish_reason="stop"))
GOOD: dict[str, Any] = {"score": 1, "consent": True}
WRONG: dict[str, Any] = {"score": -1, "consent": True, "corrected_answer": "Rinse the sieve"}
SECRET = "zanzibar"
TOOL = {"name": "find_fault", "description": "Looks a code up",
        "parameters": {"type": "object", "properties": {"code": {"type": "string"}}}}  # fmt: skip
USED = [
    {"role": "user", "content": ASKED},
    {"role": "assistant", "content": None, "tool_calls": [
        {"id": "c1", "type": "function",
         "function": {"name": "find_fault", "arguments": '{"code": "K11"}'}}]},
    {"role": "tool", "tool_call_id": "c1", "content": "sieve blocked"},
]  # fmt: skip


@pytest.fixture(autouse=True)
def _close(home: Path) -> Iterator[None]:
    yield
    close_all()


class Kept:
    """A store with calls as a gateway keeps them."""

    def __init__(self) -> None:
        self.count = 0

    def chat(self, messages: Any = ASKED, **body: Any) -> Call:
        """A call of OpenAI's chat."""
        said = [{"role": "user", "content": messages}] if isinstance(messages, str) else messages
        return self.parse(openai_chat, {"messages": said, **body})

    def parse(self, dialect: Any, body: dict[str, Any]) -> Call:
        """A call of a dialect."""
        self.count += 1
        raw = json.dumps({"model": "m", **body}).encode()
        found: Call = dialect.parse(raw, request_id=f"req_{self.count:03}", headers={})
        return found

    def judge(
        self,
        call: Call,
        pieces: Any = SAID,
        *,
        words: bool = True,
        model: str = "m",
        key: str = "key_1",
        status: int = 200,
        **said: Any,
    ) -> str:
        """Settle a call and judge it; its id."""
        log = UsageLog(keep_text=words)
        row = UsageRow(
            request_id=call.request_id,
            key_id=key,
            user="ann",
            model_asked="m",
            model_served=model,
            status=status,
        )
        log.settle(row, text=words_of(call, pieces)).result()
        assert log.close() == 0
        if said:
            add_feedback(call.request_id, key_id=key, **said)
        return call.request_id


@pytest.fixture
def kept(home: Path) -> Kept:
    return Kept()


def written(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text("utf-8").splitlines()]


def one_row(tmp_path: Path) -> dict[str, Any]:
    """The only row of an export, which the trainer's reader takes."""
    found = export_feedback(tmp_path / "f.jsonl")
    assert (found.rows, found.left_out) == (1, {})
    (row,) = written(found.path)
    assert len(read_feedback(found.path).examples) == 1
    return row


def test_a_chat_with_its_system_prompt(kept: Kept, tmp_path: Path) -> None:
    said = [{"role": "developer", "content": "Be short."}, {"role": "system", "content": "Help."},
            {"role": "user", "content": [{"type": "text", "text": ASKED}]}]  # fmt: skip
    request_id = kept.judge(kept.chat(said), **WRONG)
    assert one_row(tmp_path) == {
        "request_id": request_id,
        "messages": [
            {"role": "system", "content": "Be short.\n\nHelp."},
            {"role": "user", "content": ASKED},
        ],
        "answer": "Burn the sieve",
        "score": -1.0,
        "corrected_answer": "Rinse the sieve",
        "consent": True,
    }
    found = read_feedback(tmp_path / "f.jsonl")
    assert found.examples[0].messages[-1] == ("assistant", "Rinse the sieve")
    assert found.preferences[0].rejected == "Burn the sieve"


def test_the_other_dialects(kept: Kept, tmp_path: Path) -> None:
    kept.judge(kept.parse(openai_completions, {"prompt": "K11 means"}), (
        Piece(" rinse", finish_reason="stop"),), **GOOD)  # fmt: skip
    kept.judge(kept.parse(openai_responses, {"instructions": "Be short.", "input": ASKED}), **GOOD)
    body = {"system": "Be short.", "max_tokens": 9, "messages": [
        {"role": "user", "content": [{"type": "text", "text": "K11"}]},
        {"role": "assistant", "content": "It means: "}]}  # fmt: skip
    kept.judge(kept.parse(anthropic_messages, body), **WRONG)
    export_feedback(tmp_path / "f.jsonl")
    completion, response, message = written(tmp_path / "f.jsonl")
    assert completion["messages"] == [{"role": "user", "content": "K11 means"}]
    assert completion["answer"] == "rinse"
    asked = [{"role": "system", "content": "Be short."}, {"role": "user", "content": ASKED}]
    assert (response["messages"], response["answer"]) == (asked, "Burn the sieve")
    # An answer that the asker began is one answer, and so is its correction.
    assert [each["role"] for each in message["messages"]] == ["system", "user"]
    assert message["answer"] == "It means: Burn the sieve"
    assert message["corrected_answer"] == "It means: Rinse the sieve"


def test_tools_are_written_as_the_model_reads_and_writes_them(kept: Kept, tmp_path: Path) -> None:
    offered = {"tools": [{"type": "function", "function": TOOL}]}
    first = kept.chat(**offered)
    parts = ToolCall("c1", "find_fault", ""), ToolCall("c1", "", '{"code":"K11"}')
    called = [Piece(tool_calls=(part,)) for part in parts]
    called.append(Piece(finish_reason="tool_calls"))
    kept.judge(first, called, **GOOD)
    then = kept.chat(USED, **offered)
    kept.judge(then, **WRONG)
    export_feedback(tmp_path / "f.jsonl")
    rows = written(tmp_path / "f.jsonl")
    for row, call in zip(rows, (first, then), strict=True):
        assert row["messages"] == [dict(each) for each in compile_tools(call).messages]
    pieces = ToolReader(first).feed(Piece(rows[0]["answer"], finish_reason="stop"))
    (read,) = [each for piece in pieces for each in piece.tool_calls if each.name]
    assert read.name == "find_fault"
    assert "".join(c.arguments for p in pieces for c in p.tool_calls) == '{"code":"K11"}'
    for name, text in (("answer", "Burn the sieve"), ("corrected_answer", "Rinse the sieve")):
        told = ToolReader(then).feed(Piece(rows[1][name], finish_reason="stop"))
        assert "".join(piece.text for piece in told) == text
    assert len(read_feedback(tmp_path / "f.jsonl").examples) == 2


def test_a_correction_may_be_the_call_of_a_tool(kept: Kept, tmp_path: Path) -> None:
    call = kept.chat(tools=[{"type": "function", "function": TOOL}])
    better = {"tool": "find_fault", "arguments": {"code": "K11"}}
    kept.judge(call, **{**WRONG, "corrected_answer": json.dumps(better)})
    assert json.loads(one_row(tmp_path)["corrected_answer"]) == better
    forced = kept.chat(tools=[{"type": "function", "function": TOOL}], tool_choice="required")
    kept.judge(forced, (Piece(tool_calls=(ToolCall("c", "find_fault", "{}"),)),), **WRONG)
    assert export_feedback(tmp_path / "f.jsonl").left_out == {"no form of a row": 1}


def test_a_history_with_tools_and_none_on_offer(kept: Kept, tmp_path: Path) -> None:
    call = kept.chat(USED)
    kept.judge(call, **GOOD)
    row = one_row(tmp_path)
    assert row["messages"][-1] == {"role": "user", "content": "Result of find_fault: sieve blocked"}
    assert row["answer"] == "Burn the sieve"


def test_each_call_that_is_left_out_is_counted_once_with_its_reason(
    kept: Kept, tmp_path: Path
) -> None:
    cut = (Piece("Rinse the", finish_reason="length"),)
    kept.judge(kept.chat(), **GOOD)
    kept.judge(kept.chat())  # nobody judged it
    kept.judge(kept.chat(), score=1)
    kept.judge(kept.chat(), score=1, consent=False, words=False, status=500)
    kept.judge(kept.chat(), **WRONG, status=499)  # the client left
    kept.judge(kept.chat(), **GOOD, words=False)
    kept.judge(kept.chat(n=2), (*SAID, Piece("Rinse", index=1, finish_reason="stop")), **GOOD)
    kept.judge(kept.parse(openai_completions, {"prompt": ["a", "b"]}),
               (Piece("x", finish_reason="stop"), Piece("y", index=1)), **GOOD)  # fmt: skip
    kept.judge(kept.parse(openai_embeddings, {"input": "a"}), (Piece(vector=(1.0,)),), **GOOD)
    kept.judge(kept.chat(), cut, **GOOD)
    kept.judge(kept.chat(), cut, **WRONG)  # is learnt: what was cut off is the worse of two
    kept.judge(kept.chat(), score=-1, consent=True)
    kept.judge(kept.chat(), score=0, consent=True, corrected_answer="Burn the sieve ")
    kept.judge(kept.chat(), (Piece("", finish_reason="stop"),), **GOOD)
    late = [{"role": "user", "content": "Hi"}, {"role": "system", "content": "Be short."},
            {"role": "user", "content": ASKED}]  # fmt: skip
    kept.judge(kept.chat(late), **GOOD)
    old = kept.judge(kept.chat(), **GOOD)
    with open_database().transaction() as connection:
        (row,) = connection.execute("SELECT settlement_id FROM usage WHERE request_id = ?", (old,))
        connection.execute("UPDATE usage_text SET form = NULL WHERE settlement_id = ?", tuple(row))
    found = export_feedback(tmp_path / "f.jsonl")
    assert (found.rows, found.preferences, found.judged) == (2, 1, 15)
    assert found.left_out == {
        "no consent": 2,
        "failed call": 1,
        "no words kept": 1,
        "several answers or none": 3,
        "the answer was cut off": 1,
        "nothing to learn": 2,
        "no form of a row": 2,
        "kept by an older version": 1,
    }
    assert found.rows + sum(found.left_out.values()) == found.judged


def no_word_of_who_did_not_agree(kept: Kept, tmp_path: Path) -> None:
    """Judge with and without consent, in each way to say no, and look for the words."""
    secret = kept.chat(f"Is {SECRET} far?")
    kept.judge(secret, score=-1, corrected_answer=f"{SECRET} is far", comment=SECRET)
    kept.judge(kept.chat(SECRET), score=1, consent=False)
    back = kept.judge(kept.chat(SECRET), **GOOD)
    add_feedback(back, 1, key_id="key_1")  # a second word takes the place of the first
    kept.judge(kept.chat("K11?"), **GOOD)
    out = tmp_path / "f.jsonl"
    found = export_feedback(out)
    assert (found.rows, found.left_out) == (1, {"no consent": 3})
    assert SECRET not in out.read_text("utf-8")
    assert SECRET not in repr(Ledger().entries()) + repr(found)
    assert all(SECRET not in repr(vars(each)) for each in judged_words.judged_words())


def test_no_word_of_who_did_not_agree(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_word_of_who_did_not_agree(kept, tmp_path)


def test_a_store_that_takes_silence_for_consent_is_seen(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variant: consent is ignored where the words are read."""
    broken = judged_words._WORDS.replace("f.consent = 1", "1 = 1")
    monkeypatch.setattr(judged_words, "_WORDS", broken)
    with pytest.raises(AssertionError):
        no_word_of_who_did_not_agree(kept, tmp_path)


def test_a_row_maker_that_ignores_consent_is_seen(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variant: consent is ignored where rows are made, and the words are there."""
    import dataclasses

    monkeypatch.setattr(judged_words, "_WORDS", judged_words._WORDS.replace("f.consent = 1", "1"))
    real = collecting_feedback.row_of
    agreed = lambda call: real(dataclasses.replace(call, consent=True))  # noqa: E731
    monkeypatch.setattr(collecting_feedback, "row_of", agreed)
    with pytest.raises(AssertionError):
        no_word_of_who_did_not_agree(kept, tmp_path)


def test_an_export_is_the_same_for_the_same_calls_and_told_in_the_ledger(
    kept: Kept, tmp_path: Path
) -> None:
    for asked in ("c?", "a?", "b?"):
        kept.judge(kept.chat(asked), **GOOD)
    add_feedback("req_002", -1, key_id="key_1", consent=True, corrected_answer="Rinse")
    one, two = export_feedback(tmp_path / "1.jsonl"), export_feedback(tmp_path / "2.jsonl")
    assert one.path.read_bytes() == two.path.read_bytes()
    assert [row["request_id"] for row in written(one.path)] == ["req_001", "req_002", "req_003"]
    assert one.path.stat().st_mode & 0o077 == 0
    entry = Ledger().entries(action="privacy.release")[0]
    assert entry.subject == "feedback, 2.jsonl"
    assert entry.data == {"rows": 3, "judged": 3, "left_out": {}}
    add_feedback("req_002", -1, key_id="key_1")  # takes the consent back
    assert export_feedback(one.path).rows == 2
    assert "Rinse" not in one.path.read_text()


def test_by_key_by_model_and_by_time(kept: Kept, tmp_path: Path) -> None:
    mine = create_key("mine").id
    kept.judge(kept.chat(), key=mine, **GOOD)
    kept.judge(kept.chat(), model="m:facts@2", **GOOD)
    kept.judge(kept.chat(), model="m:other@1", **GOOD)
    with open_database().transaction() as connection:
        connection.execute("UPDATE feedback SET time_s = 1000 WHERE request_id = 'req_003'")
    run = operations.find("finetuning.feedback").run

    def ids(**options: Any) -> list[str]:
        found: FeedbackExport = run({"out": str(tmp_path / "f.jsonl"), **options})
        return [row["request_id"] for row in written(found.path)]

    assert ids() == ["req_001", "req_002", "req_003"]
    assert ids(key="mine") == ["req_001"]
    assert ids(model="m") == ["req_001"]
    assert ids(model="m:facts") == ["req_002"]
    assert ids(since="7d") == ["req_001", "req_002"]
    with pytest.raises(NotFoundError, match="mine"):
        ids(key="mien")
    with pytest.raises(InputError, match="no date"):
        ids(since="yesterdayish")


def test_a_hint_where_nothing_can_come_of_it(kept: Kept, tmp_path: Path) -> None:
    out = tmp_path / "f.jsonl"
    assert "usage_prompt_text = true" in export_feedback(out).hint
    with settings.override(usage_prompt_text=True):
        assert "/v1/feedback" in export_feedback(out).hint
        kept.judge(kept.chat(), score=1)
        assert "consent" in export_feedback(out).hint
        kept.judge(kept.chat(), **GOOD)
        assert export_feedback(out).hint == ""
    assert export_feedback(out).hint == ""
    kept.judge(kept.chat(), **GOOD, words=False)
    assert "usage_prompt_text = true" in export_feedback(out).hint


def test_no_other_file_is_written_over_and_a_full_disk_leaves_the_old_one(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.judge(kept.chat(), **GOOD)
    own = tmp_path / "own.jsonl"
    own.write_text('{"prompt": "K11?", "response": "Rinse", "consent": true}\n')
    with pytest.raises(ConflictError, match="no export of feedback"):
        export_feedback(own)
    assert own.read_text().startswith('{"prompt"')
    for name in ("f.csv", "feedback"):
        with pytest.raises(InputError, match="JSON object a line"):
            export_feedback(tmp_path / name)
    with pytest.raises(InputError, match="folder"):
        export_feedback(tmp_path)
    out = tmp_path / "f.jsonl"
    export_feedback(out)
    before = out.read_bytes()
    kept.judge(kept.chat(), **GOOD)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "sync_file", full)
    with pytest.raises(StorageError, match="no space left"):
        export_feedback(out)
    assert out.read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["f.jsonl", "home", "own.jsonl"]


def test_half_a_character_is_kept_as_a_question_mark(kept: Kept, tmp_path: Path) -> None:
    log = UsageLog(keep_text=True)
    row = UsageRow(request_id="req_9", key_id="key_1", user="ann", model_asked="m")
    form = json.dumps({"kind": "chat", "answers": 1, "finish": "stop"})
    prompt = json.dumps([{"role": "user", "content": "\ud83d?"}], ensure_ascii=False)
    log.settle(row, text=UsageText(prompt, "A\ud83d", form)).result()
    log.close()
    add_feedback("req_9", 1, key_id="key_1", consent=True)
    assert one_row(tmp_path)["answer"] == "A?"


def test_few_judged_calls_are_found_without_walking_through_all(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.judge(kept.chat(), **GOOD)
    database, plans = open_database(), list[str]()
    real = database.read

    def explained(sql: str, params: Any = ()) -> Any:
        plans.extend(str(row["detail"]) for row in real(f"EXPLAIN QUERY PLAN {sql}", params))
        return real(sql, params)

    monkeypatch.setattr(database, "read", explained)
    assert len(judged_words.judged_words(since_s=5.0)) == 1
    assert any(plan.startswith("SEARCH u") for plan in plans)
    assert not any(plan.startswith("SCAN") for plan in plans)
