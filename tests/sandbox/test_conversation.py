"""Asking a program line by line, whatever it makes of that."""

from __future__ import annotations

import pytest

from workbench.core.errors import DeadlineError, EngineError
from workbench.sandbox import Code, Limits, talk_isolated
from workbench.sandbox.kinds import Need

from .conftest import needs_bubblewrap

pytestmark = needs_bubblewrap

LIMITS = Limits(wall_s=60, output_bytes=1 << 16)
ECHO = "import sys\nfor line in sys.stdin: print(line.strip().replace('ping', 'pong'), flush=True)"


@pytest.mark.parametrize("need", ["sandbox", "limits"])
def test_question_and_answer(need: Need) -> None:
    with talk_isolated(Code(ECHO), limits=LIMITS, need=need) as talk:
        assert talk.ask({"say": "ping"}, timeout_s=30) == {"say": "pong"}
        assert talk.ask(["ping", 1.5, None], timeout_s=30) == ["pong", 1.5, None]
        assert talk.close().ok


def test_long_messages_go_through_in_pieces() -> None:
    with talk_isolated(Code(ECHO), limits=Limits(output_bytes=4 << 20)) as talk:
        text = "x" * 1_000_000
        assert talk.ask(text, timeout_s=60) == text


@pytest.mark.parametrize(
    ("source", "error", "said"),
    [
        ("pass", EngineError, "ended before it answered"),
        ("import os; input(); os._exit(0)", EngineError, "exit status 0"),
        ("print('not json', flush=True); input()", EngineError, "no JSON"),
        ("print('[' * 30000, flush=True); input()", EngineError, "no JSON"),
        ("print('x' * 100000, flush=True); input()", EngineError, "longer than"),
        ("import time; time.sleep(300)", DeadlineError, "in time"),
        ("import os; os.kill(os.getppid(), 9)", EngineError, "vanished"),
    ],
)
def test_programs_that_do_not_answer(source: str, error: type[Exception], said: str) -> None:
    with (
        talk_isolated(Code(source), limits=LIMITS) as talk,
        pytest.raises(error, match=said),
    ):
        talk.ask("ping", timeout_s=4)


def test_wall_clock_ends_a_conversation() -> None:
    source = "import time; time.sleep(300)"
    with (
        talk_isolated(Code(source), limits=Limits(wall_s=1)) as talk,
        pytest.raises(EngineError, match="wall"),
    ):
        talk.ask("ping", timeout_s=60)
