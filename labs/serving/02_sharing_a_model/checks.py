"""The public checks of this lab: quick, with inputs that everybody may read."""

from __future__ import annotations

from typing import Any

from workbench.learning import Answers, WrongAnswer, expect_close, expect_equal, expect_kind


def q1(answers: Answers) -> None:
    """A prompt of 20 tokens and two answers of 50."""
    expect_most(answers, 20, 50, 2)


def expect_most(answers: Answers, prompt: int, longest: int, n: int) -> None:
    """The prompt once, each answer at its longest."""
    expect_close(
        answers.call("most_tokens", prompt, longest, n),
        prompt + n * longest,
        what=f"the most for a prompt of {prompt}, max_tokens {longest} and n = {n}",
        faults={
            "n is left out; each of the answers may be that long": prompt + longest,
            "the prompt is read once, not for each answer": n * (prompt + longest),
            "the prompt counts too": n * longest,
        },
    )


def q2(answers: Answers) -> None:
    """The story of the text, and the edge."""
    expect_admission(answers, 1000, 900, 80, 80, "the others' reservations count as gone")
    expect_admission(answers, 1000, 900, 0, 100, "exactly what is left is not too much")
    expect_admission(answers, 1000, 900, 0, 101, "one token more than is left is too much")


def expect_admission(
    answers: Answers, limit: int, used: int, reserved: int, asked: int, why: str
) -> None:
    """Whether one request may begin."""
    found = answers.call("may_begin", limit, used, reserved, asked)
    expect_kind(found, bool, what="may_begin(...)")
    right = used + reserved + asked <= limit
    if found != right:
        raise WrongAnswer(
            f"{right} for limit {limit}, used {used}, reserved {reserved}, asked {asked}",
            f"{found}",
            why=why,
        )


def q3(answers: Answers) -> None:
    """One request of many ends."""
    expect_settled(answers, 900, 200, 80, 33)


def expect_settled(answers: Answers, used: int, reserved: int, mine: int, spent: int) -> None:
    """Both numbers of the account, and the old one untouched."""
    found = answers.call("settle", {"used": used, "reserved": reserved}, mine, spent)
    expect_kind(found, dict, what="settle(...)")
    assert isinstance(found, dict)
    expect_equal(sorted(found), ["reserved", "used"], what="the fields of the account")
    expect_close(
        found["used"],
        used + spent,
        what="what is used afterwards",
        faults={
            "the reservation was booked as used; it used less": used + mine,
            "what was used is not booked": used,
        },
    )
    expect_close(
        found["reserved"],
        reserved - mine,
        what="what is reserved afterwards",
        faults={
            "only the part that was used was given back; the rest stays reserved for ever": reserved
            - spent,
            "the reservation was not given back": reserved,
        },
    )


def q4(answers: Answers) -> None:
    """Nearly the example of the text, and a short job behind long ones."""
    expect_order(answers, {"ann": [25, 5], "ben": [10, 10, 10]}, 10)
    expect_order(answers, {"batch": [300, 300, 300], "quick": [20]}, 100)


def expect_order(answers: Answers, queues: dict[str, list[int]], quantum: int) -> None:
    """All jobs, in the order of deficit round robin."""
    found = answers.call("fair_order", queues, quantum)
    expect_kind(found, list, what="fair_order(...)")
    assert isinstance(found, list)
    order = [tuple(pair) if isinstance(pair, (list, tuple)) else pair for pair in found]
    right = fair_order(queues, quantum)
    if order == right:
        return
    told = f"fair_order({queues}, {quantum})"
    for why, wrong in order_faults(queues, quantum).items():
        if order == wrong and wrong != right:
            raise WrongAnswer(f"{right} from {told}", f"{order}", why=why)
    if sorted(map(repr, order)) != sorted(map(repr, right)):
        raise WrongAnswer(f"each job once from {told}", f"{order}", why="are all jobs served?")
    raise WrongAnswer(f"{right} from {told}", f"{order}", why="go through the rounds by hand")


def fair_order(queues: dict[str, list[int]], quantum: int, *, keep: bool = False) -> list[Any]:
    """Deficit round robin; ``keep`` leaves savings to those who have no job."""
    waiting = {tenant: list(costs) for tenant, costs in queues.items()}
    saved = dict.fromkeys(queues, 0)
    order: list[Any] = []
    while any(waiting.values()):
        for tenant, costs in waiting.items():
            saved[tenant] += quantum if costs or keep else 0
            while costs and costs[0] <= saved[tenant]:
                saved[tenant] -= costs[0]
                order.append((tenant, costs.pop(0)))
            if not costs and not keep:
                saved[tenant] = 0
    return order


