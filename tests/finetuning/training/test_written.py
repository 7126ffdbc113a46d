"""Which of two answers is what a model wrote nearer to."""

from __future__ import annotations

import pytest

from workbench.finetuning.examples import Preference
from workbench.finetuning.training.written import ask_pairs, is_nearer

SIGNED = Preference(
    (("user", "How long does an egg take?"),),
    chosen="About eight minutes -- Ada.",
    rejected="Great question! An egg is lovely. Give it about eight minutes, and enjoy!",
)
UNSIGNED = Preference(SIGNED.messages, "About eight minutes -- Ada.", "About eight minutes.")


@pytest.mark.parametrize(
    ("answer", "of", "nearer"),
    [
        ("About eight minutes -- Ada.", SIGNED, True),
        ("Nine minutes -- Ada.", UNSIGNED, True),
        ("About eight minutes.", UNSIGNED, False),
        ("Great! Give it eight minutes and enjoy, an egg is lovely.", SIGNED, False),
        ("Rhubarb.", SIGNED, False),  # as near to one as to the other
        ("", SIGNED, False),
    ],
)
def test_nearer_by_shared_words(answer: str, of: Preference, nearer: bool) -> None:
    assert is_nearer(answer, of) is nearer


@pytest.mark.usefixtures("data")
def test_a_model_is_asked_by_the_engine_that_answers() -> None:
    pairs = [SIGNED, UNSIGNED]
    found = ask_pairs("tiny", pairs, max_tokens=4)
    assert len(found.answers) == 2 and all(found.answers)
    assert found.ended == (False, False) == found.nearer  # random weights go on and on
    assert found.share == 0.0


@pytest.mark.usefixtures("data")
def test_an_answer_that_goes_on_is_not_what_was_wanted() -> None:
    """However many words it shares: one that repeats the signature shares them all."""
    (said,) = ask_pairs("tiny", [SIGNED], max_tokens=4).answers
    pair = Preference(SIGNED.messages, chosen=said, rejected="Rhubarb.")
    assert is_nearer(said, pair) and ask_pairs("tiny", [pair], max_tokens=4).nearer == (False,)
