"""The hidden checks of this lab. Their inputs are drawn anew for each grading."""

from __future__ import annotations

from pathlib import Path

from workbench.learning import Answers, Hidden, WrongAnswer
from workbench.learning.checking import load_checks

public = load_checks(Path(__file__).with_name("checks.py"))

CAPITALS = {"Italy": "Rome", "Japan": "Tokyo", "Spain": "Madrid", "Greece": "Athens"}
NAMES = ("ann", "ben", "cem", "dia")


def q1(answers: Answers, hidden: Hidden) -> None:
    """Any numbers."""
    for _ in range(4):
        prompt, longest = hidden.random.randint(5, 900), hidden.random.randint(1, 400)
        public.expect_most(answers, prompt, longest, hidden.random.randint(2, 5))


def q2(answers: Answers, hidden: Hidden) -> None:
    """Around the edge, with and without reservations."""
    for _ in range(8):
        used, reserved = hidden.random.randint(0, 500), hidden.random.randint(1, 300)
        asked, edge = hidden.random.randint(1, 200), hidden.random.choice([-1, 0, 1])
        why = "used, reserved and asked together must not pass the limit"
        public.expect_admission(answers, used + reserved + asked + edge, used, reserved, asked, why)


def q3(answers: Answers, hidden: Hidden) -> None:
    """Many requests end, in any order: nothing stays reserved, and all that was used is booked."""
    requests = []
    for _ in range(6):
        mine = hidden.random.randint(20, 90)
        requests.append((mine, hidden.random.randint(1, mine - 1)))
    account: object = {"used": 7, "reserved": sum(mine for mine, _ in requests)}
    for mine, spent in requests:
        assert isinstance(account, dict)
        public.expect_settled(answers, account["used"], account["reserved"], mine, spent)
        account = answers.call("settle", account, mine, spent)
    if account != {"used": 7 + sum(spent for _, spent in requests), "reserved": 0}:
        raise WrongAnswer("nothing reserved once all requests have ended", f"{account}")


def q4(answers: Answers, hidden: Hidden) -> None:
    """Queues that were drawn now, an empty one among them."""
    for _ in range(6):
        queues = {
            name: [hidden.random.randint(1, 60) for _ in range(hidden.random.randint(1, 5))]
            for name in hidden.random.sample(NAMES, 3)
        }
        queues["eve"] = []
        public.expect_order(answers, queues, hidden.random.choice([5, 12, 30]))


def q5(answers: Answers, hidden: Hidden) -> None:
    """Calls that were drawn now."""
    for number in range(3):
        call = {
            "model": hidden.random.choice(["large", "small"]),
            "messages": [
                {"role": "system", "content": f"You are number {number}."},
                {"role": "user", "content": f"Question {hidden.random.random()}"},
            ],
            "max_tokens": hidden.random.randint(4, 99),
            "temperature": 0,
            "top_p": hidden.random.choice([0.5, 0.9]),
        }
        public.expect_keys(answers, call)


def q6(answers: Answers, hidden: Hidden) -> None:
    """A country that was drawn now, and a length that the gateway must be told."""
    country = hidden.random.choice(sorted(CAPITALS))
    longest = hidden.random.randint(14, 24)
    question = f"What is the capital of {country}?"
    right = hidden.model.chat(
        [{"role": "user", "content": question}], max_tokens=longest, temperature=0
    )
    found = answers.call("ask", question, longest)
    if not isinstance(found, dict) or found.get("text") != right.text:
        raise WrongAnswer(
            f"{right.text!r} as the answer to {question!r} with at most {longest} tokens",
            repr(found),
            why="are the question and max_tokens sent as they were given?",
        )
    public.expect_asked(answers, question, longest, right.text.split()[0])
