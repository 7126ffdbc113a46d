"""The parts of a shared run that need no second process."""

from __future__ import annotations

import json
import signal
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
import torch

from workbench.core.errors import EngineError, InputError, PeerError, StorageError
from workbench.finetuning.distributed.causes import find_cause
from workbench.finetuning.distributed.job import NAME, Job, read_job, write_job
from workbench.finetuning.distributed.line import Line, Switchboard
from workbench.finetuning.distributed.micro_batches import lay
from workbench.finetuning.distributed.plan import Plan
from workbench.finetuning.distributed.rows import Rows
from workbench.finetuning.distributed.stage import bounds
from workbench.finetuning.training.anchoring import Anchor
from workbench.finetuning.training.batches import collate
from workbench.finetuning.training.encoding import Encoded
from workbench.finetuning.training.recipe import Recipe
from workbench.finetuning.training.registering import Material, Origin


def _rows(*lengths: int) -> list[Encoded]:
    return [
        Encoded((1, 2, *range(3, 3 + n)), 2, identity=str(place), weight=1.0 + place)
        for place, n in enumerate(lengths)
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_each_row_of_a_batch_is_one_processs(count: int) -> None:
    batch = collate(_rows(2, 5, 3), pack_tokens=16)
    shares = [Rows(rank, count, 16).take(batch) for rank in range(count)]
    named = [each.identity for share in shares for each in share.examples if each.weight]
    assert sorted(named) == ["0", "1", "2"]
    whole = sum(float(share.weights.sum()) for share in shares)
    assert whole == pytest.approx(float(batch.weights.sum()))
    assert all(len(share.examples) >= 1 for share in shares)  # also where there are four


def test_batches_of_one_shape_hide_what_was_filled_in() -> None:
    packed, alone = collate(_rows(2, 2), pack_tokens=64), collate(_rows(6))
    laid = lay([packed, alone])
    bins, tokens = laid.bins, laid.tokens
    assert laid.input_ids.shape == (2 * bins, tokens) and laid.number.tolist() == [0, 1]
    first, second = laid.attention_mask[:, 0]
    assert first.diagonal().all() and second.diagonal().all()
    used = packed.input_ids.shape[1]
    assert torch.equal(first[:used, :used], packed.attention_mask[0, 0])
    assert not first[used:, :used].any()
    assert torch.equal(second, torch.ones(tokens, tokens, dtype=torch.bool).tril())


def test_layers_are_shared_as_evenly_as_can_be() -> None:
    assert bounds(30, 4) == [(0, 8), (8, 16), (16, 23), (23, 30)]
    assert bounds(2, 2) == [(0, 1), (1, 2)]


def test_a_job_is_read_as_it_was_written(tmp_path: Path) -> None:
    rows = _rows(3, 1, 4)
    material = Material(
        [(each,) for each in rows[:2]], rows[2:], "rows", "sha", Origin(), None, [rows[2:], ()]
    )
    anchors = (Anchor(rows[0], torch.randn(3, 4), torch.arange(12).reshape(3, 4)),)
    job = Job(
        tmp_path, "key", Path("/a/base"), "fp32", Recipe(layers=3), Plan(4, "fsdp", 2), material, 5,
        Path("/an/adapter"), anchors,
    )  # fmt: skip
    read = read_job(write_job(job))
    assert (read.recipe, read.plan, read.key) == (job.recipe, job.plan, "key")
    assert (read.model, read.start, read.pad_id) == (job.model, job.start, 5)
    assert list(read.material.units) == list(material.units) and read.steps == job.steps
    assert list(read.material.held_out) == rows[2:]
    assert list(read.material.rewordings) == [(rows[2],), ()]
    assert torch.equal(read.anchors[0].log_probs, anchors[0].log_probs)
    assert read.anchors[0].example == rows[0] and (tmp_path / NAME).is_file()


def test_who_asks_hears_the_answer_and_who_hangs_up_is_forgotten() -> None:
    board = Switchboard()
    heard: list[dict[str, Any]] = []
    answers: list[str] = []

    def talk() -> None:
        line = Line(board.address, 3)
        line.tell("here", pid=1)
        answers.append(line.ask("step?"))
        line.close()

    caller = threading.Thread(target=talk)
    caller.start()
    while len(heard) < 2:
        for message, who in board.hear(1.0):
            heard.append(message)
            if message["kind"] == "step?":
                board.answer(who, "go")
    caller.join()
    assert answers == ["go"]
    assert heard == [{"kind": "here", "rank": 3, "pid": 1}, {"kind": "step?", "rank": 3}]
    ours, theirs = socket.socketpair()
    theirs.close()
    board.answer(ours, "go")  # nobody is there
    ours.close()
    board.close()
    with pytest.raises(OSError):
        Line(board.address, 0)


def _fault(kind: str, rank: int, **said: Any) -> dict[str, Any]:
    return json.loads(json.dumps({"kind": kind, "rank": rank, **said}))  # type: ignore[no-any-return]


def test_the_first_cause_is_told_and_not_what_it_brought() -> None:
    closed = _fault(
        "error", 0, own=False, code="", message="RuntimeError: Connection closed by peer", hint=""
    )
    own = _fault("error", 1, own=True, **InputError("no number", hint="lower it").to_dict())
    killed = _fault("failed", -1, failed=1, status=-signal.SIGKILL)
    ended = _fault("failed", -1, failed=0, status=-signal.SIGTERM)
    log = Path("/nowhere/log")
    found = find_cause([closed, own, killed], 2, 1, log)
    assert type(found) is InputError and (found.message, found.hint) == ("no number", "lower it")
    found = find_cause([closed, ended, killed], 2, 1, log)
    assert type(found) is PeerError and "process 1 of 2" in found.message
    assert "SIGKILL" in found.message and "checkpoint" in (found.hint or "")
    found = find_cause([closed, ended], 2, 1, log)
    assert type(found) is EngineError and "Connection closed" in found.message
    full = _fault("error", 0, own=True, **StorageError("the disk is full").to_dict())
    assert type(find_cause([full], 2, 1, log)) is StorageError


def test_what_was_written_is_told_where_nothing_was_said(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("one\ntwo\nModuleNotFoundError: no torch\n")
    found = find_cause([], 2, 1, log)
    assert type(found) is EngineError and "no torch" in found.message