def order_faults(queues: dict[str, list[int]], quantum: int) -> dict[str, list[Any]]:
    """What goes wrong, by the order that it gives."""
    first_come = [(tenant, cost) for tenant, costs in queues.items() for cost in costs]
    longest = max(map(len, queues.values()))
    turns = [
        (tenant, costs[place])
        for place in range(longest)
        for tenant, costs in queues.items()
        if place < len(costs)
    ]
    return {
        "that is first come, first served: one tenant after the other": first_come,
        "that is one job a turn, whatever it costs": turns,
        "one job a visit; as many are served as the savings pay for": one_a_visit(queues, quantum),
    }


def one_a_visit(queues: dict[str, list[int]], quantum: int) -> list[Any]:
    """The fault of serving one job where the savings would pay for several."""
    waiting = {tenant: list(costs) for tenant, costs in queues.items()}
    saved = dict.fromkeys(queues, 0)
    order: list[Any] = []
    while any(waiting.values()):
        for tenant, costs in waiting.items():
            if costs:
                saved[tenant] += quantum
                if costs[0] <= saved[tenant]:
                    saved[tenant] -= costs[0]
                    order.append((tenant, costs.pop(0)))
    return order


CALL: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
    "temperature": 0,
    "max_tokens": 8,
}


def q5(answers: Answers) -> None:
    """What must share a key, and what must not."""
    expect_keys(answers, CALL)


def expect_keys(answers: Answers, call: dict[str, Any]) -> None:
    """The key of a call against those of its variations."""
    key = answers.call("call_key", call)
    expect_kind(key, str, what="call_key(...)")
    backwards = dict(reversed(list(call.items())))
    messages = call["messages"]
    turned = [dict(reversed(list(each.items()))) for each in messages]
    same = {
        "the same fields in another order": backwards,
        "the same fields of the messages in another order": {**call, "messages": turned},
        "another user": {**call, "user": "ben"},
        "a stream": {**call, "stream": True},
    }
    other = {
        "another model": {**call, "model": call["model"] + "2"},
        "another length": {**call, "max_tokens": call["max_tokens"] + 1},
        "another temperature": {**call, "temperature": 0.5},
        "a seed": {**call, "seed": 7},
        "the messages in another order": {**call, "messages": messages[::-1]},
        "another word": {**call, "messages": [*messages[:-1], {"role": "user", "content": "Ho"}]},
    }
    for what, changed in same.items():
        if answers.call("call_key", changed) != key:
            raise WrongAnswer(
                f"the same key for {what}", "another key", why="it has the same answer"
            )
    for what, changed in other.items():
        if answers.call("call_key", changed) == key:
            raise WrongAnswer(
                f"another key for {what}", "the same key", why="it may change the answer"
            )


def q6(answers: Answers) -> None:
    """A capital, asked twice."""
    expect_asked(answers, "What is the capital of France?", 12, "Paris")


def expect_asked(answers: Answers, question: str, longest: int, word: str) -> None:
    """A dictionary; the second time the answer is known."""
    first = answers.call("ask", question, longest)
    expect_kind(first, dict, what="ask(...)")
    assert isinstance(first, dict)
    expect_equal(sorted(first), ["known", "text", "tokens"], what="the fields of ask(...)")
    expect_kind(first["text"], str, what='ask(...)["text"]')
    if word not in first["text"]:
        raise WrongAnswer(
            f"{word} in the answer to {question!r}",
            repr(first["text"]),
            why="are the question, max_tokens and temperature 0 sent as they are?",
        )
    expect_kind(first["tokens"], int, what='ask(...)["tokens"]')
    if first["tokens"] <= longest:
        raise WrongAnswer(
            "the tokens of prompt and answer together",
            f"{first['tokens']}",
            why="that is the answer alone; total_tokens has both",
        )
    again = answers.call("ask", question, longest)
    assert isinstance(again, dict)
    if again["known"] is not True:
        raise WrongAnswer(
            "known to be True when the same is asked again",
            f"{again['known']!r}",
            why="is the temperature 0, and is the header looked for by its name?",
        )
    expect_equal(again["text"], first["text"], what="the text of the known answer")
