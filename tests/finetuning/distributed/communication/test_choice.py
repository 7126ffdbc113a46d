"""What may be said of communication, and with which strategies it goes."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.core.errors import CapabilityError, InputError
from workbench.finetuning.distributed.communication.choice import Choice, read_choice
from workbench.finetuning.distributed.communication.sockets import count_sockets
from workbench.finetuning.distributed.ddp import choose_bucket_mb
from workbench.finetuning.distributed.gathering import Trained
from workbench.finetuning.distributed.plan import Plan


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ("none", Choice("none")),
        ("fp16", Choice("fp16")),
        ("powersgd:4", Choice("powersgd", 4)),
        ("topk:0.01", Choice("topk", 0.01)),
        ("local:8", Choice("local", 8)),
        ("diloco:64", Choice("diloco", 64)),
    ],
)
def test_a_method_and_its_number(said: str, choice: Choice) -> None:
    assert read_choice(said) == choice
    assert choice.is_in_rounds == (choice.method in ("local", "diloco"))
    assert Plan(2, communication=said).is_exact == (said == "none")


@pytest.mark.parametrize(
    "said",
    ["", "zip", "fp16:2", "powersgd", "powersgd:", "powersgd:0", "powersgd:1.5", "topk:0", "topk:2",
     "topk:nan", "diloco:-1", "local:many"],
)  # fmt: skip
def test_what_cannot_be_is_named(said: str) -> None:
    with pytest.raises(InputError) as told:
        Plan(2, communication=said)
    assert told.value.hint and (said.partition(":")[0] in told.value.message)


@pytest.mark.parametrize(
    ("plan", "word"),
    [
        ({"strategy": "fsdp"}, "fsdp"),
        ({"strategy": "tp"}, "tp"),
        ({"strategy": "pp"}, "pp"),
        ({"processes": 4, "tensor": 2}, "tensor"),
    ],
)
def test_only_ddp_has_whole_gradients(plan: dict[str, Any], word: str) -> None:
    with pytest.raises(CapabilityError, match=word) as told:
        Plan(**{"processes": 2, "communication": "powersgd:4", **plan})
    assert "ddp" in (told.value.hint or "")
    Plan(**{"processes": 2, "communication": "none", **plan})


def test_one_process_sends_nothing() -> None:
    with pytest.raises(InputError, match="one process"):
        Plan(1, communication="diloco:64")


def test_buckets_are_an_eighth_of_what_is_trained() -> None:
    def trained(mb: float) -> Trained:
        return Trained({"w": (int(mb * 2**18),)}, {})

    assert [choose_bucket_mb(trained(mb)) for mb in (1, 16, 1000)] == [1.0, 2.0, 25.0]


def test_sockets_are_counted_by_what_they_sent() -> None:
    import socket
    import sys

    if sys.platform != "linux":
        assert count_sockets() is None
        return
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as caller,
        listener.accept()[0] as heard,
    ):
        before = count_sockets()
        caller.sendall(b"x" * 10_000)
        got = 0
        while got < 10_000:
            got += len(heard.recv(65_536))
        heard.sendall(b"done")  # its acknowledgement of all goes with it
        assert caller.recv(4) == b"done"
        after = count_sockets()
    assert before is not None and after is not None
    assert after.sent_bytes - before.sent_bytes >= 10_000
    assert after.received_bytes - before.received_bytes >= 10_000
