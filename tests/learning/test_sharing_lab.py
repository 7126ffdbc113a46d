"""The lab on sharing a model: wrong answers in the ways in which learners are wrong."""

from __future__ import annotations

import pytest

from .planted import assert_caught

NAME = "serving/02_sharing_a_model"
KEY = "import json\ndef call_key(call):\n    return json.dumps({}, sort_keys={})"

PLANTED = {
    "n is left out": ("q1", "def most_tokens(p, m, n):\n    return p + m", "n is left out"),
    "the prompt for each answer": (
        "q1",
        "def most_tokens(p, m, n):\n    return n * (p + m)",
        "read once",
    ),
    "reservations are overlooked": (
        "q2",
        "def may_begin(limit, used, reserved, asked):\n    return used + asked <= limit",
        "reservations count as gone",
    ),
    "the edge is refused": (
        "q2",
        "def may_begin(limit, used, reserved, asked):\n    return used + reserved + asked < limit",
        "exactly what is left",
    ),
    "only the used part is given back": (
        "q3",
        "def settle(account, reserved, used):\n"
        "    return {'used': account['used'] + used, 'reserved': account['reserved'] - used}",
        "reserved for ever",
    ),
    "the reservation is booked": (
        "q3",
        "def settle(account, reserved, used):\n"
        "    return {'used': account['used'] + reserved,\n"
        "            'reserved': account['reserved'] - reserved}",
        "it used less",
    ),
    "first come, first served": (
        "q4",
        "def fair_order(queues, quantum):\n"
        "    return [(t, c) for t, costs in queues.items() for c in costs]",
        "first come, first served",
    ),
    "one job a turn": (
        "q4",
        "def fair_order(queues, quantum):\n"
        "    n = max(map(len, queues.values()))\n"
        "    return [(t, c[i]) for i in range(n) for t, c in queues.items() if i < len(c)]",
        "whatever it costs",
    ),
    "the order of the fields counts": ("q5", KEY.format("call", "False"), "another order"),
    "who asks counts": ("q5", KEY.format("call", "True"), "another user"),
    "only the messages count": ("q5", KEY.format("call['messages']", "True"), "another model"),
    "the messages are sorted": (
        "q5",
        "import json\n"
        "def call_key(call):\n"
        "    kept = {k: v for k, v in call.items() if k not in ('user', 'stream')}\n"
        "    kept['messages'] = sorted(json.dumps(m, sort_keys=True) for m in call['messages'])\n"
        "    return json.dumps(kept, sort_keys=True)",
        "messages in another order",
    ),
    "the answer's tokens alone": (
        "q6",
        "def ask(question, max_tokens):\n    return {'text': 'Paris', 'tokens': 7, 'known': True}",
        "total_tokens has both",
    ),
    "it is never known": (
        "q6",
        "def ask(question, max_tokens):\n"
        "    return {'text': 'Paris', 'tokens': 40, 'known': False}",
        "the header looked for",
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_wrong_answer_is_caught_with_the_fault_named(planted: str) -> None:
    assert_caught(NAME, *PLANTED[planted])
