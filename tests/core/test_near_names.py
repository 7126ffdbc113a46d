"""Which names are offered for a misspelt one, and which are too far."""

from __future__ import annotations

import difflib

import pytest

from workbench.core.near_names import meant, near_names

COMMANDS = ["chat", "config", "data", "fairness", "models", "reports", "serve", "serving", "store"]
MODELS = ["codellama-7b", "codellama-13b", "minilm-l6-v2", "qwen3-0.6b", "smollm2-135m"]


@pytest.mark.parametrize(
    ("typed", "known", "near"),
    [
        ("chta", COMMANDS, ["chat"]),
        ("modle", COMMANDS, ["models"]),
        ("smolm2-135m", MODELS, ["smollm2-135m"]),
        ("SMOLLM2-135M", MODELS, ["smollm2-135m"]),
        ("codellama-17b", MODELS, ["codellama-13b", "codellama-7b"]),
        ("codellama", MODELS, ["codellama-7b", "codellama-13b"]),
        ("smol", MODELS, ["smollm2-135m"]),  # half of the letters, but its beginning
        ("sx", ["age", "race", "sex"], ["sex"]),
        ("cj", ["key_9d8d", "ci"], ["ci"]),
        ("q9", ["q1", "q2", "q3"], []),  # each as near as the next: all that are known say more
        ("q12", ["q1", "q2", "q3"], ["q1", "q2"]),
        ("c", ["d"], []),
        ("gpt4", MODELS, []),
        ("", MODELS, []),
        ("a", [], []),
    ],
)
def test_what_is_near_and_nothing_far(typed: str, known: list[str], near: list[str]) -> None:
    found = near_names(typed, known)
    assert sorted(found) == sorted(near)
    assert found[:1] == near[:1] or len(near) > 1


def test_difflib_alone_offers_what_nobody_meant() -> None:
    """The rule that stood here before: three matches, of half the letters."""
    assert difflib.get_close_matches("chta", COMMANDS, n=3, cutoff=0.5) == ["chat", "data"]


def test_at_most_so_many_and_asked_in_one_way() -> None:
    known = [f"column-{number}" for number in range(9)]
    assert len(near_names("column", known)) == 3
    assert near_names("column-1", known, most=1) == ["column-1"]
    assert meant(["a", "b"]) == "did you mean 'a' or 'b'?"
