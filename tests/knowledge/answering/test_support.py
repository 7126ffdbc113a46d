"""What supports a sentence and what only looks like it."""

from __future__ import annotations

import pytest

from workbench.knowledge.answering import support as support_module
from workbench.knowledge.answering.notes import Note, Span
from workbench.knowledge.answering.support import Checker, spans_of
from workbench.knowledge.sentences import split_sentences

HAMLET = "Hamlet is a tragedy written by William Shakespeare sometime between 1599 and 1601."
RIGA = (
    "The population of Riga metropolitan area, which stretches beyond the city limits, is "
    "estimated at 847,162."
)
KELLER = (
    "She communicated using home signs until the age of seven, when she met her first teacher and "
    "life-long companion Anne Sullivan."
)
RAMESSES = "Ramesses II was the third pharaoh of the Nineteenth Dynasty of Egypt."
FILM = "The film received four Golden Globe Awards, a BAFTA Award and a Grammy Award."

SAILER = (
    "At nineteen he walked to Linz and learnt the trade of a clockmaker with old Master "
    "Hebenstreit, whose daughter Rosalia he later married - against the master's will, and only "
    "after the birth of their first son, Ludwig, in 1895."
)


def note(text: str, title: str = "") -> Note:
    heading = Span("d.md", 0, len(title)) if title else None
    return Note(text, Span("d.md", 40, 40 + len(text)), title, heading)


@pytest.mark.parametrize(
    ("said", "title", "sentence"),
    [
        (HAMLET, "Hamlet", "William Shakespeare wrote Hamlet."),
        (HAMLET, "Hamlet", "Hamlet was written by William Shakespeare between 1599 and 1601."),
        (KELLER, "Helen Keller", "The first teacher of Helen Keller was Anne Sullivan."),
        (RIGA, "Riga", "The population of the Riga metropolitan area is estimated at 847,162."),
        ("Beirut is the capital of Lebanon.", "Beirut", "The capital of Lebanon is Beirut."),
        ("Caesar defeated Pompey in 48 BC.", "", "Pompey was defeated by Caesar in 48 BC."),
        (FILM, "A Film", "The film received four Golden Globe Awards."),
        ("Today Ida Roth may be the mayor of Ostra.", "", "Ida Roth may be the mayor of Ostra."),
        (SAILER, "Franz Sailer", "Franz Sailer learned the trade of a clockmaker."),
    ],
)
def test_what_a_note_says_is_supported(said: str, title: str, sentence: str) -> None:
    assert Checker([note(said, title)]).find(sentence).note == 0


FALSE = [
    # what is said of marrying, said of learning
    (SAILER, "Franz Sailer", "Franz Sailer learned the trade of a clockmaker in 1895."),
    (
        SAILER,
        "Franz Sailer",
        "Franz Sailer learned the trade of a clockmaker in Linz, and only after the birth of his "
        "first son, Ludwig, in 1895.",
    ),
    (SAILER, "Franz Sailer", "He married Rosalia with old Master Hebenstreit."),
    (SAILER, "Franz Sailer", "Franz Sailer learned with old Master Hebenstreit."),  # what?
    ("Ida Roth may have founded Ostra.", "", "Ida Roth founded Ostra."),
    ("Ida Roth almost founded Ostra.", "", "Ida Roth founded Ostra."),
    ("Ida Roth may be the mayor of Ostra.", "", "Ida Roth is the mayor of Ostra."),
    ("Perhaps Ida Roth is the mayor of Ostra.", "", "Ida Roth is the mayor of Ostra."),
    ("Ida Roth was allegedly the founder of Ostra.", "", "Ida Roth was the founder of Ostra."),
    ("Ida Roth could have been the founder of Ostra.", "", "Ida Roth was the founder of Ostra."),
    ("The harbour may be deep.", "", "The harbour is deep."),
    (
        "Her brother Konrad Roth is the mayor of Ostra.",
        "Ida Roth",
        "Ida Roth is the mayor of Ostra.",
    ),
    (HAMLET, "Hamlet", "Hamlet was written by William Shakespeare in 1603."),  # a number
    (HAMLET, "Hamlet", "Hamlet was not written by William Shakespeare."),  # denied
    (HAMLET, "Hamlet", "Hamlet wrote William Shakespeare."),  # turned round
    (HAMLET, "Hamlet", "Hamlet is a comedy written by William Shakespeare."),  # another word
    (HAMLET, "Hamlet", "Hamlet is a tragedy written by Christopher Marlowe."),  # another name
    (RIGA, "Riga", "The city of Riga has a population of 847,162."),  # of something else
    (KELLER, "Helen Keller", "Anne Sullivan communicated using home signs."),  # somebody else
    ("Beirut is the capital of Lebanon.", "Beirut", "Lebanon is the capital of Beirut."),
    ("Caesar defeated Pompey in 48 BC.", "", "Pompey defeated Caesar in 48 BC."),
    ("Elbrus is the highest peak of the Caucasus.", "", "Elbrus is the higher peak."),
    (HAMLET, "Hamlet", "The answer is 1601."),  # which says nothing by itself
    (HAMLET, "Hamlet", "Between 1599 and 1601."),
    (FILM, "A Film", "The film received four Grammy Awards."),  # four of something else
    (FILM, "A Film", "The film received four Golden Globe Awards, including a BAFTA Award."),
    (RAMESSES, "Ramesses II", "Ramesses II was the last pharaoh of the Nineteenth Dynasty."),
    (HAMLET, "Hamlet", "Was Hamlet written by William Shakespeare?"),  # asks
    (HAMLET, "Hamlet", "Hamlet is a tragedy written by William"),  # breaks off
]


