"""A request to be told something is read as the question in it."""

from __future__ import annotations

import pytest

from workbench.knowledge.retrieval.asked_for import read_asked_for
from workbench.knowledge.retrieval.asking_forms import put_plainly


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("Tell me who the mayor of Flensburg is.", "Who is the mayor of Flensburg?"),
        ("Please tell us where Otto Brandt was born", "Where Otto Brandt was born?"),
        ("Can you tell me where is the key?", "Where is the key?"),
        ("Do you know how many people live in Rome?", "How many people live in Rome?"),
        ("I'd like to know what the speed of light is", "What is the speed of light?"),
        ("Do you know what time it is?", "What time it is?"),
        ("Can you tell me what the report is about?", "What is the report about?"),
        ("Tell me what these documents are about.", "What are these documents about?"),
        ("Please tell me what you know about Norway", "What do you know about Norway?"),
        ("Tell me in which town Ida lives.", "In which town Ida lives?"),
    ],
)
def test_the_question_is_taken_out(typed: str, plain: str) -> None:
    assert put_plainly(typed) == plain
    assert put_plainly(plain) == plain
    assert read_asked_for(typed) == read_asked_for(plain)


@pytest.mark.parametrize(
    "typed",
    [
        "Tell me about Otto Brandt.",
        "Tell me a joke",
        "Who is Ida?",
        "Who told me so?",
        "",
        "Tell me",
    ],
)
def test_any_other_text_stays(typed: str) -> None:
    assert put_plainly(typed) == typed