@pytest.mark.parametrize(("said", "title", "sentence"), FALSE)
def test_what_only_looks_like_it_is_refused(said: str, title: str, sentence: str) -> None:
    found = Checker([note(said, title)]).find(sentence)
    assert found.note is None
    assert found.missing


def test_a_check_of_words_alone_would_let_false_sentences_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The variant: nothing but that all words stand in the note."""
    monkeypatch.setattr(support_module, "_in_order", lambda *_, **__: True)
    monkeypatch.setattr(support_module, "_same_doer", lambda *_: True)
    monkeypatch.setattr(support_module, "_hangs_together", lambda *_: True)
    monkeypatch.setattr(support_module, "_same_deeds", lambda *_: True)
    passed = [Checker([note(said, title)]).find(text).note == 0 for said, title, text in FALSE]
    assert sum(passed) >= 4


def test_a_check_without_deeds_would_let_the_next_deed_stand_for_this_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(support_module, "_same_deeds", lambda *_: True)
    passed = [Checker([note(said, title)]).find(text).note == 0 for said, title, text in FALSE]
    assert sum(passed) >= 3


def test_two_notes_together_support_nothing() -> None:
    notes = [
        note("Phuket is connected by the Sarasin Bridge to Phang Nga.", "Phuket"),
        note("The Akashi Bridge links Kobe with Awaji.", "Akashi Bridge"),
    ]
    checker = Checker(notes)
    assert checker.find("Phuket is connected to Phang Nga by the Akashi Bridge.").note is None
    assert checker.find("Phuket is connected by the Sarasin Bridge to Phang Nga.").verbatim


def test_the_year_that_is_asked_for_is_free_and_no_name_or_other_noun() -> None:
    notes = [note("The book Leviathan was published by Hobbes in London in 1651.", "Leviathan")]
    sentence = "The year Leviathan was published is 1651."
    assert Checker(notes, "In what year was Leviathan published?").find(sentence).note == 0
    assert Checker(notes).find(sentence).note is None
    died = "In 1651 Leviathan died."  # a verb is what is said, not what it is said of
    assert Checker(notes, "When did Leviathan die?").find(died).note is None
    place = [note("The municipality lies in north central Mongolia.", "Ulaanbaatar")]
    capital = "Ulaanbaatar is the capital of Mongolia."  # what it is, the question supposes
    assert (
        Checker(place, "Which capital lies higher, Quito or Ulaanbaatar?").find(capital).note
        is None
    )
    lie = "Leviathan was published by Locke in 1651."
    assert Checker(notes, "What did Locke publish?").find(lie).note is None


SUPPOSED = (
    (
        "Which supplier is in Port Sel?",
        "Otter was built in 1904 and sank in 1917 off Port Sel with a cargo of dye.",
        "The supplier in Port Sel is Otter.",
    ),
    ("Which town was Ida Roth born in?", "Ida Roth was born in Ostra.", "The town is Ostra."),
    ("Who is the mayor of Ostra?", "Ida Roth was born in Ostra.", "The mayor of Ostra is Roth."),
    ("In which year did the mayor die?", "Ida Roth died in 1951.", "The mayor died in 1951."),
)


@pytest.mark.parametrize(("question", "said", "sentence"), SUPPOSED)
def test_what_only_the_question_calls_something_is_not_said_of_it(
    question: str, said: str, sentence: str
) -> None:
    found = Checker([note(said, "Otter")], question).find(sentence)
    assert found.note is None
    assert found.missing in (("supplier",), ("town",), ("mayor",))


def test_a_variant_in_which_nouns_of_the_question_are_free_passes_what_is_false(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nouns = frozenset(("supplier", "town", "mayor"))
    monkeypatch.setattr(support_module, "_OF_A_NUMBER", nouns)
    monkeypatch.setattr(support_module, "_some_number", lambda said: True)
    passed = [
        Checker([note(said, "Otter")], asked).find(text).note == 0 for asked, said, text in SUPPOSED
    ]
    assert sum(passed) >= 2


def test_the_heading_is_cited_where_it_lends_the_name() -> None:
    notes = [note(KELLER, "Helen Keller")]
    checker = Checker(notes)
    lent = checker.find("The first teacher of Helen Keller was Anne Sullivan.")
    own = checker.find("Her first teacher was Anne Sullivan.")
    assert spans_of(lent, notes) == (notes[0].span, notes[0].heading)
    assert spans_of(own, notes) == (notes[0].span,)
    assert (
        Checker([note(KELLER)]).find("The teacher of Helen Keller was Anne Sullivan.").note is None
    )


@pytest.mark.parametrize("sentence", ["", "It is so.", "!!!", "Ja, das stimmt.", "這是什麼。"])
def test_what_says_nothing_has_no_support(sentence: str) -> None:
    assert Checker([note(HAMLET, "Hamlet")]).find(sentence).note is None


def test_sentences_end_where_they_end() -> None:
    text = (
        "Dr. J. R. Smith of St. Helens, e.g. in the U.S. army, came. He left!\n\nIt was 3.5 km. "
        "Then? Yes. By Max Holt (ret. 2021). So (it is said)."
    )
    assert [text[start:end] for start, end in split_sentences(text)] == [
        "Dr. J. R. Smith of St. Helens, e.g. in the U.S. army, came.",
        "He left!",
        "It was 3.5 km.",
        "Then?",
        "Yes.",
        "By Max Holt (ret. 2021).",
        "So (it is said).",
    ]
    assert split_sentences("   ") == []
